import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { readPrefixFile } from '../../../../server/store/import/session-file.ts';
import { importSessions } from '../../../../server/store/import/sessions.ts';
import { MemoryStore } from '../../../../server/store/memory-store.ts';
import { tempFile } from '../../../support/temp-file.ts';

const OPTIONS = { skipBad: false, progress: () => {} };

suite('Importing a session file', () => {
  test('every item of a line is a view, in order, plain or packed', async () => {
    for (const name of ['train.txt', 'train.txt.gz']) {
      const store = new MemoryStore();
      const summary = await importSessions(store, tempFile(name, '7 8 7\n\n9\t10 \r\n'), OPTIONS);

      assert.deepEqual(summary, { rows: 2, events: 5, duplicates: 0, items: 4, skipped: {} });
      const events = [...store.events()].map(({ event }) => event);
      assert.deepEqual(events.map(({ items }) => items[0]?.item), ['7', '8', '7', '9', '10']);
      assert.deepEqual(new Set(events.map(({ type }) => type)), new Set(['item_view']));
      assert.equal(new Set(events.map(({ session }) => session)).size, 2);
    }
  });

  test('made-up times keep the order of sessions and of items, and lie in the past', async () => {
    const store = new MemoryStore();
    await importSessions(store, tempFile('train.txt', '1 2 3\n4 5\n6\n'), OPTIONS);

    const times = [...store.events()].map(({ event }) => event.atMs);
    assert.deepEqual(times, [...times].sort((a, b) => a - b));
    assert.equal(new Set(times).size, 6);
    assert.ok((times.at(-1) as number) < Date.UTC(2001));
  });

  test('a second import adds nothing, whatever the name; another file is another', async () => {
    const store = new MemoryStore();
    await importSessions(store, tempFile('a.txt', '1 2\n'), OPTIONS);
    const second = await importSessions(store, tempFile('b.txt', '1 2\n'), OPTIONS);
    assert.deepEqual([second.events, second.duplicates], [0, 2]);

    const third = await importSessions(store, tempFile('a.txt', '1 2\n3 4\n'), OPTIONS);
    assert.deepEqual([third.events, third.duplicates], [4, 0]);
  });

  test('an id that is too long ends the import with its line, or is counted', async () => {
    const path = tempFile('train.txt', `1 2\n${'x'.repeat(129)} 4\n`);
    await assert.rejects(importSessions(new MemoryStore(), path, OPTIONS), {
      code: 'bad_argument', message: /line 2/,
    });
    const skipping = { ...OPTIONS, skipBad: true };
    const summary = await importSessions(new MemoryStore(), path, skipping);
    assert.deepEqual([summary.events, summary.skipped], [2, { bad: 1 }]);
  });

  test('what is no id by the wire’s rule, or no UTF-8, is refused with its line, or counted', async () => {
    const bad = [Buffer.from('1 \u0007\n'), Buffer.from([0x31, 0x20, 0xff, 0x0a]), Buffer.from([0x31, 0xc3])];
    for (const line of bad) {
      const path = tempFile('train.txt', Buffer.concat([Buffer.from('1 2\n'), line]));
      await assert.rejects(importSessions(new MemoryStore(), path, OPTIONS), {
        code: 'bad_argument', message: /line 2/,
      });
      const summary = await importSessions(new MemoryStore(), path, { ...OPTIONS, skipBad: true });
      assert.deepEqual([summary.events, summary.skipped], [2, { bad: 1 }]);
    }
  });

  test('a session of 300,000 items is imported as it is', async () => {
    const line = Array.from({ length: 300_000 }, (_, i) => i % 50).join(' ');
    const store = new MemoryStore();

    const summary = await importSessions(store, tempFile('train.txt', `1 2\n${line}\n`), OPTIONS);

    assert.equal(summary.events, 300_002);
    assert.equal(store.eventCount, 300_002);
  });

  test('a line may lie over many chunks; a byte order mark is none of its first id', async () => {
    const ids = Array.from({ length: 60_000 }, (_, i) => `é${i}`);
    const store = new MemoryStore();

    await importSessions(store, tempFile('train.txt', `\ufeff${ids.join(' ')}\nz`), OPTIONS);

    assert.deepEqual([...store.items()].map(({ id }) => id), [...ids, 'z']);
  });

  test('a file that is not there, or not packed as its name says, is refused by name', async () => {
    const missing = importSessions(new MemoryStore(), '/no/such/file.txt', OPTIONS);
    await assert.rejects(missing, { code: 'bad_argument', message: /file\.txt/ });
  });

  test('test prefixes are read with their targets; a row of another form is refused', async () => {
    const good = readPrefixFile(tempFile('test.tsv.gz', 'target\tprefix\n3\t1 2\n4\t9\n'));
    assert.deepEqual(await all(good), [
      { target: '3', items: ['1', '2'] },
      { target: '4', items: ['9'] },
    ]);
    const bad = readPrefixFile(tempFile('test.tsv', 'target\tprefix\n3 1 2\n'));
    await assert.rejects(all(bad), { code: 'bad_argument', message: /line 2/ });
  });
});

async function all<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const row of rows) list.push(row);
  return list;
}
