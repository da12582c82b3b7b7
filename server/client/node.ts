import { WebSocket } from 'ws';
import { connect } from './client.ts';
import type { SocketConstructor } from './link.ts';
import type { ClientOptions, VitrineClient } from './types.ts';

/** As `connect`, over the `ws` package: for Node 20, and for Node 22 and later when speed counts. */
export function connectNode(url: string, options: ClientOptions = {}): VitrineClient {
  return connect(url, { WebSocket: WebSocket as unknown as SocketConstructor, ...options });
}
