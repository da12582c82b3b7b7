import type { RequestParameters, SequencePart } from '../core/inference.ts';
import type { Fields } from './fields.ts';

const TEXT_MAX = 1024; // characters of a value

/**
 * A request's `parameters` that are plain values; texts beyond a kilobyte are no parameters, and
 * left out as any other value is.
 */
export function plainParameters(fields: Fields): RequestParameters {
  const plain = fields.entries().filter(([, value]) =>
    typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint' ||
    (typeof value === 'string' && value.length <= TEXT_MAX));
  return Object.fromEntries(plain) as RequestParameters;
}

/**
 * Triton's `sequence_id` (a number or a text), `sequence_start` and `sequence_end`; undefined where
 * they say that the request is of no sequence: 0, '' and false. Fails with `bad_argument`.
 */
export function sequencePart(fields: Fields): SequencePart | undefined {
  const start = fields.flag('sequence_start') ?? false;
  const end = fields.flag('sequence_end') ?? false;
  const id = fields.raw('sequence_id') ?? '';
  if (id === '' || id === 0) {
    if (start || end) fields.fail('sequence_id', 'the sequence that starts or ends');
    return undefined;
  }
  const whole = typeof id === 'bigint' ? id > 0n && id < 2n ** 64n :
    typeof id === 'string' ? id.length <= TEXT_MAX : Number.isSafeInteger(id) && (id as number) > 0;
  if (!whole) fields.fail('sequence_id', 'a text of 1 to 1024 characters, or an integer from 1');
  return { id: String(id), start, end };
}
