/** `vitrine index check INDEX`: is the file whole, and does the graph find what is there. */
import { parseArgs } from 'node:util';
import { loadAddon, NO_ID, type NativeVectorIndex } from '../ann/binding.ts';
import { ServeError } from '../core/errors.ts';
import { Prng } from '../core/prng.ts';
import { BEAM, failing, openIndex, paths, readNames, wholeNumber } from './arguments.ts';
import { readHead } from './index-head.ts';
import { collectVectors } from './vector-file.ts';
import { VectorFileError } from './vector-rows.ts';

export const usage = [
  'vitrine index check INDEX [--queries FILE] [--sample 200] [--k 10] [--beam N] [--least 0.9]',
  '  Verifies the checksums, then compares with an exact search for a sample of queries.',
  '  --queries  a file of them; without it vectors of the index ask for their neighbours',
  '  --sample   how many are asked',
  '  --least    recall below which the check fails (exit code 1)',
].join('\n');

const SAMPLE = { value: 200, min: 1, max: 100_000 };
const K = { value: 10, min: 1, max: 999 };
const COPY_ROWS = 4096;
const SEED = 1;

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      queries: { type: 'string' },
      sample: { type: 'string' },
      k: { type: 'string' },
      beam: { type: 'string' },
      least: { type: 'string', default: '0.9' },
    },
  });
  const [path = ''] = paths(positionals, ['INDEX']);
  const sample = wholeNumber('sample', values.sample, SAMPLE);
  const k = wholeNumber('k', values.k, K);
  const beam = wholeNumber('beam', values.beam, BEAM);
  const least = Number(values.least);
  if (!(least >= 0 && least <= 1)) throw new ServeError('bad_argument', '--least must be a number of 0..1');

  const { checksum } = readHead(path);
  const index = openIndex(path); // which reads everything, and compares checksums
  readNames(index, path);
  console.log(`${path}: ${index.size} vectors, checksum ${checksum} as it should be`);
  if (index.kind === 'exact' || index.size === 0) return 0; // there is nothing to find less of
  const exact = exactCopy(index);
  const asked = values.queries
    ? await fromFile(values.queries, index.dim, sample)
    : fromIndex(index, sample);
  const recall = recallOf(index, exact, asked, k, beam);
  const whose = values.queries ? `queries of ${values.queries}` : 'of its own vectors';
  const count = asked.queries.length / index.dim;
  console.log(`recall@${k} ${recall.toFixed(4)} over ${count} ${whose}${beam ? `, beam ${beam}` : ''}`);
  if (recall < least) console.error(`vitrine: recall is below ${least}`);
  return recall < least ? 1 : 0;
}

/** Queries `[count, dim]`; `self` holds, for each, the id that is no answer to it, or NO_ID. */
interface Asked {
  readonly queries: Float32Array;
  readonly self: Uint32Array;
}

async function fromFile(path: string, dim: number, sample: number): Promise<Asked> {
  const file = await collectVectors(path);
  if (file.dim !== dim) {
    throw new VectorFileError(path, 0, 'dimension', `its dimension is ${file.dim}, the index's ${dim}`);
  }
  const rows = someOf(file.vectors.length / dim, sample);
  const queries = new Float32Array(rows.length * dim);
  rows.forEach((row, i) => queries.set(file.vectors.subarray(row * dim, (row + 1) * dim), i * dim));
  return { queries, self: new Uint32Array(rows.length).fill(NO_ID) };
}

function fromIndex(index: NativeVectorIndex, sample: number): Asked {
  const self = Uint32Array.from(someOf(index.size, sample));
  const queries = new Float32Array(self.length * index.dim);
  self.forEach((id, i) => index.get(id, queries.subarray(i * index.dim, (i + 1) * index.dim)));
  return { queries, self };
}

/** The same vectors in an index that compares with all. Fails where ids are not row numbers. */
function exactCopy(index: NativeVectorIndex): NativeVectorIndex {
  const { dim, metric, size } = index;
  const exact = new (loadAddon().VectorIndex)({ kind: 'exact', dim, metric });
  for (let first = 0; first < size; first += COPY_ROWS) {
    const ids = Uint32Array.from({ length: Math.min(COPY_ROWS, size - first) }, (_, i) => first + i);
    const vectors = new Float32Array(ids.length * dim);
    ids.forEach((id, i) => {
      if (index.get(id, vectors.subarray(i * dim, (i + 1) * dim))) return;
      throw new ServeError('unsupported', `recall is checked where ids are 0..${size - 1}; ${id} is not there`);
    });
    exact.add(ids, vectors);
  }
  return exact;
}

/** Share of the exact index's results that the index finds, a query's own vector left out of both. */
function recallOf(
  index: NativeVectorIndex, exact: NativeVectorIndex, { queries, self }: Asked, k: number, beam: number,
): number {
  const results = (from: NativeVectorIndex): Uint32Array[] => {
    const ids = new Uint32Array(self.length * (k + 1));
    const options = beam ? { beam } : {};
    failing(() => from.search(queries, k + 1, ids, new Float32Array(ids.length), options));
    return Array.from(self, (own, i) => {
      const all = ids.subarray(i * (k + 1), (i + 1) * (k + 1));
      return all.filter((id) => id !== own && id !== NO_ID).slice(0, k);
    });
  };
  const found = results(index);
  let hits = 0;
  let all = 0;
  results(exact).forEach((right, i) => {
    const mine = new Set(found[i]);
    all += right.length;
    for (const id of right) if (mine.has(id)) hits += 1;
  });
  return all === 0 ? 1 : hits / all;
}

/** Up to `length` of the numbers below `count`, none twice, rising; the same ones each time. */
function someOf(count: number, length: number): number[] {
  if (length >= count) return Array.from({ length: count }, (_, i) => i);
  const prng = new Prng(SEED);
  const some = new Set<number>();
  while (some.size < length) some.add(prng.below(count));
  return [...some].sort((a, b) => a - b);
}
