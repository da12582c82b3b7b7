import type { OnnxGraphBuilder, Value } from '../../recipes/onnx/graph.ts';
import type { Calibrator } from '../fit-within.ts';
import { calibrator, type Curve } from './curve.ts';

/**
 * Isotonic regression by pooling adjacent violators (Ayer et al. 1955; Zadrozny & Elkan 2002): the
 * never-falling steps that fit the labels best. The curve goes straight from the middle of one step
 * to that of the next (centred isotonic regression, Oron & Flournoy 2017), so that rows keep their
 * order and a hair's breadth never jumps a step. Wants a thousand rows or so: it has as many
 * freedoms as steps.
 */
export const isotonic: Calibrator =
  calibrator('isotonic', (...data) => new IsotonicCurve(knots(...data)));

/** Where the curve passes: said ascending, happened never falling. */
export interface Knot {
  readonly said: number;
  readonly happened: number;
}

/** Steeper is noise, and would make of the last digit of a float32 more than a model file may. */
const SLOPE_MAX = 32;

interface Step {
  weight: number;
  said: number; // sums
  happened: number;
}

/** The middles of the steps. Equal probabilities are in one. */
export function knots(
  said: Float64Array, labels: Float64Array, weights: Float64Array, slopeMax = SLOPE_MAX,
): Knot[] {
  const order = Uint32Array.from(said, (_, row) => row)
    .sort((a, b) => (said[a] as number) - (said[b] as number));
  const steps: Step[] = [];
  let last = NaN;
  for (const row of order) {
    const [p, weight] = [said[row] as number, weights[row] as number];
    const step = { weight, said: p * weight, happened: (labels[row] as number) * weight };
    const before = steps.at(-1);
    if (before && p === last) pool(before, step);
    else steps.push(step);
    last = p;
  }
  const pooled: Step[] = [];
  for (const step of steps) {
    pooled.push(step);
    for (;;) {
      const [before, after] = [pooled.at(-2), pooled.at(-1) as Step];
      if (!before || before.happened * after.weight < after.happened * before.weight) break;
      pool(before, after);
      pooled.pop();
    }
  }
  return gentle(pooled, slopeMax).map(({ weight, said: sum, happened }) =>
    ({ said: Math.fround(sum / weight), happened: happened / weight }));
}

/** Pools steps that the curve would rise between too steeply. */
function gentle(steps: readonly Step[], slopeMax: number): Step[] {
  const out: Step[] = [];
  for (const step of steps) {
    out.push({ ...step });
    for (;;) {
      const [before, after] = [out.at(-2), out.at(-1) as Step];
      if (!before || slope(before, after) <= slopeMax) break;
      pool(before, after);
      out.pop();
    }
  }
  return out;
}

function slope(before: Step, after: Step): number {
  const rise = after.happened / after.weight - before.happened / before.weight;
  return rise / (after.said / after.weight - before.said / before.weight);
}

function pool(into: Step, step: Step): void {
  into.weight += step.weight;
  into.said += step.said;
  into.happened += step.happened;
}

/** Straight between knots, level outside them. */
export class IsotonicCurve implements Curve {
  readonly #from: Float32Array; // where each piece starts
  readonly #width: Float32Array;
  readonly #rise: Float32Array; // of the whole piece
  readonly #start: number;

  constructor(at: readonly Knot[]) {
    const pieces = at.slice(1).map((knot, i) => [at[i] as Knot, knot] as const)
      .filter(([before, after]) => after.said > before.said);
    this.#from = Float32Array.from(pieces, ([before]) => before.said);
    this.#width = Float32Array.from(pieces, ([before, after]) => after.said - before.said);
    this.#rise = Float32Array.from(pieces, ([before, after]) => after.happened - before.happened);
    this.#start = Math.fround(at[0]?.happened ?? 0);
  }

  at(probability: number): number {
    let value = this.#start;
    for (let piece = 0; piece < this.#from.length; piece += 1) {
      const past = probability - (this.#from[piece] as number);
      if (past <= 0) break;
      const width = this.#width[piece] as number;
      value += (this.#rise[piece] as number) * Math.min(1, past / width);
    }
    return Math.min(1, Math.max(0, value));
  }

  /** Each piece adds the part of its rise that the probability is past. */
  graph(graph: OnnxGraphBuilder, value: Value): Value {
    const pieces = this.#from.length;
    const start = graph.scalar(graph.fresh('start'), this.#start);
    const node = (op: string, ...input: Value[]): Value =>
      graph.node(op, input, {}, graph.fresh(op.toLowerCase()));
    const [zero, one] = [0, 1].map((x) => graph.scalar(graph.fresh('bound'), x)) as [Value, Value];
    if (pieces === 0) return node('Add', node('Mul', value, zero), start);
    const row = (name: string, data: Float32Array): Value =>
      graph.constant(graph.fresh(name), [1, pieces], data);
    const past = node('Sub', value, row('from', this.#from));
    const share = node('Min', node('Max', node('Div', past, row('width', this.#width)), zero), one);
    const rise = graph.constant(graph.fresh('rise'), [pieces, 1], this.#rise);
    const sum = node('Add', node('MatMul', share, rise), start);
    return node('Min', node('Max', sum, zero), one);
  }
}
