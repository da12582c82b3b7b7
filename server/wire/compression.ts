import { promisify } from 'node:util';
import { deflate, gunzip, gzip, inflate } from 'node:zlib';
import { ServeError } from '../core/errors.ts';

/** What a body may be wrapped in; `deflate` is zlib's framing, as HTTP has it. */
export type Encoding = 'identity' | 'gzip' | 'deflate';

const UNWRAP = { gzip: promisify(gunzip), deflate: promisify(inflate) };
const WRAP = { gzip: promisify(gzip), deflate: promisify(deflate) };

/** The encoding that a `Content-Encoding` names; null for those that are not known here. */
export function encodingOf(header: string): Encoding | null {
  const name = header.trim().toLowerCase();
  if (name === '' || name === 'identity') return 'identity';
  return name === 'gzip' || name === 'deflate' ? name : null;
}

/**
 * The encoding that an `Accept-Encoding` likes best, of those that are known here; the first named
 * where it likes several as well.
 */
export function acceptedEncoding(header: string): Encoding {
  let best: Encoding = 'identity';
  let most = 0;
  for (const one of header.split(',')) {
    const [name = '', ...parameters] = one.split(';').map((part) => part.trim().toLowerCase());
    const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    const weight = quality === undefined ? 1 : Number(quality);
    if (name !== 'gzip' && name !== 'deflate' && name !== 'identity') continue;
    if (weight > most) [best, most] = [name, weight];
  }
  return best;
}

/** Off this thread. Fails with `too_large` past `bytesMax`, and with `bad_request`. */
export async function unwrap(
  encoding: Exclude<Encoding, 'identity'>, body: Uint8Array, bytesMax: number,
): Promise<Uint8Array> {
  try {
    return await UNWRAP[encoding](body, { maxOutputLength: bytesMax });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') {
      throw new ServeError('too_large', `a body may have ${bytesMax} bytes, unpacked`, { cause });
    }
    throw new ServeError('bad_request', `the body is no ${encoding}: ${message}`, { cause });
  }
}

/** Off this thread. */
export function wrap(
  encoding: Exclude<Encoding, 'identity'>, body: Uint8Array | string,
): Promise<Uint8Array> {
  return WRAP[encoding](body);
}
