import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { parsePlacements } from '../../../server/storefront/placements/read-placements.ts';
import { Showings } from '../../../server/storefront/placements/showings.ts';
import type { RecommendRequest } from '../../../server/wire/schema.ts';
import { MemoryStore } from '../../../server/store/memory-store.ts';
import { GOODS, makeShop } from '../../support/make-shop.ts';
import { tempFolder } from '../../support/temp-file.ts';

/** Rows and order as in GOODS: lamp, bulb, chair, sofa (sold out), rug, desk; the fake finds by row. */
async function placedShop(placements: object = {}) {
  const store = new MemoryStore();
  await store.putItems(GOODS.map((item, i) => ({
    ...item, price: 10 * i, attributes: { brand: 'abc'[i % 3]!, margin: i },
  })));
  return makeShop({ store, placements: parsePlacements({ placements }, 'test') });
}

suite('Shop: placements', () => {
  test('each has its sources, its length and its rules; a request says more, or otherwise', async () => {
    const { items, recommend, retriever } = await placedShop({
      home: { k: 2, filter: 'price >= 10', boost: '3 if brand = "c"', rotation: 0, diversity: 0 },
    });

    assert.deepEqual(await items({ placement: 'home', k: undefined as never }), ['chair', 'bulb']);
    assert.equal(retriever.queries.at(-1)?.placement, 'home');
    assert.equal(retriever.queries.at(-1)?.k, 200); // candidates that the boost chooses from
    const asked = { placement: 'home', boost: ['+ 1 if id = "desk"'], filter: { where: 'brand != "b"' } };
    assert.deepEqual(await items({ ...asked, k: 2 }), ['chair', 'desk']);
    assert.deepEqual(await items({ placement: 'home', k: 3, caps: { brand: 1 } }), ['chair', 'bulb']);
    const capped = await recommend({ placement: 'home', k: 3, caps: { brand: 1 } });
    assert.deepEqual(capped.degraded, ['caps: 2 of 3 places are filled']);
    assert.deepEqual(await items({ minRelevance: 0.4 }), ['lamp', 'bulb']);
    assert.equal(retriever.queries.at(-1)?.placement, undefined);
    await assert.rejects(recommend({ placement: 'hom' }), /placement: 'hom' is none of home, product, cart/);
    await assert.rejects(recommend({ boost: ['2', 'brand'] }), /boost\[1\], character 1: expected a number/);
  });

  test('an answer without rules asks no more of the sources than it shows', async () => {
    const { items, retriever } = await placedShop();
    await items({ k: 3 });
    assert.equal(retriever.queries.at(-1)?.k, 3);
    await items({ k: 3, placement: 'product', item: 'lamp' });
    assert.equal(retriever.queries.at(-1)?.k, 3);
  });

  test('a product’s page starts from it and shows others; a cart is what the session has in it', async () => {
    const { shop, now, items, asked } = await placedShop();
    await shop.ingest([now({ item: 'rug' })]);
    const session = 'a-session';

    assert.deepEqual(await items({ placement: 'product', item: 'lamp', session }), ['bulb', 'chair', 'rug', 'desk']);
    assert.deepEqual(asked(), ['rug', 'lamp']);
    await shop.ingest([now({ type: 'cart_add', item: 'bulb' }), now({ type: 'cart_add', item: 'desk' }),
      now({ type: 'cart_remove', item: 'desk' })]);
    assert.deepEqual(await items({ placement: 'cart', session }), ['lamp', 'chair', 'rug', 'desk']);
    assert.deepEqual(asked(), ['bulb']);
    assert.deepEqual(await items({ placement: 'cart', session, cart: ['chair', 'none'] }),
      ['lamp', 'bulb', 'rug', 'desk']);
    assert.deepEqual(asked(), ['chair']);
  });

  test('a fallback is taken step by step while there is too little, and said', async () => {
    const { recommend } = await placedShop({
      product: { items_min: 3, fallback: ['category', 'where', 'home'], filter: 'price >= 40' },
    });
    const request: Partial<RecommendRequest> = { placement: 'product', filter: { category: ['floor'] } };

    const { items, degraded } = await recommend(request);
    assert.deepEqual(items.map(({ item }) => item), ['rug', 'desk', 'lamp', 'bulb', 'chair']);
    assert.deepEqual(degraded, ['fallback: without category', 'fallback: without where']);
    const none = await recommend({ ...request, filter: { exclude: GOODS.map(({ id }) => id) } });
    assert.deepEqual(none.items, []);
    assert.match(none.degraded.join(), /no item passes it/);
  });

  test('a category that no item has is left out at last, as without a placement, and said', async () => {
    const { recommend } = await placedShop();
    for (const placement of ['product', 'cart', 'home', undefined]) {
      const { items, degraded } = await recommend({ ...(placement && { placement }), filter: { category: ['none'] } });
      assert.ok(items.length > 0, placement);
      assert.match(degraded.join(), /without .*category/);
    }
  });

  test('what visitors were shown outlasts a stop, but not who is forgotten, nor rows that are gone', async () => {
    const showingsPath = join(tempFolder(), 'shop.showings');
    const first = await makeShop({ showingsPath });
    const asked = { placement: 'home', k: 2, rotation: 0.6, diversity: 0 };
    for (const customer of ['anna', 'bert']) {
      assert.deepEqual(await first.items({ ...asked, customer }), ['lamp', 'bulb']);
    }
    await first.shop.keepAtEnd();

    const { store, clock } = first;
    const again = await makeShop({ showingsPath, store, clock });
    assert.deepEqual(await again.items({ ...asked, customer: 'anna' }), ['lamp', 'chair']);
    await again.shop.forget({ customer: 'anna' });
    assert.ok(!existsSync(showingsPath), 'it named her');
    await again.shop.keepAtEnd();
    const third = await makeShop({ showingsPath, store, clock });
    assert.deepEqual(await third.items({ ...asked, customer: 'anna' }), ['lamp', 'bulb']);
    assert.deepEqual(await third.items({ ...asked, customer: 'bert' }), ['lamp', 'chair']);

    writeFileSync(showingsPath, 'no showings');
    const spoilt = await makeShop({ showingsPath, store, clock });
    assert.deepEqual(await spoilt.items({ ...asked, customer: 'bert' }), ['lamp', 'bulb']);
    const showings = new Showings();
    showings.load({
      visitors: ['c'], ends: Uint32Array.of(2), rows: Uint32Array.of(1, 9), counts: Float32Array.of(1, 1),
      times: Float64Array.of(5, 5),
    }, 6);
    assert.deepEqual([1, 9].map((row) => showings.of('c', row, 5, 1)), [1, 0]);
  });

  test('a rule that does not fit the catalogue is left out and said; the page is answered all the same', async () => {
    const { items, recommend } = await placedShop({
      home: { filter: 'colour = "red"', boost: ['2 if size > 3', '2 if margin >= 5'], rotation: 0, diversity: 0 },
    });

    assert.deepEqual((await items({ placement: 'home' })).slice(0, 2), ['lamp', 'bulb']);
    const { degraded } = await recommend({ placement: 'home' });
    assert.equal(degraded.length, 2);
    assert.match(degraded[0]!, /placement 'home': filter, character 1: no item has an attribute 'colour'.*: left out/);
  });

  test('what was shown and not clicked falls, what was clicked does not, and time heals', async () => {
    const { shop, now, items, minutes } = await placedShop();
    const session = 'a-session';
    await shop.ingest([now({ type: 'home_view', items: [] })]);
    const asked = { session, placement: 'home', k: 2, rotation: 0.6, rotationHours: 1, diversity: 0 };

    assert.deepEqual(await items(asked), ['lamp', 'bulb']);
    await shop.ingest([now({ type: 'item_click', item: 'lamp' })]);
    assert.deepEqual(await items(asked), ['lamp', 'chair']);
    assert.deepEqual(await items({ ...asked, session: 'another' }), ['lamp', 'bulb']);
    minutes(25);
    await shop.ingest([now({ type: 'item_click', item: 'lamp' })]);
    minutes(25);
    assert.deepEqual(await items({ ...asked, debug: true }), ['lamp', 'bulb']); // who looks into it changes nothing
    assert.deepEqual(await items({ ...asked, debug: true }), ['lamp', 'bulb']);
  });

  test('a search engine’s results come back in a new order, none lost', async () => {
    const { shop, now, recommend } = await placedShop();
    await shop.ingest([now({ item: 'chair', type: 'purchase' })]);
    const rerank = ['desk', 'unknown', 'sofa', 'chair', 'rug', 'lamp'];

    const { items, degraded } = await recommend({ rerank, session: 'a-session' });
    // lamp leads by the fake's say; sold out and just bought come after what can be sold, then strangers.
    assert.deepEqual(items.map(({ item }) => item), ['lamp', 'desk', 'rug', 'chair', 'sofa', 'unknown']);
    assert.match(degraded[0]!, /1 of 6 are not in the catalogue/);
    const own = await recommend({ rerank: ['desk', 'rug', 'lamp'], personal: 0 });
    assert.deepEqual(own.items.map(({ item, reason }) => [item, reason.text])[0], ['desk', 'Popular in this shop']);
    const capped = await recommend({ rerank: ['lamp', 'bulb', 'desk'], caps: { category: 1 }, personal: 0 });
    assert.deepEqual(capped.items.map(({ item }) => item), ['lamp', 'desk', 'bulb']);
    await assert.rejects(recommend({ rerank: ['desk', 'desk'] }), /'desk' comes twice/);
  });

  test('debug shows sources, clauses, candidates and what became of them', async () => {
    const { shop, now, recommend } = await placedShop();
    await shop.ingest([now({ type: 'purchase', item: 'lamp' })]);

    const { debug, items } = await recommend({
      debug: true, session: 'a-session', k: 2, filter: { where: 'price < 50 and brand != "c"' }, caps: { brand: 1 },
    });
    assert.deepEqual(items.map(({ item }) => item), ['bulb']);
    assert.deepEqual(debug?.clauses, [
      { clause: 'in_stock', passes: 5 }, { clause: 'price < 50', passes: 5 }, { clause: 'not brand = "c"', passes: 4 },
      { clause: 'not hidden', passes: 5 },
    ].map((one) => (one.clause.startsWith('not brand') ? { ...one, clause: 'brand != "c"' } : one)));
    assert.deepEqual(debug?.hidden, { bought: 1 });
    assert.deepEqual(debug?.steps, [{ step: 'as asked', matches: 2, found: 2 }]);
    assert.deepEqual(debug?.candidates.map(({ item, to, left }) => [item, to, left]), [
      ['bulb', 1, undefined], ['rug', undefined, 'cap: 1 of brand b'],
    ]);
    assert.equal(debug?.this, 'lamp');
  });

  test('a batch is an answer for each customer, by the rules of a mail', async () => {
    const { shop, now } = await placedShop({ email: { k: 2, rotation: 0, diversity: 0 } });
    await shop.ingest([now({ type: 'purchase', item: 'lamp', customer: 'c' })]);

    const { answers } = await shop.batch({ customers: ['c', 'd'], placement: 'email', filter: {} });
    assert.deepEqual(answers.map(({ customer, items }) => [customer, items.map(({ item }) => item)]),
      [['c', ['bulb', 'chair']], ['d', ['lamp', 'bulb']]]);
    assert.notEqual(answers[0]?.attribution, answers[1]?.attribution);
  });

  test('reasons are in the shop’s language, and name the item they follow from', async () => {
    const store = new MemoryStore();
    await store.putItems(GOODS);
    const placements = parsePlacements({ language: 'zh' }, 'test');
    const { recommend } = await makeShop({ store, placements });

    const texts = async (request: Partial<RecommendRequest>) =>
      (await recommend({ items: ['lamp'], ...request })).items.map(({ reason }) => reason.text);
    assert.ok((await texts({ placement: 'home' })).includes('看过“A lamp”的访客常接着看它'));
    assert.ok((await texts({ placement: 'home', language: 'en' })).includes('Often looked at right after A lamp'));
  });
});
