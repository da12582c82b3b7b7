import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { Log } from '../../../server/core/log.ts';
import { ServeError } from '../../../server/core/errors.ts';
import { adaptBody, FORMATS, type Format } from '../../../server/intake/formats.ts';
import { Router } from '../../../server/routes/router.ts';
import { addStorefrontRoutes } from '../../../server/routes/storefront.ts';
import { importEvents } from '../../../server/store/import/events.ts';
import { PLAIN_MAP } from '../../../server/store/import/column-map.ts';
import { MemoryStore } from '../../../server/store/memory-store.ts';
import { decodeEvent } from '../../../server/wire/decode-event.ts';
import { ROOT } from '../../../server/wire/fields.ts';
import { toWire } from '../../../server/wire/names.ts';
import type { ShopEvent } from '../../../server/wire/schema.ts';
import { callRoute } from '../../support/call-route.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeStorefront } from '../../support/fake-storefront.ts';
import { tempFile } from '../../support/temp-file.ts';

interface Vector {
  readonly message: Record<string, unknown>;
  readonly events: readonly Partial<ShopEvent>[];
}
const NOW_MS = 1_800_000_000_000;
const strict = { skipBad: false, progress: () => {} };
const vectors = (format: string): Vector[] =>
  JSON.parse(readFileSync(join(process.cwd(), `test/unit/intake/vectors/${format}.json`), 'utf8'));
const formats = Object.keys(FORMATS) as Format[];

suite('Messages of other systems', () => {
  for (const format of formats) {
    test(`${format}: its documented examples are the events they should be`, () => {
      for (const { message, events } of vectors(format)) {
        const made = adaptBody(format, message, NOW_MS).events;
        const expected = events.map((event, i) => ({ id: made[i]?.id, ...event }));
        assert.deepEqual(made, expected);
        // What is made is what the wire takes.
        for (const event of made) assert.deepEqual(decodeEvent(toWire(event), ROOT, 0), event);
      }
    });

    test(`${format}: the same message gives the same ids, another one others`, () => {
      const ids = (nowMs: number): string[] =>
        vectors(format).flatMap(({ message }) =>
          adaptBody(format, structuredClone(message), nowMs).events.map(({ id }) => id));
      assert.deepEqual(ids(NOW_MS), ids(NOW_MS + 60_000));
      assert.equal(new Set(ids(NOW_MS)).size, ids(NOW_MS).length);
    });

    test(`${format}: whatever comes, it is taken or refused with a code`, () => {
      const values = fc.oneof(
        fc.constant(null), fc.integer(), fc.string(), fc.constant([]), fc.constant({}), fc.boolean());
      const messages = vectors(format).map(({ message }) => message);
      const paths = messages.map(pathsOf);
      fc.assert(fc.property(fc.nat(messages.length - 1), fc.nat(), values, (which, at, value) => {
        const message = structuredClone(messages[which]!);
        const path = paths[which]![at % paths[which]!.length]!;
        let place: Record<string, unknown> = message;
        for (const key of path.slice(0, -1)) place = place[key] as Record<string, unknown>;
        place[path.at(-1)!] = value;
        try {
          for (const event of adaptBody(format, message, NOW_MS).events) decodeEvent(toWire(event), ROOT, 0);
        } catch (error) {
          assert.ok(error instanceof ServeError, String((error as Error).stack));
        }
      }), { numRuns: 500, seed: 20261123 });
    });
  }

  test('what is wrong is told by its path', () => {
    const wrong: readonly (readonly [Format, unknown, RegExp])[] = [
      ['ga4', { client_id: 'c', events: [
        { name: 'page_view' }, { name: 'view_item', params: { items: [{ item_id: 'a', price: -1 }] } },
      ] }, /events\[1\]\.params\.items\[0\]\.price: expected a number of at least 0, got -1/],
      ['ga4', { events: [] }, /client_id: expected an id/],
      ['google-retail', { eventType: 'add-to-cart', visitorId: 'v' },
        /productDetails: expected at least one of a add-to-cart/],
      ['google-retail', { eventType: 'buy', visitorId: 'v' }, /eventType: expected one of home-page-view/],
      ['google-retail', [{ eventType: 'home-page-view', visitorId: 'v' }, { eventType: 'search', visitorId: 'v' }],
        /\[1\]\.searchQuery: expected a searchQuery or pageCategories/],
      ['shopify', { name: 'product_viewed', clientId: 'c', id: 'i', data: { productVariant: {} } },
        /data\.productVariant\.product/],
      ['personalize', { sessionId: 's', eventList: [{ eventType: 'View', sentAt: 12, itemId: 'a' }] },
        /eventList\[0\]\.sentAt: expected a time of the year 2000 or later/],
      ['metarank', { event: 'interaction', id: 'i', user: 'u', type: 'click' }, /item: expected an id of the item/],
      ['algolia', { events: [{ eventType: 'tap', userToken: 'u' }] }, /events\[0\]\.eventType: expected one of click/],
    ];
    for (const [format, body, message] of wrong) {
      assert.throws(() => adaptBody(format, body, NOW_MS), { message });
    }
  });

  test('a route takes them by name: all of a request, or none', async () => {
    const storefront = new FakeStorefront();
    const router = new Router(new Log('error'));
    addStorefrontRoutes(router, { storefront, clock: new FakeClock() });
    const [ok] = vectors('ga4');

    const reply = await callRoute(router, 'POST', '/v1/events?format=ga4',
      [ok!.message, { client_id: 'c', events: [{ name: 'scroll' }] }]);
    assert.deepEqual([reply.status, JSON.parse(reply.body)], [200, { accepted: 2, duplicates: 0, ignored: 1 }]);
    const bad = await callRoute(router, 'POST', '/v1/events?format=ga4',
      [ok!.message, { client_id: 'c', events: [{}] }]);
    assert.match(bad.body, /\[1\]\.events\[0\]\.name/);
    assert.equal(bad.status, 400);
    const unknown = await callRoute(router, 'POST', '/v1/events?format=matomo', {});
    assert.match(unknown.body, /format: expected one of ga4/);
    const ours = await callRoute(router, 'POST', '/v1/events', [1]);
    assert.equal(ours.status, 400);
  });

  test('a file of them is imported, and again adds nothing', async () => {
    for (const format of formats) {
      const all = vectors(format);
      const path = tempFile('export.jsonl', all.map(({ message }) => JSON.stringify(message)).join('\n'));
      const store = new MemoryStore();
      const events = all.reduce((sum, one) => sum + one.events.length, 0);

      const summary = await importEvents(store, path, strict, PLAIN_MAP, format);
      const again = await importEvents(store, path, strict, PLAIN_MAP, format);

      assert.equal(summary.events, events, format);
      assert.deepEqual([again.events, again.duplicates], [0, events]);
    }
    const timeless = tempFile('e.jsonl', '{"eventType":"home-page-view","visitorId":"v"}');
    await assert.rejects(
      importEvents(new MemoryStore(), timeless, strict, PLAIN_MAP, 'google-retail'), /line 1: expected a time/);
  });
});

/** Where every value of a message stands. */
function pathsOf(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) => [[key], ...pathsOf(one).map((path) => [key, ...path])]);
}
