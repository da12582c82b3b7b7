import { fitAll } from '../../models/learn/fit-within.ts';
import type { Sampler } from '../../models/learn/sampling/training-part.ts';
import type { Column, Examples } from '../../models/learn/table.ts';
import { Prng } from '../../server/core/prng.ts';
import { spy } from './learners.ts';

/** Honest tables of chance, each of a kind that a detector of leaks might take for one. */
export const HONEST: Readonly<Record<string, (seed: number) => Examples>> = {
  'plain numbers': (seed) => made(seed, 1200, 0.2, (prng, label) => [
    number('a', prng.normal() + label), number('b', prng.normal() - 0.5 * label),
    number('c', prng.normal()), number('d', prng.normal() * 3),
  ]),
  'one number that says nearly all that is said': (seed) => made(seed, 1200, 0.3, (prng, label) => [
    number('strong', prng.normal() + 2 * label), number('noise', prng.normal()),
  ]),
  'counts, long tails and gaps': (seed) => made(seed, 1500, 0.15, (prng, label) => {
    const pages = Math.floor(-Math.log(1 - prng.float()) * (4 + 4 * label));
    return [
      number('pages', pages), number('seconds', Math.round(pages * 30 * Math.exp(prng.normal()))),
      number('exit', Math.round(2000 / (pages + 1)) / 1e4),
      number('gap', prng.float() < 0.3 ? NaN : Math.round(prng.normal() * 3)),
      number('visits', prng.below(4)),
    ];
  }),
  'choices only': (seed) => made(seed, 1000, 0.3, (prng, label) => [
    choice('a', prng.below(3)), choice('b', prng.float() < 0.3 + 0.3 * label ? 1 : 0),
    choice('c', prng.below(5)), choice('d', Math.min(4, prng.below(4) + prng.below(2) * label)),
  ]),
  'a number that is mostly zero': (seed) => made(seed, 1500, 0.15, (prng, label) => [
    number('spent', prng.float() < 0.15 + 0.35 * label ? Math.round(prng.float() * 1e4) / 100 : 0),
    number('a', prng.normal() + 0.8 * label), number('b', prng.normal() + 0.8 * label),
  ]),
  'numbers that follow from each other': (seed) => made(seed, 1000, 0.25, (prng, label) => {
    const x = prng.normal() + label;
    return [number('x', x), number('twice', 2 * x), number('less', x - 3), number('y', -x)];
  }),
};

/** The examples after a sampler had all of them: what nobody should do. */
export function resampledWhole(sampler: Sampler, examples: Examples, seed = 1): Examples {
  const seen: Examples[] = [];
  fitAll({ learner: spy(seen), sampler }, examples, seed);
  return seen[0] as Examples;
}

export function withColumn(examples: Examples, column: Column): Examples {
  const { rows, columns } = examples.table;
  return { ...examples, table: { rows, columns: [...columns, column] } };
}

/** A column's cell in one row. */
interface Cell extends Omit<Column, 'values'> {
  readonly value: number;
}

function number(name: string, value: number): Cell {
  return { name, kind: 'number', value };
}

function choice(name: string, value: number): Cell {
  return { name, kind: 'category', categories: ['p', 'q', 'r', 's', 't'], value };
}

/** `row` makes the cells of one row, of which a share has label 1. */
function made(
  seed: number, rows: number, share: number, row: (prng: Prng, label: number) => Cell[],
): Examples {
  const prng = new Prng(seed);
  const labels = Float64Array.from({ length: rows }, () => (prng.float() < share ? 1 : 0));
  const cells = Array.from(labels, (label) => row(prng, label));
  const columns = (cells[0] as Cell[]).map(({ value: _, ...head }, at): Column => ({
    ...head, values: Float64Array.from(cells, (of) => (of[at] as Cell).value),
  }));
  return { table: { rows, columns }, labels };
}
