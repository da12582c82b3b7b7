import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { LmdbStore } from '../../../server/store/lmdb-store.ts';
import { temporaryFolder } from '../../support/model-repository.ts';

const event = (n: number) =>
  ({ id: `e${n}`, type: 'item_view', atMs: n, session: 's', items: [{ item: `i${n}`, quantity: 1 }] }) as const;
const ids = (store: LmdbStore): string[] => [...store.events()].map((one) => one.event.id);

suite('a store read beside the one who writes it', () => {
  test('is as it was when it was opened, and takes no writes', async () => {
    const folder = temporaryFolder();
    const store = LmdbStore.open(folder);
    await store.append([event(1), event(2)]);
    const reader = LmdbStore.openToRead(folder);
    await store.append([event(3)]);

    assert.deepEqual(ids(reader), ['e1', 'e2']);
    assert.equal(reader.itemCount, 2);
    assert.deepEqual(ids(LmdbStore.openToRead(folder)), ['e1', 'e2', 'e3']);
    await assert.rejects(reader.append([event(4)]), { code: 'storage', message: /reading alone/ });
    await reader.close();
    await store.append([event(4)]); // the reader's end is nothing to the writer
    assert.equal(store.eventCount, 4);
    assert.throws(() => LmdbStore.open(folder), { code: 'storage', message: /is open in process/ });
    await store.close();
  });

  test('a folder without a store is an error', () => {
    assert.throws(() => LmdbStore.openToRead(`${temporaryFolder()}/none`), { code: 'storage' });
  });
});
