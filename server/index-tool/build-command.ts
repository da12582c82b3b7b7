/** `vitrine index build VECTORS INDEX`: reads a file of vectors, writes an index. */
import { parseArgs } from 'node:util';
import { loadAddon, type NativeVectorIndex } from '../ann/binding.ts';
import { systemClock } from '../core/clock.ts';
import { failing, oneOf, paths, wholeNumber } from './arguments.ts';
import { writeNames } from './names.ts';
import { Progress } from './progress.ts';
import { collectVectors } from './vector-file.ts';

export const usage = [
  'vitrine index build VECTORS INDEX [--metric cosine] [--kind graph] [--degree N] [--beam N] [--quiet]',
  '  --metric   cosine (default), ip (inner product) or l2 (squared distance)',
  '  --kind     graph (default) or exact, which compares with every vector',
  '  --degree   edges a vector keeps: more find more, and take more memory',
  '  --beam     width of the searches that find them: wider builds better, and longer',
  '  --quiet    no progress on the terminal',
].join('\n');

const DEGREE = { value: 0, min: 4, max: 256 }; // 0: the index's own default
const BEAM = { value: 0, min: 8, max: 4096 };
const ADD_ROWS = 4096; // between two lines of progress

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      metric: { type: 'string' },
      kind: { type: 'string' },
      degree: { type: 'string' },
      beam: { type: 'string' },
      quiet: { type: 'boolean', default: false },
    },
  });
  const [from = '', to = ''] = paths(positionals, ['VECTORS', 'INDEX']);
  const metric = oneOf('metric', values.metric, ['cosine', 'ip', 'l2']);
  const kind = oneOf('kind', values.kind, ['graph', 'exact']);
  const degree = wholeNumber('degree', values.degree, DEGREE);
  const buildBeam = wholeNumber('beam', values.beam, BEAM);
  const startUs = systemClock.nowUs();

  const progress = new Progress(values.quiet ? null : process.stderr, systemClock);
  const { dim, ids, vectors } = await collectVectors(from, (rows, total) => progress.say('read', rows, total));
  const index = failing(() => {
    return new (loadAddon().VectorIndex)({
      kind, dim, metric, ...(degree && { degree }), ...(buildBeam && { buildBeam }),
    });
  });
  failing(() => addAll(index, vectors, (rows, total) => progress.say('indexed', rows, total)));
  failing(() => index.save(to));
  writeNames(to, ids);
  progress.end();

  const seconds = (systemClock.nowUs() - startUs) / 1e6;
  const { size, bytes } = index;
  const each = (bytes / size).toFixed(0);
  console.log(`${to}: ${size} vectors of ${dim}, ${kind}, ${metric}, ${each} bytes each, ${seconds.toFixed(1)} s`);
  index.close();
  return 0;
}

/** Row n gets id n. */
function addAll(
  index: NativeVectorIndex, vectors: Float32Array, progress: (rows: number, total: number) => void,
): void {
  const rows = vectors.length / index.dim;
  for (let at = 0; at < rows; at += ADD_ROWS) {
    const end = Math.min(rows, at + ADD_ROWS);
    const ids = Uint32Array.from({ length: end - at }, (_, i) => at + i);
    index.add(ids, vectors.subarray(at * index.dim, end * index.dim));
    progress(end, rows);
  }
}
