import { createHash } from 'node:crypto';
import type { Examples } from './table.ts';

/**
 * What examples are told apart by: 16 hex digits of SHA-256 over the columns, labels, weights, times
 * and groups, byte for byte. A card says it, and a search's journal is only good for it.
 */
export function fingerprint({ table, labels, weights, times, groups }: Examples): string {
  const hash = createHash('sha256');
  for (const { name, kind, categories = [], values } of table.columns) {
    hash.update(JSON.stringify([name, kind, categories])).update(bytes(values));
  }
  for (const list of [labels, weights, times, groups]) {
    hash.update(list ? bytes(list) : 'none');
  }
  return hash.digest('hex').slice(0, 16);
}

function bytes({ buffer, byteOffset, byteLength }: Float64Array | Uint32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
