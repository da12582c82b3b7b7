import type { PastSessions } from '../past-sessions.ts';

/** How much an item says of another in the same sequence; `distance` > 0 where that came later. */
export type PairWeight = (distance: number) => number;

/** What each row says of others: row's others are `rows[starts[row] .. starts[row + 1])`. */
export interface PairTable {
  readonly starts: Uint32Array; // [itemCount + 1]
  readonly rows: Uint32Array;
  readonly weights: Float32Array; // above 0
}

export interface PairOptions {
  readonly window: number; // items apart at most
  readonly weight: PairWeight;
  readonly lengthPower: number; // a sequence's pairs are divided by its length to this power
}

/** Adds up the pairs of all sequences; a row says nothing of itself. Pure. */
export function countPairs(
  { rows, offsets }: PastSessions,
  itemCount: number,
  { window, weight, lengthPower }: PairOptions,
): PairTable {
  const maps = new Array<Map<number, number> | undefined>(itemCount);
  for (let s = 0; s + 1 < offsets.length; s++) {
    const start = offsets[s] as number;
    const end = offsets[s + 1] as number;
    const share = (end - start) ** -lengthPower;
    for (let at = start; at < end; at++) {
      const from = rows[at] as number;
      const stop = Math.min(end, at + window + 1);
      for (let other = Math.max(start, at - window); other < stop; other++) {
        const to = rows[other] as number;
        const w = to === from ? 0 : weight(other - at) * share;
        if (w <= 0) continue;
        const map = (maps[from] ??= new Map<number, number>());
        map.set(to, (map.get(to) ?? 0) + w);
      }
    }
  }
  return packPairs(maps, itemCount);
}

function packPairs(maps: (Map<number, number> | undefined)[], itemCount: number): PairTable {
  const starts = new Uint32Array(itemCount + 1);
  for (let row = 0; row < itemCount; row++) {
    starts[row + 1] = (starts[row] as number) + (maps[row]?.size ?? 0);
  }
  const rows = new Uint32Array(starts[itemCount] as number);
  const weights = new Float32Array(rows.length);
  let at = 0;
  for (const map of maps) {
    for (const [row, weight] of map ?? []) {
      rows[at] = row;
      weights[at++] = weight;
    }
  }
  return { starts, rows, weights };
}

export interface Damping {
  readonly lambda: number; // added to every count
  readonly from: number; // power of the count of the row that speaks
  readonly to: number; // power of the count of the row that is spoken of
}

/** Divides each pair by its rows' counts, so that the frequent do not drown the fitting. Pure. */
export function damp(table: PairTable, counts: Float64Array, by: Damping): PairTable {
  const { starts, rows } = table;
  const froms = counts.map((count) => (count + by.lambda) ** -by.from);
  const tos = counts.map((count) => (count + by.lambda) ** -by.to);
  const weights = Float32Array.from(table.weights);
  for (let row = 0; row + 1 < starts.length; row++) {
    for (let at = starts[row] as number; at < (starts[row + 1] as number); at++) {
      weights[at] = (weights[at] as number) * (froms[row] as number) * (tos[rows[at] as number] as number);
    }
  }
  return { starts, rows, weights };
}
