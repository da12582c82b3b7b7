import { ServeError } from '../core/errors.ts';
import { NodeTransport } from './node-ws.ts';
import type { Handler, Transport, TransportLimits } from './transport.ts';
import { UwsTransport } from './uws.ts';
import { type Skipped, findUws } from './uws-library.ts';

export interface LoadedTransport {
  readonly transport: Transport;
  /** Better ones that were tried, and why each does not run here; for the log, a line each. */
  readonly skipped: readonly Skipped[];
  /** Every copy of uWebSockets.js was skipped, so that the slower transport serves unasked. */
  readonly fallback: boolean;
  /** Whether several threads can listen on one port with it, and all get connections. */
  readonly shares: boolean;
}

/**
 * The transport that `setting` asks for (`auto`, `uws` or `node`). `auto` takes uWebSockets.js
 * where a copy of it loads, else `ws` on node:http. Fails with `unsupported` when `uws` is asked
 * for and none loads.
 */
export function loadTransport(
  setting: string,
  handler: Handler,
  limits: TransportLimits,
): LoadedTransport {
  if (setting === 'node') {
    const transport = new NodeTransport(handler, limits);
    return { transport, skipped: [], fallback: false, shares: false };
  }
  const { found, skipped } = findUws();
  if (found) {
    const transport = new UwsTransport(found, handler, limits);
    return { transport, skipped, fallback: false, shares: process.platform === 'linux' };
  }
  if (setting === 'auto') {
    const transport = new NodeTransport(handler, limits);
    return { transport, skipped, fallback: true, shares: false };
  }
  const reasons = skipped.map(({ name, why }) => `${name}: ${why}`).join('; ');
  throw new ServeError(
    'unsupported',
    `no uWebSockets.js loads here (${reasons}); VITRINE_TRANSPORT=auto runs without it`,
  );
}
