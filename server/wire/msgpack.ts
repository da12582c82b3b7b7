import { type Options, Packr, Unpackr } from 'msgpackr';
import { ServeError } from '../core/errors.ts';
import { scanMsgpack } from './scan.ts';

// Plain maps and lists, as every msgpack library writes and reads them: no records, no extensions.
const packr = new Packr({ useRecords: false, variableMapSize: true });
const plain = { useRecords: false, mapsAsObjects: true, int64AsType: 'auto' };
// Its types do not know 'auto': a number where that is exact, else a bigint.
const unpackr = new Unpackr(plain as Options);

/**
 * One message. Maps become objects, bytes views of `bytes` (valid as long as that is), integers
 * beyond 2^53 bigints. Fails with `bad_request` naming the offset.
 */
export function decodeMsgpack(bytes: Uint8Array): unknown {
  scanMsgpack(bytes);
  try {
    return unpackr.unpack(bytes);
  } catch (cause) {
    throw new ServeError('bad_request', `msgpack: ${(cause as Error).message}`, { cause });
  }
}

/** Any plain value; `Uint8Array` becomes bytes. Must hold no `undefined`. */
export function encodeMsgpack(value: unknown): Uint8Array {
  return packr.pack(value);
}
