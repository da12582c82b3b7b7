import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { MemoryStore } from '../../../../server/store/memory-store.ts';
import {
  packSessions, prefixesOf, readPastSessions, sessionCount, splitSessions,
} from '../../../../server/storefront/retrieval/past-sessions.ts';
import type { PastSessions } from '../../../../server/storefront/retrieval/past-sessions.ts';
import { makeEvent } from '../../../support/shop-events.ts';

suite('Past sessions', () => {
  test('the log is cut into sessions of visits, in order of their first visit', async () => {
    const store = new MemoryStore();
    const view = (session: string, item: string, minutes: number) =>
      makeEvent({ session, item, atMs: minutes * 60_000 });
    await store.append([
      view('s', 'a', 0), view('t', 'b', 1), view('s', 'c', 2), view('s', 'c', 3),
      { ...view('s', 'c', 4), type: 'cart_add' }, // of the same visit
      view('s', 'a', 60), // after silence: another session
    ]);
    assert.deepEqual(lists(readPastSessions(store, 30)), [[0, 2, 2], [1], [0]]);
  });

  test('events without consent are in none of them', async () => {
    const store = new MemoryStore();
    const view = (item: string, consent: boolean) =>
      makeEvent({ session: 's', item, consent, atMs: 0 });
    await store.append([view('a', true), view('b', false), view('c', true)]);
    await store.append([makeEvent({ session: 't', item: 'b', consent: false })]);
    assert.deepEqual(lists(readPastSessions(store, 30)), [[0, 2]]);
  });

  test('the newest share is split off, whole sessions only', () => {
    const { older, newest } = splitSessions(packSessions([[1, 2], [3], [4, 5, 6], [7]]), 0.5);
    assert.deepEqual([lists(older), lists(newest)], [[[1, 2], [3]], [[4, 5, 6], [7]]]);
    const tiny = splitSessions(packSessions([[1], [2]]), 0.05);
    assert.deepEqual([sessionCount(tiny.older), sessionCount(tiny.newest)], [1, 1]);
    assert.equal(sessionCount(splitSessions(packSessions([]), 0.05).newest), 0);
  });

  test('every place but the first is predicted, or an even share of them', () => {
    const sessions = packSessions([[1, 2, 3], [4], [5, 6]]);
    const all = prefixesOf(sessions, 10).map(({ items, target }) => [[...items], target]);
    assert.deepEqual(all, [[[1], 2], [[1, 2], 3], [[5], 6]]);
    assert.deepEqual(prefixesOf(sessions, 2).map(({ target }) => target), [2, 3]);
  });
});

function lists({ rows, offsets }: PastSessions): number[][] {
  return [...offsets.subarray(0, -1)].map((from, s) => [...rows.subarray(from, offsets[s + 1])]);
}
