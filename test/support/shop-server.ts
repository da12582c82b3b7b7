import { loadAddon } from '../../server/ann/binding.ts';
import { systemClock } from '../../server/core/clock.ts';
import { Log } from '../../server/core/log.ts';
import { Router } from '../../server/routes/router.ts';
import { DeskDoor } from '../../server/routes/storefront-door.ts';
import { SocketSessions } from '../../server/routes/socket.ts';
import type { Store } from '../../server/store/store.ts';
import { openShop } from '../../server/storefront/open-shop.ts';
import { openRetriever } from '../../server/storefront/retrieval/open.ts';
import type { HybridRetriever } from '../../server/storefront/retrieval/hybrid-retriever.ts';
import { loadTransport } from '../../server/transport/load.ts';
import { openHost } from './host.ts';

export interface ShopServer {
  readonly url: string; // of the WebSocket
  readonly retriever: HybridRetriever;
  close(): Promise<void>;
}

/** A shop over a store and a model repository, listening on a free port of this machine. */
export async function openShopServer(store: Store, repository: string): Promise<ShopServer> {
  const log = new Log('error');
  const host = await openHost(repository);
  const base = { addon: loadAddon(), store, repository, sessionMinutesMax: 30, log };
  const retriever = openRetriever(base);
  const storefront = await openShop({ ...base, retriever, inference: host, clock: systemClock });
  const sessions = new SocketSessions({
    lanes: host, directory: host, details: host, door: new DeskDoor(storefront, systemClock),
    clock: systemClock, log,
    version: '0.0.0', limits: { requestsMax: 256, pushBufferedBytesMax: 1_000_000 },
  });
  const router = new Router(log);
  const handler = {
    http: router.handle.bind(router),
    open: sessions.open.bind(sessions),
    message: sessions.message.bind(sessions),
    close: sessions.close.bind(sessions),
  };
  const { transport } = loadTransport('auto', handler, {
    bodyBytesMax: 1e6, messageBytesMax: 1e6, bufferedBytesMax: 1e7, idleSecondsMax: 120,
  });
  const port = await transport.listen('127.0.0.1', 0);
  const close = async (): Promise<void> => {
    await transport.close();
    await host.close();
  };
  return { url: `ws://127.0.0.1:${port}/ws`, retriever, close };
}
