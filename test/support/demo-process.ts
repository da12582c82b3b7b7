/**
 * A process that serves the demo store of `VITRINE_DATA` on `PORT`. Prints its address when it
 * listens; ends at SIGTERM, its last events committed.
 */
import { join } from 'node:path';
import { seededMlp } from '../../models/recipes/dense.ts';
import { loadAddon } from '../../server/ann/binding.ts';
import { systemClock } from '../../server/core/clock.ts';
import { Log } from '../../server/core/log.ts';
import { addDemoRoutes } from '../../server/demo/routes.ts';
import { seedDemo } from '../../server/demo/seed.ts';
import { Router } from '../../server/routes/router.ts';
import { SocketSessions } from '../../server/routes/socket.ts';
import { LmdbStore } from '../../server/store/lmdb-store.ts';
import { INTENT_FEATURES } from '../../server/storefront/intent-features.ts';
import { openShop } from '../../server/storefront/open-shop.ts';
import { openRetriever } from '../../server/storefront/retrieval/open.ts';
import { loadTransport } from '../../server/transport/load.ts';
import { openHost } from './host.ts';
import { temporaryFolder, writeDense, writeFiles } from './model-repository.ts';

const { VITRINE_DATA: folder = '', PORT: port = '0' } = process.env;
const log = new Log('warn');
const store = LmdbStore.open(join(folder, 'store'));
if (store.itemCount === 0) await seedDemo(store);
const repository = seededModels();
const host = await openHost(repository);
const base = { store, repository, sessionMinutesMax: 30, log };
const retriever = openRetriever({ ...base, addon: loadAddon() });
const storefront = openShop({ ...base, retriever, inference: host, clock: systemClock });
const sessions = new SocketSessions({
  lanes: host, directory: host, storefront, clock: systemClock, log,
  version: '0.0.0', limits: { requestsMax: 256, pushBufferedBytesMax: 1_000_000 },
});
const router = new Router(log);
addDemoRoutes(router, { store, storefront, clock: systemClock, transport: () => transport.name });
const { transport } = loadTransport('auto', {
  http: router.handle.bind(router),
  open: sessions.open.bind(sessions),
  message: sessions.message.bind(sessions),
  close: sessions.close.bind(sessions),
}, { bodyBytesMax: 1e6, messageBytesMax: 1e6, bufferedBytesMax: 1e7, idleSecondsMax: 120 });
const taken = await transport.listen('127.0.0.1', Number(port));
console.log(`http://127.0.0.1:${taken}`);

/** A repository with an intent model that learned nothing: the page shows numbers, not wisdom. */
function seededModels(): string {
  const names = { name: 'intent', input: 'features', output: 'probability' };
  const model = seededMlp(9, [INTENT_FEATURES.length, 8, 1], 'sigmoid', names);
  const made = temporaryFolder();
  writeDense(made, 'intent', model, 'onnxruntime_onnx');
  const card = { trainedOn: 'nothing: seeded weights' };
  writeFiles(made, { 'intent/card.json': JSON.stringify(card) });
  return made;
}

process.once('SIGTERM', () => {
  void (async () => {
    await transport.close();
    await host.close();
    await store.close();
    process.exit(0);
  })();
});
