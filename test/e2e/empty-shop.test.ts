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
