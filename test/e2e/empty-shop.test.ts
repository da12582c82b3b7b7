import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { startServer } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-file.ts';

suite('a data folder that holds nothing', () => {
  test('is an empty shop, which answers, and lives from the first event on', async (t) => {
    const server = await startServer(tempFolder(), undefined, 'auto');
    t.after(() => server.kill());
    const post = async (path: string, body: object): Promise<Record<string, unknown>> => {
      const reply = await fetch(server.url + path, { method: 'POST', body: JSON.stringify(body) });
      assert.equal(reply.status, 200);
      return (await reply.json()) as Record<string, unknown>;
    };

    const list = await (await fetch(`${server.url}/demo/catalogue.json`)).json() as { total: number };
    assert.equal(list.total, 0);
    assert.deepEqual((await post('/v1/recommend', {})).items, []);
    const event = { id: 'e', type: 'item_view', session: 's', items: ['a'] };
    await post('/v1/events', { events: [event] });
    const items = (await post('/v1/recommend', {})).items as { item: string }[];
    assert.deepEqual(items.map(({ item }) => item), ['a']);
    assert.equal(await server.stop(), 0);
  });
});

suite('a shop of which little is known', () => {
  test('has an answer for strangers, for what is new, and where there is one thing to sell', async (t) => {
    const server = await startServer(tempFolder(), undefined, 'auto');
    t.after(() => server.kill());
    const post = async (path: string, body: object): Promise<Answer> => {
      const reply = await fetch(server.url + path, { method: 'POST', body: JSON.stringify(body) });
      assert.equal(reply.status, 200);
      return (await reply.json()) as Answer;
    };
    const asked = async (body: object): Promise<string[]> =>
      (await post('/v1/recommend', body)).items.map(({ item }) => item);
    const view = (session: string, item: string): Promise<unknown> => post('/v1/events', {
      events: [{ id: `${session}-${item}`, type: 'item_view', session, items: [item] }],
    });

    await post('/v1/catalogue', { put: [{ id: 'only' }] });
    assert.deepEqual(await asked({ session: 'nobody', customer: 'nobody' }), ['only']);
    await view('s', 'only');
    const seen = await post('/v1/recommend', { session: 's', filter: { exclude_seen: true } });
    assert.deepEqual(seen.items.map(({ item }) => item), ['only']);
    assert.match(seen.degraded.join(), /exclude_seen/);
    assert.deepEqual((await post('/v1/similar', { item: 'only' })).items, []);

    await post('/v1/catalogue', { put: [{ id: 'liked' }, { id: 'new' }, { id: 'sold', in_stock: false }] });
    for (const session of ['a', 'b', 'c']) await view(session, 'liked');
    assert.deepEqual(await asked({ customer: 'stranger' }), ['liked', 'only', 'new']);
    assert.deepEqual((await asked({ session: 't', items: ['new'] })).sort(), ['liked', 'new', 'only']);
    assert.deepEqual(await asked({ items: ['unheard of'], k: 1 }), ['liked']);
    assert.equal(await server.stop(), 0);
  });
});

interface Answer {
  readonly items: readonly { readonly item: string }[];
  readonly degraded: readonly string[];
}
