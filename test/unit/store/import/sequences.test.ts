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
    assert.deepEqual(events.map(({ customer, items }) => [customer, items[0]?.item]), [
      ['ann', 'a'], ['ann', 'b'], ['ann', 'c'], ['bob', 'b'],
    ]);
    const days = events.map(({ atMs }) => Math.floor(atMs / 86_400_000));
    assert.deepEqual(days.map((day) => day - days[3]!), [-2, -1, 0, 0]);
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
