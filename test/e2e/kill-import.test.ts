import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parquetWriteFile } from 'hyparquet-writer';
import { Prng } from '../../server/core/prng.ts';
import { cursorNote } from '../../server/store/import/cursor.ts';
import { LmdbStore } from '../../server/store/lmdb-store.ts';
import { tempFile, tempFolder } from '../support/temp-file.ts';

const EVENTS = 20_000;
const COMMIT_EVENTS = 1000;
const SEED = 20261123;
const script = fileURLToPath(new URL('../support/import-process.js', import.meta.url));

suite('kill -9 in an import', () => {
  const ids = Array.from({ length: EVENTS }, (_, i) => `e${(i * 7919) % EVENTS}-${i}`);
  const files: Readonly<Record<string, () => string>> = {
    'JSON lines': () => tempFile('e.jsonl', ids.map((id, i) => JSON.stringify(
      { id, type: 'item_view', at_ms: 1_700_000_000_000 + i, session: 's', items: [`i${i % 50}`] })).join('\n')),
    'packed CSV': () => tempFile('e.csv.gz', ['id,type,at_ms,session,item', ...ids.map((id, i) =>
      `${id},item_view,${1_700_000_000_000 + i},s,i${i % 50}`)].join('\n')),
    Parquet: () => {
      const filename = `${tempFolder()}/e.parquet`;
      const column = (name: string, of: (i: number) => unknown) =>
        ({ name, type: 'STRING' as const, data: ids.map((_, i) => String(of(i))) });
      parquetWriteFile({ filename, rowGroupSize: 3000, columnData: [
        column('id', (i) => ids[i]), column('type', () => 'item_view'),
        column('at_ms', (i) => 1_700_000_000_000 + i), column('session', () => 's'),
        column('item', (i) => `i${i % 50}`),
      ] });
      return filename;
    },
  };

  for (const [name, make] of Object.entries(files)) {
    test(`${name}: taken up where it was committed, nothing twice and nothing lost`, async (t) => {
      t.diagnostic(`seed ${SEED}`);
      const prng = new Prng(SEED);
      const path = make();
      const folder = `${tempFolder()}/store`;

      let done = 0;
      let kills = 0;
      while (kills < 3) {
        const before = done;
        const after = 1 + prng.below(3);
        done += await importUntil(folder, path, after);
        kills += 1;
        const store = LmdbStore.open(folder);
        const cursor = store.note(cursorNote(path)) as { line: number };
        assert.ok(cursor, 'the cursor is committed with the events');
        assert.ok(store.eventCount >= before + after * COMMIT_EVENTS, 'it went on where it was');
        assert.equal(store.eventCount % COMMIT_EVENTS, 0);
        done = store.eventCount;
        await store.close();
      }
      await importUntil(folder, path, Infinity);

      const store = LmdbStore.open(folder);
      assert.deepEqual([...store.events()].map(({ event }) => event.id), ids);
      assert.equal(store.itemCount, 50);
      assert.equal(store.note(cursorNote(path)), undefined);
      await store.close();
    });
  }
});

/** Kills the process when it has told of so many commits; resolves to the events that it told of. */
async function importUntil(folder: string, path: string, commits: number): Promise<number> {
  const child = fork(script, [folder, path, String(COMMIT_EVENTS)]);
  let [told, events] = [0, 0];
  child.on('message', (count: number) => {
    told += 1;
    events += count;
    if (told === commits) child.kill('SIGKILL');
  });
  await once(child, 'exit');
  assert.equal(child.signalCode, commits === Infinity ? null : 'SIGKILL');
  return events;
}
