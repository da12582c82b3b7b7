import { ServeError } from '../../server/core/errors.ts';

/** The two files by which learned item vectors are found beside a model. */
export interface ItemFiles extends Record<string, string | Uint8Array> {
  readonly 'items.txt': string; // line n (from 1) is the item of vocabulary number n
  readonly 'item_vectors.f32': Uint8Array; // [items, dim], little-endian
}

/** `vectors` is `[ids.length, dim]`; an id has no line breaks: neither wire nor import take one that has. */
export function itemFiles(ids: readonly string[], vectors: Float32Array): ItemFiles {
  const odd = ids.find((id) => /[\r\n]/.test(id));
  if (odd !== undefined) {
    const detail = `item id ${JSON.stringify(odd)} has a line break; an older build took it`;
    throw new ServeError('bad_argument', `${detail}: import without it into another folder`);
  }
  return {
    'items.txt': ids.map((id) => `${id}\n`).join(''),
    'item_vectors.f32': new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength),
  };
}
