import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { placement, Sessions } from '../../../server/storefront/session-state.ts';
import { makeEvent } from '../../support/shop-events.ts';

const MINUTE = 60_000;
const START = 1_700_000_000_000;
const rowOf = (item: string) => (item.startsWith('item-') ? Number(item.slice(5)) : undefined);

function setup(sessionsMax = 100, eventsMax = 1000) {
  const sessions = new Sessions(30 * MINUTE, rowOf, { sessionsMax, eventsMax });
  const view = (item: number, atMs: number, session = 's') =>
    sessions.take(makeEvent({ item: `item-${item}`, atMs, session }));
  return { sessions, view };
}

suite('Live sessions', () => {
  test('thirty minutes of silence are still the session, one millisecond more is not', () => {
    const session = { firstMs: START, lastMs: START + MINUTE };

    assert.equal(placement(undefined, START, 30 * MINUTE), 'begins');
    assert.equal(placement(session, START + 31 * MINUTE, 30 * MINUTE), 'joins');
    assert.equal(placement(session, START + 31 * MINUTE + 1, 30 * MINUTE), 'begins');
    assert.equal(placement(session, START - 30 * MINUTE, 30 * MINUTE), 'joins');
    assert.equal(placement(session, START - 30 * MINUTE - 1, 30 * MINUTE), 'late');
  });

  test('after the silence the same id is a new session, with a key of its own', () => {
    const { sessions, view } = setup();
    const first = view(1, START);

    const same = view(2, START + 30 * MINUTE);
    const next = view(3, START + 61 * MINUTE);

    assert.equal(same, first);
    assert.notEqual(next?.key, first?.key);
    assert.deepEqual([...(next?.rows ?? [])], [3]);
    assert.equal(sessions.count, 1);
    assert.equal(sessions.at('s', START + 91 * MINUTE), next);
    assert.equal(sessions.at('s', START + 91 * MINUTE + 1), undefined);
  });

  test('events are in order of their own time; one of an earlier session changes nothing', () => {
    const { view } = setup();
    view(1, START);
    view(3, START + 20 * MINUTE);

    const session = view(2, START + 10 * MINUTE);
    const late = view(9, START - 31 * MINUTE);

    assert.deepEqual([...(session?.rows ?? [])], [1, 2, 3]);
    assert.equal(session?.firstMs, START);
    assert.equal(late, undefined);
  });

  test('click, view and cart of an item are one visit; a second view is another', () => {
    const { sessions } = setup();
    const types = ['list_view', 'item_click', 'item_view', 'cart_add', 'item_view', 'item_view'];
    types.forEach((type, i) => {
      sessions.take(makeEvent({ type: type as 'item_view', item: 'item-7', atMs: START + i }));
    });
    const session = sessions.take(makeEvent({ item: 'unknown', atMs: START + 9 }));

    assert.deepEqual([...(session?.rows ?? [])], [7, 7]); // a visit in three kinds, and a view
  });

  test('of too many sessions the least recently active one is forgotten', () => {
    const { sessions, view } = setup(2);
    view(1, START, 'a');
    view(1, START, 'b');
    view(1, START, 'a');
    view(1, START, 'c');

    assert.equal(sessions.at('b', START), undefined);
    assert.ok(sessions.at('a', START) && sessions.at('c', START));
  });

  test('so are those whose events are too many together', () => {
    const { sessions, view } = setup(100, 4);
    for (const id of ['a', 'a', 'b', 'b', 'c']) view(1, START, id);

    assert.equal(sessions.at('a', START), undefined);
    for (let i = 0; i < 5; i++) view(1, START, 'b');

    assert.equal(sessions.count, 1); // one session alone is never too many
    assert.equal(sessions.at('b', START)?.events.length, 7);
  });

  test('a session keeps its newest 500 events', () => {
    const { view } = setup();
    for (let i = 0; i < 502; i++) view(i, START + i);

    const session = view(502, START + 502);

    assert.equal(session?.events.length, 500);
    assert.equal(session?.rows[0], 3);
  });
});
