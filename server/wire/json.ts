import { ServeError } from '../core/errors.ts';
import { parseExact } from './parse-exact.ts';
import { scanJson } from './scan-json.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * One JSON text in UTF-8. Integers beyond 2^53 become bigints, so that INT64 tensors survive; NaN
 * and Infinity are no JSON. Fails with `bad_request`.
 */
export function decodeJson(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch (cause) {
    throw new ServeError('bad_request', 'JSON: the text is not UTF-8', { cause });
  }
  const exact = scanJson(text);
  try {
    return exact ? parseExact(text) : (JSON.parse(text) as unknown);
  } catch (cause) {
    throw new ServeError('bad_request', `JSON: ${(cause as Error).message}`, { cause });
  }
}
