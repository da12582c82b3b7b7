import { type AddressInfo, createServer } from 'node:net';
import { ServeError } from '../core/errors.ts';

/**
 * The port, or a free one in place of 0. Fails with `bad_argument`, saying what to change, unless
 * the address can be listened on now. Asked before anything is read or written: a second server on
 * one port ends without a trace of itself.
 */
export function findPort(host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (cause: NodeJS.ErrnoException) => reject(refusal(host, port, cause)));
    probe.listen({ host, port, exclusive: true }, () => {
      const { port: taken } = probe.address() as AddressInfo;
      probe.close(() => resolve(taken));
    });
  });
}

/** Why the address cannot be had, and the setting that changes it. */
export function refusal(host: string, port: number, cause: NodeJS.ErrnoException): ServeError {
  const address = `${host}:${port}`;
  switch (cause.code) {
    case 'EADDRINUSE':
      return failure(`${address} is taken by another program; choose another PORT (--port)`, cause);
    case 'EACCES':
      return failure(`${address} needs more rights; choose a PORT (--port) of 1024 or more`, cause);
    default:
      return failure(`${address} cannot be listened on: ${cause.message}; see VITRINE_HOST (--host)`,
        cause);
  }
}

function failure(detail: string, cause: Error): ServeError {
  return new ServeError('bad_argument', detail, { cause });
}
