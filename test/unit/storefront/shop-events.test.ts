import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ServeError } from '../../../server/core/errors.ts';
import type { Push } from '../../../server/wire/schema.ts';
import { makeShop } from '../../support/make-shop.ts';

const purchase = (item: string, quantity = 1) =>
  ({ type: 'purchase', items: [{ item, quantity }] }) as const;

suite('Shop: events', () => {
  test('an event is felt by the next answer to its session, and by retrieval', async () => {
    const { shop, now, asked, recommend, retriever } = await makeShop();

    const reply = await shop.ingest([
      now({ item: 'lamp' }),
      now({ item: 'rug', type: 'cart_add' }),
      now({ item: 'desk', type: 'list_view' }),
    ]);
    await recommend({ session: 'a-session' });

    assert.deepEqual(reply, { accepted: 3, duplicates: 0 });
    assert.deepEqual(asked(), ['lamp', 'rug']);
    assert.deepEqual(retriever.observed.map(({ row, weight }) => [row, weight]), [[0, 1], [4, 3]]);
    const [first, second] = retriever.observed;
    assert.equal(first?.session, second?.session);
    assert.equal(retriever.queries.at(-1)?.session, first?.session);
  });

  test('an event that comes again changes nothing, at once or after a restart', async () => {
    const before = await makeShop();
    const event = before.now({ item: 'lamp' });
    assert.deepEqual(await before.shop.ingest([event, event]), { accepted: 1, duplicates: 1 });
    assert.deepEqual(await before.shop.ingest([event]), { accepted: 0, duplicates: 1 });

    const { shop, recommend, asked } = await makeShop(before);
    assert.deepEqual(await shop.ingest([event]), { accepted: 0, duplicates: 1 });
    await recommend({ session: 'a-session' });

    assert.deepEqual(asked(), ['lamp']);
    assert.equal(before.retriever.observed.length, 1);
  });

  test('a restart brings back sessions that go on, customers, and not what is over', async () => {
    const before = await makeShop();
    await before.shop.ingest([
      before.now({ item: 'lamp', session: 'over', customer: 'c' }),
      before.now({ ...purchase('bulb'), session: 'over' }),
    ]);
    before.minutes(31);
    await before.shop.ingest([before.now({ item: 'rug', session: 'on' })]);

    const { shop, recommend, asked, items } = await makeShop(before);

    assert.deepEqual(shop.gauges, { sessions: 1, customers: 1, subscriptions: 0 });
    await recommend({ session: 'on' });
    assert.deepEqual(asked(), ['rug']);
    await recommend({ session: 'over' });
    assert.deepEqual(asked(), []);
    assert.ok(!(await items({ customer: 'c' })).includes('bulb'));
  });

  test('after thirty minutes of silence a session starts afresh', async () => {
    const { shop, now, recommend, asked, minutes } = await makeShop();
    await shop.ingest([now({ item: 'lamp' })]);

    minutes(30);
    await recommend({ session: 'a-session' });
    assert.deepEqual(asked(), ['lamp']);
    minutes(1);
    await recommend({ session: 'a-session' });
    assert.deepEqual(asked(), []);
    await shop.ingest([now({ item: 'rug' })]);
    await recommend({ session: 'a-session' });
    assert.deepEqual(asked(), ['rug']);
  });

  test('a late event takes its place; one from before the session is kept, not felt', async () => {
    const { shop, now, clock, store, recommend, asked, minutes } = await makeShop();
    const startMs = clock.wallMs();
    minutes(40);
    await shop.ingest([now({ item: 'lamp' }), now({ item: 'desk' })]);

    await shop.ingest([now({ item: 'rug', atMs: clock.wallMs() - 60_000 })]);
    await shop.ingest([now({ item: 'chair', atMs: startMs })]);
    await recommend({ session: 'a-session' });

    assert.deepEqual(asked(), ['rug', 'lamp', 'desk']);
    assert.equal(store.eventCount, 4);
    assert.equal(shop.counts.late, 1);
  });

  test('an event of over a day from now is refused, and those that came with it', async () => {
    const { shop, now, clock, store } = await makeShop();
    const day = 86_400_000;

    const call = shop.ingest([now({}), now({ id: 'ahead', atMs: clock.wallMs() + day + 1 })]);

    await assert.rejects(call, { code: 'bad_argument', message: /'ahead' is of 2023-11-15T/ });
    assert.equal(store.eventCount, 0);
    await shop.ingest([now({ atMs: clock.wallMs() + day })]);
  });

  test('a store that cannot write leaves the session as it was', async () => {
    const { shop, store, now, recommend, asked, retriever } = await makeShop();
    await shop.ingest([now({ item: 'lamp' })]);
    store.append = () => Promise.reject(new ServeError('storage', 'the disk is full'));

    await assert.rejects(shop.ingest([now({ item: 'rug' })]), { code: 'storage' });
    await recommend({ session: 'a-session' });

    assert.deepEqual(asked(), ['lamp']);
    assert.equal(retriever.observed.length, 1);
  });

  test('without consent an event is durable, and felt by its session alone', async () => {
    const { shop, now, store, retriever, recommend, asked, items } = await makeShop();
    const { attribution } = await recommend();

    await shop.ingest([
      now({ item: 'lamp', customer: 'c', consent: false, attribution }),
      now({ ...purchase('rug'), customer: 'c', consent: false }),
    ]);
    await recommend({ session: 'a-session' });

    assert.deepEqual(asked(), ['lamp', 'rug']);
    assert.ok(!(await items({ session: 'a-session' })).includes('rug'));
    assert.deepEqual([...store.events()].map(({ event }) => event.consent), [false, false]);
    assert.deepEqual(retriever.observed, []);
    assert.equal(shop.gauges.customers, 0);
    assert.equal(shop.attribution.clicks, 0);
    assert.ok((await items({ customer: 'c' })).includes('rug'));
  });
});

suite('Shop: subscriptions', () => {
  test('who subscribed is answered after each event, once it is durable', async () => {
    const { shop, now, store } = await makeShop();
    const pushes: Push[] = [];
    const request = { session: 'a-session', k: 2, filter: { excludeSeen: true } };
    const cancel = shop.subscribe(request, (push) => {
      assert.equal(store.eventCount, pushes.length + 1);
      pushes.push(push);
    });
    const settled = () => new Promise(setImmediate);

    await shop.ingest([now({ item: 'lamp' })]);
    await settled();
    await shop.ingest([now({ item: 'bulb' })]);
    await settled();
    cancel();
    await shop.ingest([now({ item: 'rug' })]);
    await settled();

    assert.deepEqual(pushes.map((push) => push.sequence), [1, 2]);
    assert.deepEqual(pushes[1]?.reply.items.map(({ item }) => item), ['chair', 'rug']);
    assert.equal(shop.counts.pushes, 2);
  });

  test('what a customer buys in one session is credited to what they clicked in another', async () => {
    const { shop, now, recommend } = await makeShop();
    const { attribution } = await recommend();
    const click = (session: string, item: string, customer?: string) =>
      now({ type: 'item_click', session, item, attribution, ...(customer !== undefined && { customer }) });

    await shop.ingest([click('phone', 'lamp', 'c'), click('tablet', 'rug'), click('tablet', 'desk', 'd')]);
    await shop.ingest(['lamp', 'rug', 'desk'].map((item) =>
      now({ type: 'purchase', session: 'desktop', customer: 'c', item })));
    assert.equal(shop.attribution.purchases, 1); // of the lamp: the others were clicked by somebody else
    await shop.ingest([now({ type: 'purchase', session: 'desktop 2', customer: 'd', item: 'rug' })]);

    assert.equal(shop.attribution.purchases, 2); // clicked before they made themselves known
  });
});
