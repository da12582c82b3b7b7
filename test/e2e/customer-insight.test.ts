/** What the recipes say of customers is what the server answers: from events to replies, over sockets and HTTP. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { connectNode } from '../../server/client/node.ts';
import type { VitrineClient } from '../../server/client/types.ts';
import { systemClock } from '../../server/core/clock.ts';
import { buyWithin, survivalOf } from '../../server/customers/survival.ts';
import { LmdbStore } from '../../server/store/lmdb-store.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { customerEvents, type SmallShop, writeSmallModels } from '../support/small-customers.ts';
import { tempFolder } from '../support/temp-file.ts';

const DAY_MS = 86_400_000;
const CUSTOMERS = 400;

for (const fronts of ['1', '2']) {
  suite(`insight of customers, ${fronts} front end(s)`, () => {
    const folder = tempFolder();
    let server: ServerProcess;
    let client: VitrineClient;
    let shop: SmallShop;

    before(async () => {
      const nowMs = systemClock.wallMs();
      const events = customerEvents(CUSTOMERS, nowMs - DAY_MS);
      shop = writeSmallModels(join(folder, 'models'), events, Math.floor(nowMs / DAY_MS));
      const store = LmdbStore.open(join(folder, 'store'));
      for (let at = 0; at < events.length; at += 500) await store.append(events.slice(at, at + 500));
      await store.close();
      server = await startServer(folder, undefined, 'auto', { VITRINE_FRONT_ENDS: fronts });
      client = connectNode(`ws://127.0.0.1:${server.port}/ws`, { inFlightMax: 16 });
    });
    after(async () => {
      client.close();
      await server.stop();
    });

    test('over a socket each customer’s answer is the recipes’ own, to 1e-5', async () => {
      const horizons = [1, 7, 33, 180];
      const replies = await Promise.all([...shop.predicted.keys()].map((customer) =>
        client.insight({ customer, horizons, language: 'zh' })));

      assert.equal(replies.length, CUSTOMERS);
      for (const { customer, timing, churn, value, segment, degraded, intent } of replies) {
        const want = shop.predicted.get(customer!)!;
        const survival = survivalOf(want.hazards);
        assert.deepEqual(degraded, []);
        assert.equal(intent, undefined, 'the repository has no such model');
        for (const days of horizons) near(timing!.within[days]!, buyWithin(survival, days), `${customer} ${days}`);
        near(churn!.probability, want.silent, `${customer} churn`);
        near(value!.expected / want.value, 1, `${customer} value`);
        assert.equal(segment!.id, want.segment);
        assert.equal(segment!.name, shop.segments.names[want.segment]!.zh);
        assert.equal(timing!.trainedOn, 'the events of this shop: a test');
      }
      assert.ok(replies.some(({ churn }) => churn!.timing.batchRows > 1), 'they shared batches');
    });

    test('over HTTP the same, in the wire’s names', async () => {
      const [customer] = shop.predicted.keys();
      const ask = (body: object): Promise<Response> =>
        fetch(`${server.url}/v1/insight`, { method: 'POST', body: JSON.stringify(body) });
      const reply = await ask({ customer, parts: ['timing', 'churn'], horizons: [30] });
      const told = await reply.json() as Record<string, Record<string, never>>;

      assert.equal(reply.status, 200);
      assert.deepEqual(Object.keys(told).sort(), ['churn', 'customer', 'degraded', 'timing']);
      near(told['churn']!['probability']!, shop.predicted.get(customer!)!.silent, 'churn');
      assert.deepEqual(Object.keys(told['timing']!).sort(), [
        'best_moment', 'chance', 'expected_day', 'high', 'low', 'model', 'timing', 'trained_on',
        'version', 'within']);
      const wrong = await ask({ customer, parts: ['wealth'] });
      assert.equal(wrong.status, 400);
      assert.match(await wrong.text(), /parts\[0\]: expected one of intent, timing/);
    });

    test('reasons of a customer add up to what is said', async () => {
      const replies = await Promise.all([...shop.predicted.keys()].slice(0, 20).map((customer) =>
        client.insight({ customer, reasons: 9, language: 'zh' }, { deadlineMs: 20_000 })));

      for (const { customer, timing, churn, value, segment, degraded } of replies) {
        assert.deepEqual(degraded, []);
        for (const [why, said] of [
          [timing!.why!, timing!.within[30]!], [churn!.why!, churn!.probability], [value!.why!, value!.expected],
        ] as const) {
          const sum = why.reasons.reduce((total, { contribution }) => total + contribution, why.base);
          near(sum / said, 1, `${customer}: ${why.text}`);
        }
        assert.match(churn!.why!.text, /^90 天内不购买的概率：/);
        assert.equal(Object.hasOwn(segment!, 'why'), false);
      }
    });

    test('who is unknown is absent, and one purchase later is not', async () => {
      const before = await client.insight({ customer: 'new', session: 'n' });
      assert.equal(before.churn, undefined);
      assert.deepEqual(before.degraded.map((note) => note.split(':')[0]), ['timing', 'churn', 'value', 'segment']);

      await client.events([{
        id: 'n-1', type: 'purchase', session: 'n', customer: 'new', items: [{ item: 'item-1', price: 9 }],
      }]);
      const later = await client.insight({ session: 'n' });
      assert.deepEqual(later.degraded, []);
      assert.equal(later.customer, 'new');
      assert.ok(later.churn!.probability > 0 && later.value!.expected > 0);
    });
  });
}

function near(said: number, want: number, what: string): void {
  assert.ok(Math.abs(said - want) < 1e-5, `${what}: ${said} ${want}`);
}
