import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { Crediting } from '../../../server/storefront/crediting.ts';
import { Sessions } from '../../../server/storefront/session-state.ts';
import { Visitors } from '../../../server/storefront/visitors.ts';
import type { ShopEvent } from '../../../server/wire/schema.ts';
import { makeShop } from '../../support/make-shop.ts';
import { makeEvent } from '../../support/shop-events.ts';

const SILENCE_MS = 30 * 60_000;
const HOUR_MS = 3_600_000;

function setup(visitors = new Visitors()) {
  const credited: string[] = []; // customer: event
  const known: number[] = [];
  const crediting = new Crediting(new Sessions(SILENCE_MS, () => undefined), (customer, event, knownMs) => {
    credited.push(`${customer}: ${event.id}`);
    known.push(knownMs);
  }, () => {}, visitors);
  const take = (fields: Partial<ShopEvent>): void => void crediting.take(makeEvent(fields));
  return { credited, known, take, crediting };
}

suite('Whose a visitor is', () => {
  test('what was done in earlier sessions becomes the customer’s when they make themselves known', () => {
    const { credited, known, take } = setup();
    take({ id: 'a', visitor: 'v', session: 's1', atMs: 0 });
    take({ id: 'b', visitor: 'v', session: 's2', atMs: HOUR_MS });
    take({ id: 'c', visitor: 'v', session: 's3', atMs: 5 * HOUR_MS });
    assert.deepEqual(credited, []);

    take({ id: 'd', visitor: 'v', session: 's3', atMs: 5 * HOUR_MS + 1, customer: 'ann' });

    assert.deepEqual(credited, ['ann: a', 'ann: b', 'ann: c', 'ann: d']);
    assert.deepEqual(known, [1, 1, 1, 1].map(() => 5 * HOUR_MS + 1), 'not before it could be known');
  });

  test('what they do later without a name is theirs as well', () => {
    const { credited, take } = setup();
    take({ id: 'a', visitor: 'v', session: 's1', customer: 'ann', atMs: 0 });
    take({ id: 'b', visitor: 'v', session: 's2', atMs: 9 * HOUR_MS });
    assert.deepEqual(credited, ['ann: a', 'ann: b']);
  });

  test('two customers of one visitor never become one: from then on only a name counts', () => {
    const visitors = new Visitors();
    const { credited, take } = setup(visitors);
    take({ id: 'a', visitor: 'v', session: 's1', atMs: 0 });
    take({ id: 'b', visitor: 'v', session: 's1', customer: 'ann', atMs: 1 });
    take({ id: 'c', visitor: 'v', session: 's2', customer: 'bob', atMs: HOUR_MS });
    take({ id: 'd', visitor: 'v', session: 's3', atMs: 2 * HOUR_MS });
    take({ id: 'e', visitor: 'v', session: 's4', atMs: 4 * HOUR_MS });
    take({ id: 'f', visitor: 'v', session: 's4', customer: 'ann', atMs: 4 * HOUR_MS + 1 });

    assert.deepEqual(credited, ['ann: a', 'ann: b', 'bob: c', 'ann: e', 'ann: f']);
    assert.deepEqual(visitors.counts, { joined: 1, shared: 1 });
  });

  test('without consent, and of a robot, nothing is held', () => {
    const { credited, take } = setup();
    take({ id: 'a', visitor: 'v', session: 's1', atMs: 0, consent: false });
    take({ id: 'b', visitor: 'v', session: 's2', atMs: HOUR_MS, robot: true });
    take({ id: 'c', visitor: 'v', session: 's3', atMs: 2 * HOUR_MS, customer: 'ann' });
    assert.deepEqual(credited, ['ann: c']);
  });

  test('no event is credited twice, none to two customers, and a state that was saved goes on alike', () => {
    const some = fc.record({
      session: fc.constantFrom('s1', 's2', 's3'), visitor: fc.constantFrom('v', 'w', undefined),
      customer: fc.constantFrom('ann', 'bob', undefined, undefined, undefined), gap: fc.constantFrom(1, HOUR_MS),
    });
    fc.assert(fc.property(fc.array(some, { maxLength: 30 }), fc.nat(30), (steps, cut) => {
      let atMs = 0;
      const events = steps.map(({ session, visitor, customer, gap }, i) => makeEvent({
        id: `e${i}`, session, atMs: (atMs += gap), ...(visitor && { visitor }), ...(customer && { customer }),
      }));
      const whole = setup();
      for (const event of events) whole.crediting.take(event);
      const ids = whole.credited.map((one) => one.split(': ')[1]);
      assert.equal(new Set(ids).size, ids.length, whole.credited.join());
      for (const { id, customer } of events) {
        if (customer) assert.ok(whole.credited.includes(`${customer}: ${id}`));
      }

      const halves = new Visitors();
      const credited: string[] = [];
      const sessions = new Sessions(SILENCE_MS, () => undefined);
      const crediting = (visitors: Visitors, live: Sessions) => new Crediting(
        live, (customer, event) => credited.push(`${customer}: ${event.id}`), () => {}, visitors);
      const first = crediting(halves, sessions);
      for (const event of events.slice(0, cut)) first.take(event);
      const [visitors, live] = [new Visitors(), new Sessions(SILENCE_MS, () => undefined)];
      visitors.load(structuredClone(halves.save()));
      live.load(structuredClone(sessions.save(-1)));
      const second = crediting(visitors, live);
      for (const event of events.slice(cut)) second.take(event);
      assert.deepEqual(credited, whole.credited);
    }), { numRuns: 500, seed: 20261123 });
  });

  test('answers start from what the visitor did before, and a shop that is opened again knows it', async () => {
    const { shop, store, clock, now, recommend, asked, minutes } = await makeShop();
    await shop.ingest([now({ item: 'lamp', session: 's1', visitor: 'v' })]);
    minutes(60);
    await shop.ingest([now({ item: 'rug', session: 's2', visitor: 'v' })]);
    minutes(60);
    await recommend({ customer: 'ann' });
    assert.deepEqual(asked(), [], 'nobody knows yet');
    await shop.ingest([now({ type: 'home_view', session: 's3', visitor: 'v', customer: 'ann' })]);
    minutes(60);

    await recommend({ customer: 'ann' });
    assert.deepEqual(asked(), ['lamp', 'rug']);
    assert.deepEqual(shop.visitors, { joined: 1, shared: 0 });

    const again = await makeShop({ store, clock });
    await again.shop.ingest([again.now({ item: 'desk', session: 's4', visitor: 'v' })]);
    again.minutes(60);
    await again.recommend({ customer: 'ann' });
    assert.deepEqual(again.asked(), ['lamp', 'rug', 'desk']);
  });

  test('what is held is bounded: of one, of all, and how many there are', () => {
    const visitors = new Visitors({ visitorsMax: 3, visitorEventsMax: 2, heldEventsMax: 4 });
    const held = (id: string): string[] => visitors.name(id, 'ann').map((event) => event.id);
    for (const id of ['a', 'b', 'c']) visitors.hold('v', makeEvent({ id }));
    visitors.hold('w', makeEvent({ id: 'd' }));
    visitors.hold('x', makeEvent({ id: 'e' }));
    visitors.hold('x', makeEvent({ id: 'f' })); // of v nothing is left

    assert.deepEqual([held('x'), held('w'), held('v')], [['e', 'f'], ['d'], []]);
    visitors.hold('y', makeEvent());
    assert.equal(visitors.count, 3);
  });
});
