/** What the filter index's tests share: items by the thousand, expressions of every shape, answers. */
import { loadAddon } from '../../server/ann/binding.ts';
import type { NativeBitmap, NativeFilterIndex } from '../../server/ann/binding.ts';
import { FilterCode } from '../../server/ann/filter-code.ts';
import type { FilterExpression } from '../../server/ann/filter-code.ts';
import type { Prng } from '../../server/core/prng.ts';
import type { PlainFilter, PlainItem } from '../support/plain-filter.ts';

export const addon = loadAddon();
export const { FilterIndex, Bitmap } = addon;
export const FLAGS = 2;
export const COLUMNS = 2;

const code = new FilterCode();

/** A filter index and its oracle, told the same. */
export class Pair {
  constructor(readonly index: NativeFilterIndex, readonly plain: PlainFilter) {}

  put(items: readonly (PlainItem & { readonly row: number })[]): void {
    putItems(this.index, items);
    for (const { row, ...item } of items) this.plain.items.set(row, item);
  }

  remove(rows: readonly number[]): number {
    for (const row of rows) this.plain.items.delete(row);
    return this.index.remove(Uint32Array.from(rows));
  }

  setFlag(rows: readonly number[], flag: number, on: boolean): void {
    this.index.setFlag(Uint32Array.from(rows), flag, on);
    for (const row of rows) {
      const item = this.plain.items.get(row);
      if (!item) continue;
      const flags = on ? item.flags | (1 << flag) : item.flags & ~(1 << flag);
      this.plain.items.set(row, { ...item, flags });
    }
  }

  setNumber(rows: readonly number[], column: number, values: readonly number[]): void {
    this.index.setNumber(Uint32Array.from(rows), column, Float64Array.from(values));
    rows.forEach((row, i) => {
      const item = this.plain.items.get(row);
      if (!item) return;
      const numbers = item.numbers.with(column, values[i] as number);
      this.plain.items.set(row, { ...item, numbers });
    });
  }
}

export function putItems(
  index: NativeFilterIndex,
  items: readonly (PlainItem & { readonly row: number })[],
): void {
  let end = 0;
  index.put(
    Uint32Array.from(items, ({ row }) => row),
    Uint32Array.from(items, ({ categories }) => (end += categories.length)),
    Uint32Array.from(items.flatMap(({ categories }) => categories)),
    Uint32Array.from(items, ({ flags }) => flags),
    Float64Array.from(items.flatMap(({ numbers }) => numbers)),
  );
}

/** Rows that pass, in order. */
export function rowsOf(index: NativeFilterIndex, expression: FilterExpression): number[] {
  return listed(filled(index, expression));
}

export function filled(index: NativeFilterIndex, expression: FilterExpression): NativeBitmap {
  const bitmap = new Bitmap();
  index.evaluate(code.of(expression), bitmap);
  return bitmap;
}

export function listed(bitmap: NativeBitmap): number[] {
  const rows = new Uint32Array(bitmap.count + 1); // one more: `count` is not above what there is
  return [...rows.subarray(0, bitmap.rows(0, rows))];
}

export function estimateOf(index: NativeFilterIndex, expression: FilterExpression) {
  const [least, most, expected] = estimate(index, expression);
  return { least: least as number, most: most as number, expected: expected as number };
}

function estimate(index: NativeFilterIndex, expression: FilterExpression): Float64Array {
  const into = new Float64Array(3);
  index.estimate(code.of(expression), into);
  return into;
}

/** Categories 0..9 are the rarer the higher, as a shop's are; numbers repeat and are often absent. */
export function anyItem(prng: Prng): PlainItem {
  const categories = Array.from({ length: prng.below(4) }, () => Math.floor(10 * prng.float() ** 3));
  const price = () => (prng.below(5) === 0 ? NaN : Math.round(prng.normal() * 40) / 4);
  return { categories: [...new Set(categories)], flags: prng.below(4), numbers: [price(), price()] };
}

/** Of every kind, and of some that match nothing or everything. */
export function anyExpression(prng: Prng, rowEnd: number, depth = 3): FilterExpression {
  const parts = () =>
    Array.from({ length: prng.below(4) }, () => anyExpression(prng, rowEnd, depth - 1));
  switch (prng.below(depth === 0 ? 5 : 9)) {
    case 0: return { category: Array.from({ length: prng.below(4) }, () => prng.below(12)) };
    case 1: return { flag: prng.below(FLAGS) };
    case 2: return anyRange(prng);
    case 3: return { rows: Array.from({ length: prng.below(40) }, () => prng.below(rowEnd)) };
    case 4: return prng.below(4) === 0 ? 'everything' : anyRange(prng);
    case 5: return { not: anyExpression(prng, rowEnd, depth - 1) };
    case 6: return { any: parts() };
    default: return { all: parts() };
  }
}

function anyRange(prng: Prng): FilterExpression {
  const bound = () => Math.round(prng.normal() * 40) / 4;
  return {
    column: prng.below(COLUMNS),
    ...(prng.below(4) > 0 && { min: bound() }),
    ...(prng.below(4) > 0 && { max: bound() }),
  };
}
