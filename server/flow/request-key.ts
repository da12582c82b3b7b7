import { createHash } from 'node:crypto';
import type { InferRequest } from '../core/inference.ts';

/** Longer keys are kept as their digest: nobody knows two texts with the same SHA-256. */
const WHOLE_CHARS_MAX = 4096;

/**
 * All that an answer depends on as one text: which outputs are wanted, and of every input, by name,
 * its datatype, shape and bytes. Two requests have the same key exactly when they say the same,
 * whatever the order of their inputs.
 */
export function requestKey({ inputs, outputs }: InferRequest): string {
  const sorted = inputs.length < 2 ? inputs
    : [...inputs].sort((a, b) => (a.name < b.name ? -1 : 1));
  let key = outputs ? JSON.stringify(outputs) : '*';
  for (const { name, datatype, shape, data } of sorted) {
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('latin1');
    key += `${name.length}:${name}${datatype}[${shape.join()}]${bytes.length}:${bytes}`;
  }
  if (key.length <= WHOLE_CHARS_MAX) return key;
  return `${key.length}:${createHash('sha256').update(key, 'latin1').digest('base64')}`;
}
