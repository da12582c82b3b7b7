import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ServeError } from '../../../server/core/errors.ts';
import { float32Tensor } from '../../../server/core/tensor.ts';
import { Insight } from '../../../server/storefront/insight.ts';
import { INTENT_FEATURES, intentFeatures } from '../../../server/storefront/intent-features.ts';
import { ItemVocabulary } from '../../../server/storefront/item-vocabulary.ts';
import { Taste } from '../../../server/storefront/taste.ts';
import type { Push } from '../../../server/wire/schema.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeInference } from '../../support/fake-inference.ts';
import { makeShop } from '../../support/make-shop.ts';

const IN_STOCK = ['lamp', 'bulb', 'chair', 'rug', 'desk'];
const purchase = (item: string, quantity = 1) =>
  ({ type: 'purchase', items: [{ item, quantity }] }) as const;

suite('Shop: events', () => {
  test('an event is felt by the next answer, to its own session and through retrieval', async () => {
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

  test('an event that comes again changes nothing, in a call, later, or after a restart', async () => {
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

  test('a late event takes its place in time; one from before the session is kept, not felt', async () => {
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

  test('without consent an event is durable and its session’s own, and nothing else feels it', async () => {
    const { shop, now, store, retriever, recommend, asked, items } = await makeShop();
    const { attribution } = await recommend();

    await shop.ingest([
      now({ item: 'lamp', customer: 'c', consent: false, attribution }),
      now({ ...purchase('rug'), customer: 'c', consent: false }),
    ]);
    await recommend({ session: 'a-session' });

    assert.deepEqual(asked(), ['lamp', 'rug']);
    assert.deepEqual([...store.events()].map(({ event }) => event.consent), [false, false]);
    assert.deepEqual(retriever.observed, []);
    assert.equal(shop.gauges.customers, 0);
    assert.equal(shop.attribution.clicks, 0);
    assert.ok((await items({ customer: 'c' })).includes('rug'));
  });
});

suite('Shop: recommend', () => {
  test('who is unknown gets what is popular; nobody gets an error or nothing', async () => {
    const { items, recommend } = await makeShop();

    assert.deepEqual(await items(), IN_STOCK);
    assert.deepEqual(await items({ session: 'nobody', customer: 'nobody' }), IN_STOCK);
    const reply = await recommend({ session: 'nobody', k: 2 });
    assert.equal(reply.items.length, 2);
    assert.equal(reply.items[0]?.reason.code, 'popular');
    assert.deepEqual(reply.degraded, []);
  });

  test('filters: category, stock, seen, bought, and a list', async () => {
    const { shop, now, items } = await makeShop();
    await shop.ingest([now({ item: 'lamp', customer: 'c' }), now({ ...purchase('desk') })]);
    const session = 'a-session';

    assert.deepEqual(await items({ session }), ['lamp', 'bulb', 'chair', 'rug']);
    assert.deepEqual(await items({ session, filter: { category: ['light', 'table'] } }), [
      'lamp', 'bulb',
    ]);
    assert.deepEqual(await items({ filter: { inStock: false, category: ['seat'] } }), [
      'chair', 'sofa',
    ]);
    assert.deepEqual(await items({ session, filter: { excludeSeen: true } }), [
      'bulb', 'chair', 'rug',
    ]);
    assert.deepEqual(await items({ session, filter: { excludeBought: false } }), IN_STOCK);
    assert.deepEqual(await items({ customer: 'c', filter: { exclude: ['lamp', 'what'] } }), [
      'bulb', 'chair', 'rug',
    ]);
    assert.deepEqual(await items({ items: ['rug'], filter: { excludeSeen: true } }), [
      'lamp', 'bulb', 'chair', 'desk',
    ]);
  });

  test('what was given back may be shown again', async () => {
    const { shop, now, items } = await makeShop();
    await shop.ingest([now({ ...purchase('desk', 2), customer: 'c' })]);

    await shop.ingest([now({ type: 'refund', items: [{ item: 'desk', quantity: 1 }] })]);
    assert.ok(!(await items({ customer: 'c' })).includes('desk'));
    await shop.ingest([now({ type: 'refund', items: [{ item: 'desk', quantity: 1 }] })]);
    assert.ok((await items({ customer: 'c' })).includes('desk'));
  });

  test('given items take the session’s place, and unknown ones are named', async () => {
    const { shop, now, recommend, asked } = await makeShop();
    await shop.ingest([now({ item: 'lamp' })]);

    const reply = await recommend({ session: 'a-session', items: ['rug', 'boat', 'desk'] });

    assert.deepEqual(asked(), ['rug', 'desk']);
    assert.deepEqual(reply.degraded, ["items: 'boat' is not in the catalogue and was left out"]);
    assert.equal(shop.counts.degraded, 1);
  });

  test('a customer is known over their sessions, also by what they did before they logged in', async () => {
    const { shop, now, recommend, asked, items, minutes } = await makeShop();
    await shop.ingest([
      now({ item: 'lamp', session: 'phone' }),
      now({ ...purchase('bulb'), session: 'phone' }),
      now({ item: 'rug', session: 'phone', customer: 'c' }), // logs in
    ]);
    minutes(60);
    await shop.ingest([now({ item: 'desk', session: 'laptop', customer: 'c' })]);

    await recommend({ customer: 'c' });
    assert.deepEqual(asked(), ['lamp', 'bulb', 'rug', 'desk']);
    assert.ok(!(await items({ session: 'laptop' })).includes('bulb')); // the session knows its customer
    await recommend({ session: 'new', customer: 'c' }); // nothing seen in it yet
    assert.deepEqual(asked(), ['lamp', 'bulb', 'rug', 'desk']);
  });

  test('each item says why it is there, in the language asked for', async () => {
    const { shop, now, recommend } = await makeShop();
    await shop.ingest([now({ item: 'lamp' })]);

    const { items } = await recommend({ session: 'a-session', k: 3 });
    const chinese = await recommend({ session: 'a-session', k: 2, language: 'zh' });

    assert.deepEqual(items.map(({ reason }) => reason), [
      { code: 'again', text: 'You have looked at this' },
      { code: 'followed_by', because: 'lamp', text: 'Often looked at right after A lamp' },
      { code: 'popular', text: 'Popular in this shop' },
    ]);
    assert.equal(chinese.items[1]?.reason.text, '看过“A lamp”的访客常接着看它');
  });

  test('answers carry their own attribution, and the events that echo it are counted', async () => {
    const { shop, now, recommend } = await makeShop();
    const first = await recommend({ k: 2 });
    const second = await recommend({ k: 2 });
    assert.notEqual(first.attribution, second.attribution);

    await shop.ingest([
      now({ type: 'item_click', item: 'bulb', attribution: first.attribution }),
      now({ type: 'item_view', item: 'bulb', attribution: first.attribution }),
      now({ type: 'item_click', item: 'rug', attribution: first.attribution }),
    ]);

    assert.equal(shop.attribution.answers, 2);
    assert.equal(shop.attribution.clicks, 1);
  });

  test('items that come later can be recommended at once, and filtered', async () => {
    const { shop, store, now, items } = await makeShop();

    await shop.ingest([now({ item: 'new-one' })]);
    assert.ok((await items({ filter: { excludeSeen: true } })).includes('new-one'));
    await store.putItems([{ id: 'new-one', title: 'N', categories: ['boat'], inStock: true }]);
    assert.deepEqual(await items({ filter: { category: ['boat'] } }), ['new-one']);
    await store.putItems([{ id: 'new-one', title: 'N', categories: ['boat'], inStock: false }]);
    assert.deepEqual(await items({ filter: { category: ['boat'] } }), []);
  });

  test('no filter is passed on as no bitmap, a filter as one', async () => {
    const { retriever, recommend, store } = await makeShop();
    await store.putItems([{ id: 'sofa', title: 'S', categories: [], inStock: true }]);

    await recommend();
    assert.equal(retriever.queries.at(-1)?.allow, undefined);
    await recommend({ filter: { exclude: ['lamp'] } });
    assert.equal(retriever.queries.at(-1)?.allow?.[0], 0b111110);
  });
});

suite('Shop: similar', () => {
  test('near items come first, others fill up, the item itself is left out', async () => {
    const { shop } = await makeShop();

    const two = await shop.similar({ item: 'bulb', k: 2, filter: {} });
    const four = await shop.similar({ item: 'bulb', k: 9, filter: {} });

    assert.deepEqual(two.items.map(({ item }) => item), ['lamp', 'chair']);
    assert.equal(two.items[0]?.reason.text, 'Similar to A bulb');
    assert.deepEqual(four.items.map(({ item }) => item), ['lamp', 'chair', 'rug', 'desk']);
  });

  test('an item that nobody knows is unknown_item', async () => {
    const { shop } = await makeShop();

    await assert.rejects(shop.similar({ item: 'boat', k: 2, filter: {} }), {
      code: 'unknown_item',
      message: /'boat'/,
    });
  });
});

suite('Shop: models', () => {
  const vector = Float32Array.of(1, 2);
  const encoder = {
    model: 'session-encoder', version: '1', length: 4,
    vocabulary: new ItemVocabulary(['lamp', 'rug']),
  };
  const tasteOf = (clock: FakeClock, answer: () => Promise<Float32Array>) =>
    new Taste(
      new FakeInference({
        'session-encoder': async () => [float32Tensor('vector', [1, 2], await answer())],
      }),
      clock,
      encoder,
    );

  test('what the encoder expects goes into retrieval, and the reply names the model', async () => {
    const clock = new FakeClock();
    const taste = tasteOf(clock, () => Promise.resolve(vector));
    const { retriever, recommend } = await makeShop({ clock, taste });

    const reply = await recommend({ items: ['rug', 'desk'] });
    const without = await recommend({ items: ['desk'] });

    assert.deepEqual(retriever.queries[0]?.taste, vector);
    assert.equal(reply.model?.name, 'session-encoder');
    assert.equal(without.model, undefined);
    assert.deepEqual(without.degraded, []);
  });

  test('an encoder that is overloaded or late costs its part and not the answer', async () => {
    const clock = new FakeClock();
    const full = await makeShop({
      clock,
      taste: tasteOf(clock, () => Promise.reject(new ServeError('overloaded'))),
    });
    const stuck = await makeShop({ clock, taste: tasteOf(clock, () => new Promise(() => {})) });

    const overloaded = await full.recommend({ items: ['rug'] });
    const waiting = stuck.shop.recommend({ items: ['rug'], k: 10, filter: {} }, 30);
    clock.advance(15_000); // half of the deadline is the encoder's
    const late = await waiting;

    assert.deepEqual(overloaded.degraded, ['taste: overloaded: the queue is full']);
    assert.match(late.degraded[0] ?? '', /^taste: deadline/);
    for (const reply of [overloaded, late]) assert.equal(reply.items.length, IN_STOCK.length);
  });

  test('what is bought while the encoder runs is not in the answer', async () => {
    const clock = new FakeClock();
    let answer = (_vector: Float32Array) => {};
    const taste = tasteOf(clock, () => new Promise((resolve) => void (answer = resolve)));
    const { shop, now, items } = await makeShop({ clock, taste });
    await shop.ingest([now({ item: 'lamp', customer: 'c' })]);

    const waiting = items({ session: 'a-session' });
    await shop.ingest([now(purchase('desk'))]);
    answer(vector);

    assert.ok(!(await waiting).includes('desk'));
  });

  test('insight is of the session, or of the customer’s newest one', async () => {
    const inference = new FakeInference({
      intent: () => [float32Tensor('probability', [1, 1], Float32Array.of(0.5))],
    });
    const insight = new Insight(inference, {
      model: 'intent', names: INTENT_FEATURES, features: intentFeatures, trainedOn: 'a test',
    });
    const { shop, now, minutes } = await makeShop({ insight });
    await shop.ingest([now({ item: 'lamp', session: 's', customer: 'c' }), now({ item: 'rug' })]);

    const session = await shop.insight({ session: 's' });
    const customer = await shop.insight({ customer: 'c' });
    assert.deepEqual([session.session, session.customer], ['s', 'c']);
    assert.deepEqual(customer, session);
    assert.equal(session.intent.features['log_item_views'], Math.fround(Math.log1p(1)));

    minutes(31);
    const later = await shop.insight({ customer: 'c' });
    assert.equal(later.session, undefined);
    assert.equal(later.intent.features['log_events'], 0);
    await assert.rejects(shop.insight({}), { code: 'bad_argument' });
  });

  test('without an intent model insight says so', async () => {
    const { shop } = await makeShop();

    await assert.rejects(shop.insight({ session: 's' }), { code: 'unknown_model' });
  });
});

suite('Shop: subscriptions', () => {
  test('who subscribed gets what follows from each event of the session, once it is durable', async () => {
    const { shop, now, store } = await makeShop();
    const pushes: Push[] = [];
    const cancel = shop.subscribe({ session: 'a-session', k: 2, filter: { excludeSeen: true } }, (push) => {
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
});
