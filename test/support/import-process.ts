// A process that imports the file in argv[3] into the store in argv[2], in commits of argv[4] events.
// It says how many events it has committed, each time. The parent kills it.
import { LmdbStore } from '../../server/store/lmdb-store.ts';
import { importEvents } from '../../server/store/import/events.ts';

const [folder = '', path = '', commitEvents = ''] = process.argv.slice(2);
const store = LmdbStore.open(folder);
process.on('disconnect', () => process.exit());
await importEvents(store, path, {
  skipBad: false, progress: () => {}, commitEvents: Number(commitEvents),
  committed: async (events) => {
    process.send?.(events);
    await new Promise(setImmediate); // the message leaves
  },
});
await store.close();
process.exit();
