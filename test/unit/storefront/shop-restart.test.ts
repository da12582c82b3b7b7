import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { MemoryStore } from '../../../server/store/memory-store.ts';
import { lastEvents } from '../../../server/storefront/play-log.ts';
import type { EventType, ShopEvent } from '../../../server/wire/schema.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { GOODS, makeShop } from '../../support/make-shop.ts';
import { makeEvent } from '../../support/shop-events.ts';

const SESSIONS = ['r', 's', 't'];
const CUSTOMERS = ['c', 'd'];
const TYPES: readonly EventType[] = ['item_view', 'cart_add', 'purchase', 'refund', 'list_view'];

/** Few sessions and customers over hours, so that they overlap, fall silent and come back. */
const someEvents = fc.array(
  fc.record({
    session: fc.constantFrom(...SESSIONS),
    customer: fc.option(fc.constantFrom(...CUSTOMERS), { nil: undefined, freq: 1 }),
    item: fc.constantFrom(...GOODS.map(({ id }) => id)),
    type: fc.constantFrom(...TYPES),
    consent: fc.constantFrom(true, true, false),
    minutesAgo: fc.integer({ min: 0, max: 150 }),
  }),
  { maxLength: 40 },
);

suite('A shop that is opened again', () => {
  test('is the shop that it was, and goes on like it', async () => {
    await fc.assert(fc.asyncProperty(someEvents, someEvents, async (before, after) => {
      const clock = new FakeClock();
      const lived = await makeShop({ clock });
      for (const one of before) await lived.shop.ingest([eventOf(one, clock)]);

      const again = await makeShop({ clock, store: copyOf(lived.store) });
      assert.deepEqual(again.retriever.observed, lived.retriever.observed);
      assert.deepEqual(await answers(again), await answers(lived));

      // Of now: what comes late for a session that was over at the restart finds none to join.
      const later = after.map((one) => eventOf({ ...one, minutesAgo: 0 }, clock));
      for (const { shop } of [lived, again]) for (const one of later) await shop.ingest([one]);
      assert.deepEqual(again.retriever.observed, lived.retriever.observed);
      assert.deepEqual(await answers(again), await answers(lived));
    }), { numRuns: 150 });
  });

  test('holds the sessions that go on, however many there have been', async () => {
    const clock = new FakeClock();
    const store = new MemoryStore();
    const nowMs = clock.wallMs();
    const over = Array.from({ length: 20_000 }, (_, i) =>
      makeEvent({ session: `over-${i >> 1}`, item: 'lamp', atMs: nowMs - 60 * 60_000 }));
    await store.append([makeEvent({ session: 'on', item: 'rug', atMs: nowMs - 20 * 60_000 })]);
    await store.append(over);
    await store.append([makeEvent({ session: 'on', item: 'desk', atMs: nowMs })]);

    const { shop, recommend, asked, retriever } = await makeShop({ store, clock });

    assert.equal(shop.gauges.sessions, 1);
    assert.equal(retriever.observed.length, 20_002);
    await recommend({ session: 'on' });
    assert.deepEqual(asked(), ['rug', 'desk']);
  });

  test('knows of each event whether it is the last of its session id', async () => {
    const ids = fc.array(fc.constantFrom(...SESSIONS), { maxLength: 70 });
    await fc.assert(fc.asyncProperty(ids, async (sessions) => {
      const store = new MemoryStore();
      await store.append(sessions.map((session) => makeEvent({ session })));
      const last = await lastEvents(store);
      const found = sessions.map((_, sequence) => last.has(sequence));
      const wanted = sessions.map((id, sequence) => sessions.lastIndexOf(id) === sequence);
      assert.deepEqual(found, wanted);
    }));
  });
});

type Some = (typeof someEvents extends fc.Arbitrary<infer T> ? T : never)[number];

function eventOf({ minutesAgo, customer, ...fields }: Some, clock: FakeClock): ShopEvent {
  const atMs = clock.wallMs() - minutesAgo * 60_000;
  return makeEvent({ ...fields, atMs, ...(customer !== undefined && { customer }) });
}

function copyOf(store: { events(): Iterable<{ event: ShopEvent }> }): MemoryStore {
  const copy = new MemoryStore();
  void copy.putItems(GOODS);
  void copy.append([...store.events()].map(({ event }) => event));
  return copy;
}

/** What anybody could be told: the answer, and what retrieval was asked. */
async function answers({ shop, clock, recommend, retriever }: Awaited<ReturnType<typeof makeShop>>) {
  const told: unknown[] = [shop.gauges.customers];
  for (const customer of CUSTOMERS) told.push(shop.histories.features(customer, clock.wallMs()));
  const filter = { inStock: false, excludeSeen: true };
  for (const who of [...SESSIONS.map((session) => ({ session })),
    ...CUSTOMERS.map((customer) => ({ customer }))]) {
    const { items } = await recommend({ ...who, filter });
    told.push(items, retriever.queries.at(-1));
  }
  return told;
}
