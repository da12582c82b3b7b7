// A process with a shop over the store in argv[2]. Each message is a list of events; it is answered
// with its number once they are durable. It says `ready` first. The parent kills it.
import { loadAddon } from '../../server/ann/binding.ts';
import { systemClock } from '../../server/core/clock.ts';
import { Log } from '../../server/core/log.ts';
import { LmdbStore } from '../../server/store/lmdb-store.ts';
import { Shop } from '../../server/storefront/shop.ts';
import type { ShopEvent } from '../../server/wire/schema.ts';
import { FakeRetriever } from './fake-retriever.ts';

const store = LmdbStore.open(process.argv[2] as string);
const shop = await Shop.open({
  addon: loadAddon(), store, retriever: new FakeRetriever(store), clock: systemClock, log: new Log('error'),
  sessionMinutesMax: 30, taste: null, insight: null,
});

process.on('message', (message: { number: number; events: readonly ShopEvent[] }) => {
  void shop.ingest(message.events).then(() => process.send?.(message.number));
});
process.on('disconnect', () => process.exit());
process.send?.('ready');
