/** `vitrine index build VECTORS INDEX`: reads a file of vectors, writes an index. */
import { parseArgs } from 'node:util';
import { loadAddon } from '../ann/binding.ts';
import { keyNote, type Key } from '../ann/key-note.ts';
import { systemClock } from '../core/clock.ts';
import { failing, oneOf, paths, wholeNumber } from './arguments.ts';
import { Progress } from './progress.ts';
import { checkTarget } from './target.ts';
import { collectVectors } from './vector-file.ts';

export const usage = [
  'vitrine index build VECTORS INDEX [--metric cosine] [--kind graph] [--keep i16] [--degree N]',
  '                   [--beam N] [--threads N] [--force] [--quiet]',
  '  --metric   cosine (default), ip (inner product) or l2 (squared distance)',
  '  --kind     graph (default) or exact, which compares with every vector',
  '  --keep     f32 (default if exact); or in half the memory i16 (default if graph), which rounds',
  '             to a 32,767th of the largest value, or bf16, which rounds to three digits',
  '  --degree   edges a vector keeps: more find more, and take more memory',
  '  --beam     width of the searches that find them: wider builds better, and longer',
  '  --threads  that build it; the same index for any number, all cores by default',
  '  --force    writes over a file that is no index',
  '  --quiet    no progress on the terminal',
].join('\n');

const DEGREE = { value: 0, min: 4, max: 256 }; // 0: the index's own default
const BEAM = { value: 0, min: 8, max: 4096 };
const THREADS = { value: 0, min: 1, max: 256 }; // 0: all cores

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      metric: { type: 'string' },
      kind: { type: 'string' },
      keep: { type: 'string' },
      degree: { type: 'string' },
      beam: { type: 'string' },
      threads: { type: 'string' },
      force: { type: 'boolean', default: false },
      quiet: { type: 'boolean', default: false },
    },
  });
  const [from = '', to = ''] = paths(positionals, ['VECTORS', 'INDEX']);
  const metric = oneOf('metric', values.metric, ['cosine', 'ip', 'l2']);
  const kind = oneOf('kind', values.kind, ['graph', 'exact']);
  const keep = oneOf('keep', values.keep, ['f32', 'bf16', 'i16']);
  const degree = wholeNumber('degree', values.degree, DEGREE);
  const buildBeam = wholeNumber('beam', values.beam, BEAM);
  const threads = wholeNumber('threads', values.threads, THREADS);
  checkTarget(to, from, values.force);
  const startUs = systemClock.nowUs();

  const progress = new Progress(values.quiet ? null : process.stderr, systemClock);
  const { dim, ids, vectors } = await collectVectors(from, (rows, total) => progress.say('read', rows, total));
  const rows = vectors.length / dim;
  const own = { ...(degree && { degree }), ...(buildBeam && { buildBeam }), ...(threads && { threads }) };
  const index = failing(() => new (loadAddon().VectorIndex)({ kind, dim, metric, keep, ...own }));
  const onProgress = (done: number) => progress.say('indexed', Math.round(done * rows), rows);
  const numbers = Uint32Array.from({ length: rows }, (_, row) => row);
  failing(() => index.add(numbers, vectors, { onProgress }));
  const note = ids && keyNote(rows, rows, numbered(ids));
  failing(() => index.save(to, note ? { note } : {}));
  progress.end();

  const seconds = (systemClock.nowUs() - startUs) / 1e6;
  const { size, bytes } = index;
  const each = (bytes / size).toFixed(0);
  console.log(`${to}: ${size} vectors of ${dim}, ${kind}, ${metric}, ${each} bytes each, ${seconds.toFixed(1)} s`);
  index.close();
  return 0;
}

function* numbered(ids: readonly Key[]): Generator<readonly [Key, number]> {
  for (let row = 0; row < ids.length; row += 1) yield [ids[row] as Key, row];
}
