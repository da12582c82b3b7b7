import type { Evaluate } from './evaluate.ts';
import type { Goal } from './question.ts';

/** What may be changed, and how. A feature that is not actionable stays as it is. */
export interface Lever {
  readonly feature: number; // its place in the row
  readonly min: number;
  readonly max: number;
  readonly step?: number; // values are min + a multiple of it; any value when absent
  readonly direction?: 'up' | 'down'; // both when absent
}

export interface CounterfactualOptions {
  readonly changesMax: number; // features that may be changed at once
  readonly beam?: number; // partial answers that are gone on with, default 8
  readonly grid?: number; // values tried of a lever without a step, default 9
}

export type Counterfactual =
  | { readonly found: true; readonly row: Float32Array; readonly value: number;
      readonly changes: readonly Change[]; readonly asked: number }
  /** The nearest to the goal that the levers reach; not a counterfactual. */
  | { readonly found: false; readonly why: 'no_levers' | 'out_of_reach';
      readonly value: number; readonly asked: number };

export interface Change {
  readonly feature: number;
  readonly from: number;
  readonly to: number;
}

const HALVINGS = 12; // of a change that was larger than needed

/**
 * The smallest change of actionable features after which the model's answer meets the goal (Wachter,
 * Mittelstadt & Russell 2018; as few features as can be, then as small as can be). Levels of a beam
 * search: all values of one lever, then pairs from the best, and so on; then each change is taken
 * back as far as the goal holds. What is returned as found has been put to the model.
 */
export async function counterfactual(
  evaluate: Evaluate, row: Float32Array, levers: readonly Lever[], goal: Goal,
  options: CounterfactualOptions,
): Promise<Counterfactual> {
  const asking = new Asking(evaluate, row.length);
  const [now] = await asking.of([row]);
  const answer = (value: number): boolean =>
    goal.side === 'at_least' ? value >= goal.target : value <= goal.target;
  const start: Candidate = { row, value: now as number, changed: new Set() };
  if (answer(start.value)) return done(row, start, asking);
  const usable = levers.filter((lever) => valuesOf(lever, row, options).length > 0);
  if (usable.length === 0) {
    return { found: false, why: 'no_levers', value: start.value, asked: asking.count };
  }
  let beam = [start];
  let nearest = start;
  for (let depth = 1; depth <= Math.min(options.changesMax, usable.length); depth += 1) {
    const next = beam.flatMap(({ row: from, changed }) => usable
      .filter(({ feature }) => !changed.has(feature))
      .flatMap((lever) => valuesOf(lever, row, options).map((to) => {
        const changedRow = Float32Array.from(from);
        changedRow[lever.feature] = to;
        return { row: changedRow, changed: new Set([...changed, lever.feature]) };
      })));
    if (next.length === 0) break;
    const values = await asking.of(next.map((each) => each.row));
    const seen = next.map((each, at): Candidate => ({ ...each, value: values[at] as number }));
    const cost = (each: Candidate): number => costOf(each.row, row, usable);
    const valid = seen.filter(({ value }) => answer(value)).sort((a, b) => cost(a) - cost(b));
    if (valid[0]) {
      const refined = await Promise.all(
        valid.slice(0, 3).map((each) => takeBack(each, row, usable, answer, asking)));
      refined.sort((a, b) => cost(a) - cost(b));
      return done(row, refined[0] as Candidate, asking);
    }
    const gap = ({ value }: Candidate): number => Math.abs(value - goal.target);
    seen.sort((a, b) => gap(a) - gap(b));
    beam = widely(seen, options.beam ?? 8);
    if (gap(beam[0] as Candidate) < gap(nearest)) nearest = beam[0] as Candidate;
  }
  return { found: false, why: 'out_of_reach', value: nearest.value, asked: asking.count };
}

interface Candidate {
  readonly row: Float32Array;
  readonly value: number;
  readonly changed: ReadonlySet<number>;
}

class Asking {
  count = 0;

  constructor(private readonly evaluate: Evaluate, private readonly width: number) {}

  async of(rows: readonly Float32Array[]): Promise<Float64Array> {
    const flat = new Float32Array(rows.length * this.width);
    rows.forEach((row, at) => flat.set(row, at * this.width));
    this.count += rows.length;
    return this.evaluate(flat, rows.length);
  }
}

/** Values that the lever may take, other than the row's own. */
function valuesOf(
  { feature, min, max, step, direction }: Lever, row: Float32Array,
  { grid = 9 }: CounterfactualOptions,
): number[] {
  const here = row[feature] as number;
  const low = direction === 'up' ? Math.max(min, here) : min;
  const high = direction === 'down' ? Math.min(max, here) : max;
  const width = step === undefined ? (max - min) / Math.max(1, grid - 1) : step;
  if (!(width > 0) || !(high >= low)) return [];
  const count = Math.floor((max - min) / width + 1e-9);
  const stride = Math.max(1, Math.ceil(count / STEPS_TRIED_MAX));
  const values = [];
  for (let i = 0; i <= count; i += i + stride > count && i < count ? count - i : stride) {
    const value = Math.fround(min + i * width);
    if (value >= Math.fround(low) && value <= Math.fround(high) && value !== here) values.push(value);
  }
  return values;
}

const STEPS_TRIED_MAX = 32;

/** Changes as shares of their levers' ranges; one more feature costs more than any size of change. */
function costOf(row: Float32Array, from: Float32Array, levers: readonly Lever[]): number {
  let cost = 0;
  for (const { feature, min, max } of levers) {
    const change = Math.abs((row[feature] as number) - (from[feature] as number));
    if (change > 0 || Number.isNaN(change)) {
      cost += levers.length + (Number.isNaN(change) ? 1 : change / (max - min));
    }
  }
  return cost;
}

/** The nearest ones, but of each set of features the best alone until every set has its turn. */
function widely(sorted: readonly Candidate[], count: number): Candidate[] {
  const sets = new Set<string>();
  const firsts: Candidate[] = [];
  const rest: Candidate[] = [];
  for (const each of sorted) {
    const key = [...each.changed].sort().join();
    (sets.has(key) ? rest : firsts).push(each);
    sets.add(key);
  }
  return [...firsts, ...rest].slice(0, count);
}

/** Each change in turn goes back towards where it came from, by halves, as far as the goal holds. */
async function takeBack(
  found: Candidate, from: Float32Array, levers: readonly Lever[], answer: (value: number) => boolean,
  asking: Asking,
): Promise<Candidate> {
  let best = found;
  for (const { feature, step, min } of levers.filter((lever) => found.changed.has(lever.feature))) {
    const start = from[feature] as number;
    if (Number.isNaN(start)) continue;
    let far = best.row[feature] as number; // where the goal holds
    let near = start; // where it is not known to
    for (let halving = 0; halving < HALVINGS; halving += 1) {
      let middle = Math.fround((far + near) / 2);
      if (step !== undefined) middle = Math.fround(min + Math.round((middle - min) / step) * step);
      if (middle === far || middle === near) break;
      const row = Float32Array.from(best.row);
      row[feature] = middle;
      const [value] = await asking.of([row]);
      if (answer(value as number)) {
        best = { ...best, row, value: value as number };
        far = middle;
      } else {
        near = middle;
      }
    }
  }
  return best;
}

function done(from: Float32Array, { row, value }: Candidate, asking: Asking): Counterfactual {
  const changes: Change[] = [];
  row.forEach((to, feature) => {
    const before = from[feature] as number;
    if (!Object.is(to, before)) changes.push({ feature, from: before, to });
  });
  return { found: true, row, value, changes, asked: asking.count };
}
