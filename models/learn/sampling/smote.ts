import type { Prng } from '../../../server/core/prng.ts';
import { takeExamples, type Column, type Examples } from '../table.ts';
import { TrainingError } from '../training-error.ts';
import { Neighbours } from './neighbours.ts';
import { classes, Resampled, type Sampler } from './training-part.ts';

export interface Smote {
  readonly ratio?: number; // small : large class afterwards; 1
  readonly neighbours?: number; // 5
}

interface Parents {
  readonly row: number;
  readonly near: readonly number[]; // its neighbours
  readonly other: number; // the one of them that is gone towards
  readonly share: number; // of the way to it, 0..1
}

/**
 * Made-up rows of the smaller class, each at a random place between a row and one of its nearest
 * neighbours of that class: SMOTE, and SMOTE-NC where there are categories, which take the
 * neighbours' most frequent value (Chawla, Bowyer, Hall and Kegelmeyer, JAIR 16, 2002).
 */
export function smote({ ratio = 1, neighbours = 5 }: Smote = {}): Sampler {
  return {
    name: `SMOTE to ${ratio} : 1, ${neighbours} neighbours`,
    resample(part, prng) {
      const { examples } = part;
      const { few, many } = classes(examples);
      if (few.length <= neighbours) {
        throw new TrainingError(`SMOTE with ${neighbours} neighbours and ${few.length} rows`);
      }
      const more = Math.max(0, Math.round(ratio * many.length) - few.length);
      const parents = parentsOf(examples, few, more, neighbours, prng);
      const kept = examples.labels.map((_, row) => row);
      const all = takeExamples(examples, [...kept, ...parents.map(({ row }) => row)]);
      const columns = all.table.columns.map((column, at) =>
        moved(column, (examples.table.columns[at] as Column).values, parents));
      return new Resampled(part, { ...all, table: { ...all.table, columns } });
    },
  };
}

/** Each row is a parent equally often, but for the rest, which chance gives away. */
function parentsOf(
  { table }: Examples, few: readonly number[], count: number, neighbours: number, prng: Prng,
): Parents[] {
  const find = new Neighbours(table, few, prng);
  const found = new Map<number, number[]>();
  const whole = Math.floor(count / few.length) * few.length;
  return Array.from({ length: count }, (_, at) => {
    const row = at < whole ? (few[at % few.length] as number) : prng.pick(few);
    const near = found.get(row) ?? find.of(row, neighbours);
    found.set(row, near);
    return { row, near, other: prng.pick(near), share: prng.float() };
  });
}

/** The column with its last rows, so far copies of a parent, moved towards the other one. */
function moved(column: Column, from: Float64Array, parents: readonly Parents[]): Column {
  const values = column.values;
  const first = values.length - parents.length;
  parents.forEach(({ row, near, other, share }, at) => {
    const a = from[row] as number;
    const b = from[other] as number;
    if (column.kind === 'category') values[first + at] = mostFrequent(near.map((r) => from[r] as number));
    else if (!Number.isNaN(a) && !Number.isNaN(b)) values[first + at] = a + share * (b - a);
  });
  return column;
}

/** Ties go to the value that comes first, that of the nearer neighbour. */
function mostFrequent(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce((best, next) => (next[1] > best[1] ? next : best))[0];
}
