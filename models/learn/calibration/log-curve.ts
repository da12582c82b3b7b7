import type { OnnxGraphBuilder, Value } from '../../recipes/onnx/graph.ts';
import { newton } from '../linear/newton.ts';
import type { Calibrator } from '../fit-within.ts';
import { calibrator, type Curve } from './curve.ts';

/**
 * Three curves of one shape, 1 / (1 + exp(-(a ln p - b ln(1 - p) + c))), fitted by the logistic loss:
 *  - Platt 1999: a = b, that is a line through the log-odds;
 *  - temperature (Guo et al. 2017): a = b and c = 0;
 *  - beta (Kull, Silva Filho & Flach 2017): a and b apart, neither negative.
 */
export const platt: Calibrator = calibrator('Platt', (...data) => plattCurve(...data));
export const temperature: Calibrator =
  calibrator('temperature', (...data) => temperatureCurve(...data));
export const beta: Calibrator = calibrator('beta', (...data) => betaCurve(...data));

type Data = [said: Float64Array, labels: Float64Array, weights: Float64Array];

export function plattCurve(...[said, labels, weights]: Data): Curve {
  const { slope, shift } = plattLine(said.map(logOdds), labels, weights);
  return slope > 0 ? new LogCurve(slope, slope, shift) : AS_IS;
}

/** What log-odds are multiplied by and raised by. */
export function plattLine(
  logits: Float64Array, labels: Float64Array, weights: Float64Array,
): { readonly slope: number; readonly shift: number } {
  const [slope = 1, shift = 0] = logistic([logits], labels, weights, true);
  return { slope, shift };
}

export function temperatureCurve(...[said, labels, weights]: Data): Curve {
  const [slope] = logistic([said.map(logOdds)], labels, weights, false);
  return slope !== undefined && slope > 0 ? new LogCurve(slope, slope, 0) : AS_IS;
}

/** A slope that would be negative is 0, and the other is fitted alone, as the paper has it. */
export function betaCurve(...[said, labels, weights]: Data): Curve {
  const up = said.map((p) => Math.log(inside(p)));
  const down = said.map((p) => -Math.log1p(-inside(p)));
  const [a = 0, b = 0, c = 0] = logistic([up, down], labels, weights, true);
  if (a >= 0 && b >= 0) return new LogCurve(a, b, c);
  const [alone = 0, shift = 0] = logistic([a < 0 ? down : up], labels, weights, true);
  if (alone < 0) return AS_IS;
  return a < 0 ? new LogCurve(0, alone, shift) : new LogCurve(alone, 0, shift);
}

const EDGE = 2 ** -20; // logarithms see probabilities no nearer to 0 or 1 than this
const L2 = 1e-6; // so that data that one threshold parts has an answer

export class LogCurve implements Curve {
  constructor(readonly a: number, readonly b: number, readonly c: number) {}

  at(probability: number): number {
    const p = inside(probability);
    return 1 / (1 + Math.exp(-(this.a * Math.log(p) - this.b * Math.log1p(-p) + this.c)));
  }

  graph(graph: OnnxGraphBuilder, value: Value): Value {
    const number = (name: string, x: number): Value => graph.scalar(graph.fresh(name), x);
    const node = (op: string, ...input: Value[]): Value =>
      graph.node(op, input, {}, graph.fresh(op.toLowerCase()));
    const p = node('Max', node('Min', value, number('high', 1 - EDGE)), number('low', EDGE));
    const up = node('Mul', node('Log', p), number('a', this.a));
    const down = node('Mul', node('Log', node('Sub', number('one', 1), p)), number('b', this.b));
    return node('Sigmoid', node('Add', node('Sub', up, down), number('c', this.c)));
  }
}

const AS_IS = new LogCurve(1, 1, 0);

function inside(p: number): number {
  return Math.min(1 - EDGE, Math.max(EDGE, p));
}

function logOdds(p: number): number {
  return Math.log(inside(p)) - Math.log1p(-inside(p));
}

/** Slopes of the columns, then the intercept where there is one. */
function logistic(
  columns: readonly Float64Array[], labels: Float64Array, weights: Float64Array, shift: boolean,
): number[] {
  const width = columns.length + 1;
  const rows = new Float64Array(labels.length * width);
  labels.forEach((_, row) => {
    columns.forEach((column, at) => { rows[row * width + at] = column[row] as number; });
    rows[row * width + width - 1] = shift ? 1 : 0;
  });
  return [...newton({ width, rows, labels, weights }, 'logistic', L2)];
}
