import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { Log } from '../../../server/core/log.ts';
import { Router } from '../../../server/routes/router.ts';
import { StaticFiles } from '../../../server/routes/static.ts';
import { callRoute } from '../../support/call-route.ts';

suite('StaticFiles', () => {
  const root = mkdtempSync(join(tmpdir(), 'vitrine-static-'));
  after(() => rmSync(root, { recursive: true }));
  const folder = join(root, 'public');
  mkdirSync(join(folder, 'sub'), { recursive: true });
  writeFileSync(join(root, 'secret.txt'), 'secret');
  writeFileSync(join(folder, 'index.html'), '<p>hello</p>');
  writeFileSync(join(folder, 'sub/index.html'), 'below');
  writeFileSync(join(folder, 'app.js'), 'let a;');
  writeFileSync(join(folder, '.env'), 'hidden');
  symlinkSync(join(root, 'secret.txt'), join(folder, 'link.txt'));
  const router = new Router(new Log('error', () => {}));
  new StaticFiles(folder).addTo(router, '/shop/');
  const get = (path: string, headers = {}) => callRoute(router, 'GET', path, '', headers);

  test('files come with their type, folders as their index', async () => {
    const index = await get('/shop/');
    assert.deepEqual(
      [index.status, index.body, index.headers['content-type']],
      [200, '<p>hello</p>', 'text/html; charset=utf-8'],
    );
    assert.equal((await get('/shop/sub/')).body, 'below');
    assert.equal(
      (await get('/shop/app.js')).headers['content-type'],
      'text/javascript; charset=utf-8',
    );
  });

  test('nothing outside the folder is served, nor what is hidden', async () => {
    const paths = [
      '/shop/../secret.txt',
      '/shop/%2e%2e/secret.txt',
      '/shop/..%2fsecret.txt',
      '/shop/sub/../../secret.txt',
      '/shop/link.txt',
      '/shop/.env',
      '/shop/%2Fetc/passwd',
      '/shop//etc/passwd',
      '/shop/..%5csecret.txt',
      '/shop/app.js%00.html',
      '/shop/nothing',
      '/shop/sub',
    ];
    for (const path of paths) assert.equal((await get(path)).status, 404, path);
  });

  test('a browser that has the file is told so, until the file changes', async () => {
    const { headers } = await get('/shop/app.js');
    const again = await get('/shop/app.js', { 'if-none-match': `W/${headers.etag}` });
    assert.deepEqual([again.status, again.body], [304, '']);

    writeFileSync(join(folder, 'app.js'), 'let changed;');
    const changed = await get('/shop/app.js', { 'if-none-match': headers.etag });
    assert.deepEqual([changed.status, changed.body], [200, 'let changed;']);
  });
});
