import { WebSocket } from 'ws';
import { connect } from './client.ts';
import type { SocketConstructor } from './link.ts';
import type { ClientOptions, VitrineClient } from './types.ts';

/** As `connect`, over the `ws` package: for Node 20, which has no WebSocket of its own. */
export function connectNode(url: string, options: ClientOptions = {}): VitrineClient {
  const Socket = WebSocket as unknown as SocketConstructor;
  return connect(url, { WebSocket: Socket, ...options });
}
