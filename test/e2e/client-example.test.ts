import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { suite, test } from 'node:test';
import { startServer } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-file.ts';

const PAGE = 'server/client/README.md';

suite(`the example of ${PAGE}`, () => {
  test('runs as it stands against the demo store', async (t) => {
    const server = await startServer(tempFolder());
    t.after(() => server.kill());
    const folder = mkdtempSync(join(tmpdir(), 'vitrine-example-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const example = /```js\n([\s\S]*?)```\n/.exec(readFileSync(PAGE, 'utf8'))?.[1] ?? '';
    const root = pathToFileURL(`${process.cwd()}/`).href;
    const file = join(folder, 'example.mjs');
    writeFileSync(file, example
      .replaceAll("'./dist/", `'${root}dist/`)
      .replace('ws://127.0.0.1:8080', server.url.replace('http', 'ws')));

    const { stdout, stderr } = await promisify(execFile)(process.execPath, [file]);

    assert.equal(stderr, '');
    const said = stdout.trim().split('\n').filter((line) => !line.startsWith('pushed'));
    assert.equal(said.length, 3, stdout);
    assert.deepEqual(said.slice(1), ['sum 10 in a batch of 1', 'unknown_model']);
    assert.equal(await server.stop(), 0);
  });
});
