import { join } from 'node:path';
import type { Prng } from '../../server/core/prng.ts';
import { writeFiles } from './model-repository.ts';

export interface WrittenEncoder {
  readonly ids: readonly string[];
  readonly dim: number;
  readonly vectors: Float32Array; // vocabulary number n is at (n - 1) * dim
}

/**
 * Writes a `session-encoder` whose vector is the mean of the session's item vectors, and
 * `item-vectors` of the same numbers, into a model repository.
 */
export function writeEncoder(
  repository: string,
  ids: readonly string[],
  prng: Prng,
  card: object = {},
): WrittenEncoder {
  const dim = 8;
  const length = 6;
  const vectors = prng.row(ids.length * dim);
  const items = {
    'items.txt': `${ids.join('\n')}\n`,
    'item_vectors.f32': new Uint8Array(vectors.buffer),
  };
  const table = [...new Float32Array(dim), ...vectors]; // number 0 is padding
  const layers = [{ type: 'gather-mean', rows: ids.length + 1, units: dim, table }];
  writeFiles(join(repository, 'session-encoder'), {
    'config.json': JSON.stringify({
      platform: 'plain',
      max_batch_size: 4,
      input: [{ name: 'items', data_type: 'TYPE_INT32', dims: [length] }],
      output: [{ name: 'vector', data_type: 'TYPE_FP32', dims: [dim] }],
    }),
    'card.json': JSON.stringify(card),
    '1/model.plain.json': JSON.stringify({ layers }),
  });
  writeFiles(join(repository, 'session-encoder', '1'), items);
  writeFiles(join(repository, 'item-vectors', '1'), items);
  writeFiles(join(repository, 'item-vectors'), { 'card.json': JSON.stringify(card) });
  return { ids, dim, vectors };
}
