import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { allows } from '../../../server/storefront/retrieval/candidates.ts';
import type { Filter, RecommendRequest } from '../../../server/wire/schema.ts';
import { MemoryStore } from '../../../server/store/memory-store.ts';
import { GOODS, makeShop } from '../../support/make-shop.ts';
import { makeEvent } from '../../support/shop-events.ts';

const NOT_BOUGHT = ['lamp', 'chair', 'rug', 'desk'];
const IN_STOCK = ['lamp', 'bulb', 'chair', 'rug', 'desk'];
const purchase = (item: string, quantity = 1) =>
  ({ type: 'purchase', items: [{ item, quantity }] }) as const;

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

  test('an item that nobody declared is shown to nobody, until it is', async () => {
    const { shop, store, now, items, asked } = await makeShop();
    await shop.ingest(Array.from({ length: 200 }, (_, i) =>
      now({ ...purchase('TYPO-1'), session: `s${i}` })));
    await shop.ingest([now({ item: 'TYPO-1' })]);
    const session = 'a-session';

    assert.deepEqual(await items(), IN_STOCK);
    assert.deepEqual(await items({ session }), IN_STOCK);
    assert.deepEqual(asked(), ['TYPO-1']); // it is the session's history all the same
    await store.putItems([{ id: 'TYPO-1', title: 'A typewriter', categories: [], inStock: true }]);
    assert.deepEqual(await items(), [...IN_STOCK, 'TYPO-1']);
  });

  test('where nothing was ever declared, every item that events name is shown', async () => {
    const store = new MemoryStore();
    await store.append([makeEvent({ item: '1' }), makeEvent({ item: '2' })]);
    const { items } = await makeShop({ store });

    assert.deepEqual(await items(), ['1', '2']);
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

  test('what an unknown visitor bought is left out of their own session', async () => {
    const { shop, now, items } = await makeShop();
    const session = 'a-session';
    await shop.ingest([now(purchase('desk'))]);

    assert.ok(!(await items({ session })).includes('desk'));
    assert.ok((await items({ session, filter: { excludeBought: false } })).includes('desk'));
    assert.ok((await items({ session: 'another' })).includes('desk'));
    await shop.ingest([now({ type: 'refund', items: [{ item: 'desk', quantity: 1 }] })]);
    assert.ok((await items({ session })).includes('desk'));
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

  test('a customer is known over sessions, also by what came before the login', async () => {
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
    assert.ok(!(await items({ session: 'laptop' })).includes('bulb'));
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

  test('items that are declared later can be recommended at once, and filtered', async () => {
    const { shop, store, now, items, recommend } = await makeShop();

    await shop.ingest([now({ item: 'new-one' })]);
    await store.putItems([{ id: 'new-one', title: 'N', categories: ['boat'], inStock: true }]);
    assert.ok((await items({ filter: { excludeSeen: true } })).includes('new-one'));
    assert.deepEqual(await items({ filter: { category: ['boat'] } }), ['new-one']);
    await store.putItems([{ id: 'new-one', title: 'N', categories: ['boat'], inStock: false }]);
    const none = await recommend({ filter: { category: ['boat'] } });
    assert.match(none.degraded.join(), /no item passes.* without exclude_bought, category$/);
  });

  test('where nothing passes, as much of the filter is left out as it takes, and named', async () => {
    const { shop, now, recommend } = await makeShop();
    await shop.ingest([now({ item: 'lamp', customer: 'c' }), now(purchase('bulb'))]);
    const session = 'a-session';
    const tried: [Filter, readonly string[], RegExp | null][] = [
      [{ category: ['light'] }, ['lamp'], null],
      [{ category: ['light'], excludeSeen: true }, ['lamp'], /without exclude_seen$/],
      [{ category: ['spare'] }, NOT_BOUGHT, /without exclude_bought, category$/], // just bought: not shown
      [{ category: ['spare'], excludeBought: false }, ['bulb'], null], // unless that is asked for
      [{ category: ['boat'] }, NOT_BOUGHT, /without exclude_bought, category$/],
      [{ category: ['boat'], excludeBought: false }, IN_STOCK, /without category$/],
      [{ priceMin: 5 }, NOT_BOUGHT, /without exclude_bought, price$/],
      [{ exclude: IN_STOCK }, [], null], // what is sold out is never shown
      [{ exclude: IN_STOCK, inStock: false }, ['sofa'], null],
    ];

    for (const [filter, want, said] of tried) {
      const { items, degraded } = await recommend({ session, filter });
      assert.deepEqual(items.map(({ item }) => item), want, JSON.stringify(filter));
      assert.equal(degraded.length, said ? 1 : 0);
      if (said) assert.match(degraded[0]!, said);
    }
    const { items, degraded } = await shop.similar({ item: 'rug', k: 1, filter: { category: [] } });
    assert.deepEqual([items.length, degraded.length], [1, 1]);
  });

  test('a condition of the shop\'s own holds, is never left out, and is told when it is wrong', async () => {
    const { shop, store, items, recommend } = await makeShop();
    await store.putItems(GOODS.map((item, i) => ({ ...item, price: 10 * i, attributes: { brand: 'abc'[i % 3]! } })));
    const where = (where: string): Partial<RecommendRequest> => ({ filter: { where } });

    assert.deepEqual(await items(where('brand = "a" or price >= 50')), ['lamp', 'desk']);
    assert.deepEqual(await items({ ...where('brand != this.brand and price > this.price'), items: ['bulb'] }),
      ['chair', 'desk']);
    const { items: none, degraded } = await recommend(where('category = "boat"'));
    assert.deepEqual([none, degraded], [[], ['filter: no item passes it, and no more of it may be left out']]);
    await assert.rejects(recommend(where('brand = ')), { code: 'bad_argument', message: /filter\.where, character 9/ });
    await assert.rejects(shop.similar({ item: 'rug', k: 1, filter: { where: 'brnd' } }), /is 'brand' meant\?/);
    assert.throws(() => shop.subscribe({ session: 's', k: 1, filter: { where: '(' } }, () => {}), /character 2/);
    await store.putItems([{ ...GOODS[0]!, attributes: { brand: 'a', watt: 40 } }]);
    assert.deepEqual(await items(where('watt > 30')), ['lamp']); // the next answer knows of it
  });

  test('what was bought longer ago is shown where nothing else is left, or where only days count', async () => {
    const { shop, now, items, recommend, minutes } = await makeShop();
    await shop.ingest([now({ ...purchase('bulb'), customer: 'c' })]);
    const spare = (filter: Filter = {}) => ({ customer: 'c', filter: { category: ['spare'], ...filter } });

    minutes(6 * 24 * 60);
    assert.deepEqual(await items(spare()), NOT_BOUGHT);
    minutes(2 * 24 * 60);
    const { items: again, degraded } = await recommend(spare());
    assert.deepEqual([again.map(({ item }) => item), degraded],
      [['bulb'], ['filter: no item passes, so it was used without exclude_bought']]);
    assert.ok(!(await items({ customer: 'c' })).includes('bulb'));
    assert.deepEqual(await items(spare({ boughtDays: 7 })), ['bulb']);
    assert.ok((await items({ customer: 'c', again: true })).includes('bulb'));
    assert.ok(!(await items({ customer: 'c', filter: { boughtDays: 9 } })).includes('bulb'));
  });

  test('what a customer has seen counts as seen in their next session', async () => {
    const { shop, now, items } = await makeShop();
    await shop.ingest([now({ item: 'lamp', customer: 'c', session: 'phone' })]);

    const filter = { excludeSeen: true };
    assert.ok(!(await items({ customer: 'c', filter })).includes('lamp'));
    assert.ok(!(await items({ customer: 'c', session: 'laptop', filter })).includes('lamp'));
    assert.ok((await items({ session: 'laptop', filter })).includes('lamp'));
  });

  test('no filter is passed on as no bitmap, a filter as one', async () => {
    const { retriever, recommend, store } = await makeShop();
    await store.putItems([{ id: 'sofa', title: 'S', categories: [], inStock: true }]);

    await recommend();
    assert.equal(retriever.queries.at(-1)?.allow, undefined);
    await recommend({ filter: { exclude: ['lamp'] } });
    const allow = retriever.queries.at(-1)?.allow;
    assert.deepEqual([0, 1, 2, 3, 4, 5].filter((row) => allows(allow, row)), [1, 2, 3, 4, 5]);
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
