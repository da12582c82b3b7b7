import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { Prng } from '../../../server/core/prng.ts';
import { MemoryStore } from '../../../server/store/memory-store.ts';
import { isUsual } from '../../../server/storefront/quick-answers.ts';
import type { Taste } from '../../../server/storefront/taste.ts';
import { EncodedBody } from '../../../server/wire/answer-body.ts';
import { encodeMessage } from '../../../server/wire/encode.ts';
import { decodeMsgpack } from '../../../server/wire/msgpack.ts';
import type { Filter, RecommendReply, RecommendRequest } from '../../../server/wire/schema.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { CATEGORIES, goods, LEARNED, openLiveShop } from '../../support/live-shop.ts';
import { makeEvent } from '../../support/shop-events.ts';

const COLD = Array.from({ length: 80 }, (_, i) => `cold-é-${i}`);
const ALL = [...LEARNED, ...COLD];
const SESSIONS = 6;

const orNot = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const rarely = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
const anyFilter = fc.record({
  category: rarely(fc.subarray([...CATEGORIES, 'undefined'], { maxLength: 2 })),
  inStock: rarely(fc.boolean()), priceMin: rarely(fc.constantFrom(0, 5)), priceMax: rarely(fc.constantFrom(4, 15)),
  excludeSeen: rarely(fc.boolean()), excludeBought: rarely(fc.boolean()), boughtDays: rarely(fc.constantFrom(1, 30)),
  exclude: rarely(fc.subarray(ALL, { maxLength: 3 })),
});
const anyRequest = fc.record({
  session: orNot(fc.nat(SESSIONS).map((n) => `s${n}`)), customer: orNot(fc.nat(3).map((n) => `c${n}`)),
  k: fc.constantFrom(1, 3, 8, 20), filter: anyFilter, language: orNot(fc.constantFrom('en', 'zh')),
  items: rarely(fc.subarray([...ALL, 'unknown'], { maxLength: 30 })),
});

suite('Usual requests', () => {
  test('are answered in msgpack as they are in general, filters, reasons and cold items among them', async () => {
    const { shop } = await openBusyShop();
    let answered = 0;
    await fc.assert(fc.asyncProperty(fc.array(anyRequest, { minLength: 1, maxLength: 12 }), async (drawn) => {
      const requests = drawn.map((one) => plain(one) as unknown as RecommendRequest);

      const general = await Promise.all(requests.map((request) => shop.recommend(request)));
      const encoded = await Promise.all(requests.map((request) => shop.recommendEncoded(request)));

      encoded.forEach((body, i) => {
        if (!(body instanceof EncodedBody)) return assert.ok(body === null || body.items);
        answered += 1;
        const read = decodeMsgpack(encodeMessage('msgpack', { id: i, body }) as Uint8Array) as object;
        const other = encodeMessage('msgpack', { id: i, ...(general[i] as RecommendReply) }) as Uint8Array;
        assertAlike(read, decodeMsgpack(other) as object);
      });
    }), { numRuns: 120 });
    assert.ok(answered > 200, `${answered} answers`);
  });

  test('what was just bought, seen or sold out is in no answer from the next moment on', async () => {
    const { shop, store, clock } = await openBusyShop();
    const ask = async (filter: Filter = {}) => {
      const body = await shop.recommendEncoded({ session: 's1', k: 3, filter });
      assert.ok(body instanceof EncodedBody);
      const read = decodeMsgpack(encodeMessage('msgpack', { id: 1, body }) as Uint8Array) as RecommendReply;
      return read.items.map(({ item }) => item);
    };
    const [first, second, third] = await ask() as [string, string, string];
    const event = { session: 's1', atMs: clock.wallMs() };
    await shop.ingest([makeEvent({ ...event, type: 'purchase', item: first })]);
    assert.ok(!(await ask()).includes(first));
    await shop.ingest([makeEvent({ ...event, item: second })]);
    assert.ok(!(await ask({ excludeSeen: true })).includes(second));
    await store.putItems([goods(third, { inStock: false })]);
    assert.ok(!(await ask()).includes(third));
  });

  test('are those that name who asks, how many, a filter and a language', () => {
    const usual = { session: 's', k: 20, filter: {} };
    assert.ok(isUsual(usual));
    assert.ok(isUsual({ ...usual, customer: 'c', language: 'zh', filter: { excludeSeen: true, priceMax: 3 } }));
    const others = [{ placement: 'home' }, { debug: true }, { k: 400 }, { boost: [] }, { item: 'a' }, { cart: ['a'] }];
    for (const more of others) {
      assert.ok(!isUsual({ ...usual, ...more } as RecommendRequest), JSON.stringify(more));
    }
    assert.ok(!isUsual({ ...usual, filter: { where: 'price < 3' } }));
  });
});

/** Visitors and customers who have looked and bought, and an encoder. */
async function openBusyShop() {
  const clock = new FakeClock();
  const store = new MemoryStore();
  const prng = new Prng(3);
  await store.putItems(ALL.map((id, i) => goods(id, {
    title: `A ${id}`, categories: [CATEGORIES[i % 3] as string], price: i % 20, inStock: i % 7 !== 3,
  })));
  const taste = {
    of: async (items: readonly string[]) => {
      const timing = { queueUs: 0, runUs: 0, batchRows: 1, cached: true }; // as it is had again
      return { vector: new Prng(items.length).row(8), model: { name: 'session-encoder', version: '1', timing } };
    },
  } as unknown as Taste;
  const { shop } = await openLiveShop({ store, clock, taste });
  const events = Array.from({ length: 400 }, (_, i) => {
    const session = prng.below(3) === 0 ? 1 + prng.below(SESSIONS) : 0;
    return makeEvent({
      session: session === 0 ? `old-${prng.below(40)}` : `s${session}`,
      atMs: clock.wallMs() - (400 - i) * 3000, item: ALL[prng.below(ALL.length)] as string,
      type: prng.float() < 0.04 ? 'purchase' : 'item_view',
      ...(session % 2 === 1 && { customer: `c${session % 3}` }),
    });
  });
  await shop.ingest(events);
  return { shop, store, clock };
}

/** As it comes from the wire: what is not said is not there. */
function plain(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)
    .map(([name, one]) => [name, name === 'filter' ? plain(one as object) : one]));
}

/** But for the attribution, which is each answer's own, and a score's last digits. */
function assertAlike(read: object, other: object): void {
  const { attribution, items, ...rest } = read as RecommendReply;
  const { attribution: _, items: others, ...its } = other as RecommendReply;
  assert.ok(attribution.length > 0);
  assert.deepEqual(rest, its);
  assert.equal(items.length, others.length);
  items.forEach(({ item, score, reason }, i) => {
    const its = others[i] as (typeof others)[number];
    assert.ok(Math.abs(score - its.score) <= 1e-5 * Math.abs(its.score) + 1e-9);
    assert.deepEqual([item, reason], [its.item, its.reason]);
  });
}
