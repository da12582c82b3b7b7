import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Log } from '../../../server/core/log.ts';
import { plainPictureSvg } from '../../../server/demo/plain-picture.ts';
import { addDemoRoutes } from '../../../server/demo/routes.ts';
import { Router } from '../../../server/routes/router.ts';
import type { HttpRequest } from '../../../server/transport/transport.ts';
import { makeShop } from '../../support/make-shop.ts';
import { makeEvent } from '../../support/shop-events.ts';

async function setup() {
  const { shop, store, clock } = await makeShop();
  const router = new Router(new Log('error', () => {}));
  addDemoRoutes(router, { store, storefront: shop, clock, transport: () => 'sockets 1.0' });
  const get = (path: string, query = '') =>
    new Promise<{ status: number; headers: Readonly<Record<string, string>>; body: string }>(
      (resolve) => {
        const request: HttpRequest = {
          method: 'GET', path, query, body: new Uint8Array(), aborted: false,
          header: () => '', headers: () => [], onAbort: () => {},
        };
        router.handle(request, (status, headers, body) =>
          resolve({ status, headers, body: Buffer.from(body).toString() }));
      },
    );
  return { store, clock, get };
}

suite('the demo store’s routes', () => {
  test('the page, its built code and msgpackr are served, and nothing beside them', async () => {
    const { get } = await setup();
    const page = await get('/');
    assert.equal(page.status, 200);
    assert.match(page.headers['content-type'] ?? '', /text\/html/);

    const links = [...page.body.matchAll(/(?:src|href)="(\/[^"]+)"|"(\/vendor[^"]+)"/g)];
    const paths = links.map((link) => (link[1] ?? link[2]) as string);
    for (const path of [...paths, '/page/app/client/client.js', '/page/app/wire/names.js']) {
      assert.equal((await get(path)).status, 200, path);
    }
    for (const path of ['/page/app/config.js', '/page/app/store/store.js', '/page/../config.ts']) {
      assert.equal((await get(path)).status, 404, path);
    }
  });

  test('every module that the page imports is served', async () => {
    const { get } = await setup();
    const queue = ['/page/app/page/main.js'];
    const seen = new Set<string>();
    for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
      if (seen.has(path)) continue;
      seen.add(path);
      const { status, body } = await get(path);
      assert.equal(status, 200, path);
      for (const [, name] of body.matchAll(/^(?:import|export) .*?from '([^']+)';$/gms)) {
        if (name === 'msgpackr') continue;
        assert.match(name as string, /^\.\.?\//, `${path} imports ${name}`);
        queue.push(new URL(name as string, `http://x${path}`).pathname);
      }
    }
    assert.ok(seen.size > 15, `${seen.size} modules`);
  });

  test('the list holds every item of a small store, sold out ones as well', async () => {
    const { get } = await setup();
    const list = JSON.parse((await get('/demo/catalogue.json')).body);

    assert.equal(list.total, 6);
    assert.equal(list.transport, 'sockets 1.0');
    assert.deepEqual(list.items.map((item: { id: string }) => item.id).sort(),
      ['bulb', 'chair', 'desk', 'lamp', 'rug', 'sofa']);
    const sofa = list.items.find((item: { id: string }) => item.id === 'sofa');
    assert.deepEqual(sofa,
      { id: 'sofa', title: 'A sofa', categories: ['seat'], price: null, in_stock: false });
    assert.deepEqual(list.categories[0], { id: 'light', count: 2 });
  });

  test('the list is made anew after five seconds, not before', async () => {
    const { store, clock, get } = await setup();
    await get('/demo/catalogue.json');
    await store.putItems([{ id: 'new', title: 'New', categories: [], inStock: true }]);

    assert.equal(JSON.parse((await get('/demo/catalogue.json')).body).total, 6);
    clock.advance(5_000_000);
    assert.equal(JSON.parse((await get('/demo/catalogue.json')).body).total, 7);

    await store.append([makeEvent({ item: 'TYPO-1' })]);
    clock.advance(5e6);
    const { total, items } = JSON.parse((await get('/demo/catalogue.json')).body);
    assert.deepEqual([total, items.length], [7, 7]); // what only an event names is not listed
  });

  test('items are told by id, and unknown ones are left out', async () => {
    const { get } = await setup();
    const { items } = JSON.parse((await get('/demo/items.json', 'id=rug&id=none&id=desk')).body);
    assert.deepEqual(items.map((item: { id: string }) => item.id), ['rug', 'desk']);

    const many = Array.from({ length: 101 }, () => 'id=rug').join('&');
    assert.equal((await get('/demo/items.json', many)).status, 400);
  });

  test('every item has a picture, drawn from its id where the shop gave none', async () => {
    const { store, get } = await setup();
    await store.putItems([
      { id: 'a/b', title: '<script>x', categories: [], inStock: true },
      { id: 'drawn', title: 'Mug', categories: [], inStock: true, picture: 'mugs/0/1/7' },
      { id: 'kept', title: 'K', categories: [], inStock: true, picture: 'https://shop.test/k.jpg' },
      { id: 'far', title: 'F', categories: [], inStock: true, picture: 'https://shop.test/图 \r\n.jpg' },
      { id: 'odd', title: 'O', categories: [], inStock: true, picture: 'https://[' },
    ]);

    const plain = await get('/demo/pictures/a%2Fb.svg');
    assert.equal(plain.headers['content-type'], 'image/svg+xml');
    assert.equal(plain.body, plainPictureSvg('a/b', '<script>x'));
    assert.doesNotMatch(plain.body, /<script/);
    assert.notEqual((await get('/demo/pictures/drawn.svg')).body, plainPictureSvg('drawn', 'Mug'));
    const kept = await get('/demo/pictures/kept.svg');
    assert.deepEqual([kept.status, kept.headers.location], [302, 'https://shop.test/k.jpg']);
    assert.equal((await get('/demo/pictures/far.svg')).headers.location,
      'https://shop.test/%E5%9B%BE%20.jpg');
    assert.equal((await get('/demo/pictures/odd.svg')).body, plainPictureSvg('odd', 'O'));
    assert.equal((await get('/demo/pictures/none.svg')).status, 404);
    assert.equal((await get('/demo/pictures/rug.png')).status, 404);
  });
});
