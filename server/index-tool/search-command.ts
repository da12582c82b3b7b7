/** `vitrine index search INDEX QUERIES`: the nearest vectors of each query, on standard output. */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { NO_ID, type NativeVectorIndex } from '../ann/binding.ts';
import { keyText, type Key } from '../ann/key-note.ts';
import { BEAM, failing, oneOf, openIndex, paths, readNames, wholeNumber } from './arguments.ts';
import { readVectors } from './vector-file.ts';
import { VectorFileError, type VectorChunk } from './vector-rows.ts';

export const usage = [
  'vitrine index search INDEX QUERIES [--k 10] [--beam N] [--format tsv]',
  '  --k        results a query',
  '  --beam     width of the search: wider finds more, and takes longer',
  '  --format   tsv (default): query, rank, id, score; jsonl: {"query": …, "results": [{"id", "score"}]}',
  '  In tsv a text that holds a tab or a line, begins with " or reads as a number is written as JSON.',
  '  Scores: cosine, inner product, or minus the squared distance; higher is nearer.',
].join('\n');

const PLAIN = /^(?!\d+$)[^"\p{Cc}\u2028\u2029][^\p{Cc}\u2028\u2029]*$/u;
const K = { value: 10, min: 1, max: 1000 };

interface Hit {
  readonly id: Key | number;
  readonly score: number;
}

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { k: { type: 'string' }, beam: { type: 'string' }, format: { type: 'string' } },
  });
  const [from = '', queries = ''] = paths(positionals, ['INDEX', 'QUERIES']);
  const k = wholeNumber('k', values.k, K);
  const beam = wholeNumber('beam', values.beam, BEAM);
  const format = oneOf('format', values.format, ['tsv', 'jsonl']);
  const index = openIndex(from);
  const names = readNames(index, from);
  const write = pipeWriter();
  for await (const chunk of readVectors(queries)) {
    if (chunk.dim !== index.dim) {
      const detail = `its dimension is ${chunk.dim}, the index's ${index.dim}`;
      throw new VectorFileError(queries, chunk.first, 'dimension', detail);
    }
    const found = failing(() => search(index, names, chunk, k, beam));
    const lines = found.map((hits, i) => text(chunk.ids?.[i] ?? chunk.first + i, hits, format));
    if (!(await write(lines.join('')))) break;
  }
  index.close();
  return 0;
}

function search(
  index: NativeVectorIndex, names: ReadonlyMap<number, Key> | null, { vectors, dim }: VectorChunk,
  k: number, beam: number,
): Hit[][] {
  const count = vectors.length / dim;
  const ids = new Uint32Array(count * k);
  const scores = new Float32Array(count * k);
  index.search(vectors, k, ids, scores, beam ? { beam } : {});
  return Array.from({ length: count }, (_, query) => {
    const hits: Hit[] = [];
    for (let at = query * k; at < (query + 1) * k && ids[at] !== NO_ID; at += 1) {
      const row = ids[at] as number;
      hits.push({ id: names?.get(row) ?? row, score: scores[at] as number });
    }
    return hits;
  });
}

function text(query: Key | number, hits: readonly Hit[], format: 'tsv' | 'jsonl'): string {
  if (format === 'jsonl') {
    const results = hits.map(({ id, score }) => `{"id":${keyText(id)},"score":${score}}`);
    return `{"query":${keyText(query)},"results":[${results.join(',')}]}\n`;
  }
  return hits.map(({ id, score }, rank) => `${cell(query)}\t${rank + 1}\t${cell(id)}\t${score}\n`).join('');
}

/** A text as it is, but as JSON where that would break the line or read as a number or as JSON. */
function cell(id: Key | number): string {
  return typeof id === 'string' && PLAIN.test(id) ? id : keyText(id);
}

/** Writes to standard output at its pace; false once nobody reads it (`… | head`). */
function pipeWriter(): (text: string) => Promise<boolean> {
  let open = true;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    open = false;
    process.stdout.emit('drain');
  });
  return async (text) => {
    if (open && !process.stdout.write(text)) await once(process.stdout, 'drain');
    return open;
  };
}
