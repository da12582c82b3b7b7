import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { importSequences } from '../../../../server/store/import/sequences.ts';
import { MemoryStore } from '../../../../server/store/memory-store.ts';
import { tempFile } from '../../../support/temp-file.ts';

const OPTIONS = { skipBad: false, progress: () => {} };

suite('Importing sequences', () => {
  test('each item is a purchase of its customer, in order, the newest of all on one day', async () => {
    const store = new MemoryStore();
    const summary = await importSequences(store, tempFile('s.txt', 'ann a b c\nbob b\n'), OPTIONS);

    const events = [...store.events()].map(({ event }) => event);
    assert.equal(summary.events, 4);
    assert.deepEqual([...events].sort((a, b) => a.atMs - b.atMs), events);
    for (const [name, bought, ago] of [['ann', ['a', 'b', 'c'], [2, 1, 0]], ['bob', ['b'], [0]]] as const) {
      const theirs = events.filter(({ customer }) => customer === name);
      assert.deepEqual(theirs.map(({ items }) => items[0]?.item), bought);
      const newest = Date.UTC(2000, 0, 1) / 86_400_000;
      assert.deepEqual(theirs.map(({ atMs }) => newest - Math.floor(atMs / 86_400_000)), ago);
    }
    assert.equal(new Set(events.map(({ session }) => session)).size, 4);
    assert.ok(events.every(({ type }) => type === 'purchase'));
  });

  test('the newest can be left out, and a second import adds nothing', async () => {
    const store = new MemoryStore();
    const file = tempFile('s.txt', 'ann a b c\nbob b\n');
    const options = { ...OPTIONS, leaveOut: 2 };
    assert.equal((await importSequences(store, file, options)).events, 1);
    const again = await importSequences(store, file, options);
    assert.deepEqual([again.events, again.duplicates], [0, 1]);
  });
});
