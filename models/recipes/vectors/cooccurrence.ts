import type { FlatSessions } from '../training-sessions.ts';
import type { SparseMatrix } from './sparse.ts';

const WINDOW = 5; // items apart at most

const CONTEXT_POWER = 0.75; // Levy, Goldberg & Dagan 2015: rare contexts count for less

/**
 * Positive pointwise mutual information of items that are near each other in a session, `[items,
 * items]`; item n is row n - 1. Nearer pairs count for more (1 / distance).
 */
export function positivePmi({ items, offsets }: FlatSessions, size: number): SparseMatrix {
  const keys = pairKeys(items, offsets, size);
  const columns = new Int32Array(keys.length);
  const values = new Float64Array(keys.length);
  const starts = new Uint32Array(size + 1);
  let count = 0;
  for (let at = 0; at < keys.length;) {
    const cell = Math.floor((keys[at] as number) / STEPS);
    let weight = 0;
    for (; at < keys.length && Math.floor((keys[at] as number) / STEPS) === cell; at += 1) {
      weight += 1 / ((keys[at] as number) % STEPS);
    }
    columns[count] = cell % size;
    values[count] = weight;
    count += 1;
    starts[Math.floor(cell / size) + 1] = count;
  }
  for (let row = 0; row < size; row += 1) {
    starts[row + 1] = Math.max(starts[row + 1] as number, starts[row] as number);
  }
  return informative({ rows: size, starts, columns, values }, count);
}

const STEPS = 8; // more than WINDOW: a key is (row * size + column) * STEPS + distance

/** One sorted number for each near pair, both ways round, so that equal cells lie together. */
function pairKeys(items: Int32Array, offsets: Uint32Array, size: number): Float64Array {
  const keys = new Float64Array(2 * WINDOW * items.length);
  let count = 0;
  for (let session = 0; session + 1 < offsets.length; session += 1) {
    const first = offsets[session] as number;
    for (let at = first; at < (offsets[session + 1] as number); at += 1) {
      for (let apart = 1; apart <= WINDOW && at - apart >= first; apart += 1) {
        const a = (items[at] as number) - 1;
        const b = (items[at - apart] as number) - 1;
        if (a === b) continue;
        keys[count] = (a * size + b) * STEPS + apart;
        keys[count + 1] = (b * size + a) * STEPS + apart;
        count += 2;
      }
    }
  }
  return keys.subarray(0, count).sort();
}

/** Keeps the cells that say more than chance: max(0, log(p(a, b) / p(a) p'(b))). */
function informative(counts: SparseMatrix, cells: number): SparseMatrix {
  const { rows, starts, columns, values } = counts;
  const sums = new Float64Array(rows);
  let total = 0;
  for (let row = 0; row < rows; row += 1) {
    for (let at = starts[row] as number; at < (starts[row + 1] as number); at += 1) {
      sums[row]! += values[at] as number;
      total += values[at] as number;
    }
  }
  const contexts = sums.map((sum) => sum ** CONTEXT_POWER);
  const contextTotal = contexts.reduce((sum, weight) => sum + weight, 0);
  const kept = {
    starts: new Uint32Array(rows + 1),
    columns: new Int32Array(cells),
    values: new Float64Array(cells),
  };
  let count = 0;
  for (let row = 0; row < rows; row += 1) {
    for (let at = starts[row] as number; at < (starts[row + 1] as number); at += 1) {
      const column = columns[at] as number;
      const expected = ((sums[row] as number) * (contexts[column] as number)) / contextTotal;
      const information = Math.log((values[at] as number) / expected);
      if (information <= 0) continue;
      kept.columns[count] = column;
      kept.values[count] = information;
      count += 1;
    }
    kept.starts[row + 1] = count;
  }
  return {
    rows,
    starts: kept.starts,
    columns: kept.columns.slice(0, count),
    values: kept.values.slice(0, count),
  };
}
