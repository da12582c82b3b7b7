/** Whom a server has forgotten stays forgotten, whatever becomes of the process. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { LmdbStore } from '../../server/store/lmdb-store.ts';
import { startServer } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-file.ts';

const DAY_MS = 86_400_000;

suite('POST /v1/forget', () => {
  test('a customer is unknown at once, and after kill -9; what others did is as it was', async (t) => {
    const folder = tempFolder();
    const first = await startServer(folder);
    t.after(() => first.kill());
    const post = async (url: string, path: string, body: object): Promise<Record<string, unknown>> =>
      (await (await fetch(`${url}${path}`, { method: 'POST', body: JSON.stringify(body) })).json()) as
        Record<string, unknown>;
    const bought = ['gone', 'stays'].flatMap((customer) => Array.from({ length: 4 }, (_, i) => ({
      id: `${customer}-${i}`, type: 'purchase', session: `${customer}-${i}`, customer,
      at_ms: Date.now() - (i + 1) * 10 * DAY_MS, items: [{ item: 'lamps-007', quantity: 1, price: 30 }],
    })));
    await post(first.url, '/v1/events', { events: bought });
    const insight = async (url: string, customer: string): Promise<string> =>
      JSON.stringify(await post(url, '/v1/insight', { customer, parts: ['churn', 'intent'] }));
    assert.match(await insight(first.url, 'gone'), /"churn":\{/);

    assert.deepEqual(await post(first.url, '/v1/forget', { customer: 'gone' }), { events: 4 });
    await first.kill(); // after the answer, before anything else
    assert.match(JSON.stringify(await unreachable(first.url)), /failed/);

    const second = await startServer(folder);
    t.after(() => second.kill());
    assert.match(await insight(second.url, 'gone'), /bought nothing that this shop remembers/);
    assert.match(await insight(second.url, 'stays'), /"churn":\{/);
    assert.deepEqual(await post(second.url, '/v1/forget', { customer: 'gone' }), { events: 0 });
    assert.match(JSON.stringify(await post(second.url, '/v1/forget', {})), /customer/);
    assert.equal(await second.stop(), 0);
    const store = LmdbStore.openToRead(join(folder, 'store'));
    t.after(() => store.close());
    const mine = [...store.events()].filter(({ event }) => /^(gone|stays)-/.test(event.id));
    assert.equal(mine.length, 8);
    for (const { event } of mine) {
      assert.equal(event.customer, event.id.startsWith('gone') ? undefined : 'stays');
      assert.equal(event.consent === false, event.id.startsWith('gone'));
    }
  });

  test('from the next start on nothing is answered that was learned from them alone', async (t) => {
    const folder = tempFolder();
    const first = await startServer(folder);
    t.after(() => first.kill());
    const post = async (url: string, path: string, body: object): Promise<string> =>
      (await fetch(`${url}${path}`, { method: 'POST', body: JSON.stringify(body) })).text();
    const put = ['pair-a', 'pair-b'].map((id) => ({ id, title: `${id} stands alone` }));
    assert.match(await post(first.url, '/v1/catalogue', { put }), /"put":2/);
    const events = ['pair-a', 'pair-b'].map((item, i) => ({
      id: `pair-${i}`, type: 'item_view', session: 'pair', customer: 'gone', items: [{ item }],
      at_ms: Date.now() - 60_000 + 1000 * i,
    }));
    assert.match(await post(first.url, '/v1/events', { events }), /"accepted":2/);
    const learned = /"item":"pair-b"[^}]*"code":"(?:followed_by|session_neighbours)"/;
    const after = (url: string): Promise<string> => post(url, '/v1/recommend', { items: ['pair-a'], k: 20 });
    assert.match(await after(first.url), learned);

    assert.match(await post(first.url, '/v1/forget', { customer: 'gone' }), /"events":2/);
    assert.equal(await first.stop(), 0); // which keeps a snapshot, where nobody is forgotten

    const second = await startServer(folder);
    t.after(() => second.kill());
    assert.doesNotMatch(await after(second.url), learned);
    assert.equal(await second.stop(), 0);
  });
});

async function unreachable(url: string): Promise<unknown> {
  return fetch(url).then(() => 'answered', (error: Error) => error.message);
}
