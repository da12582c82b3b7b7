/** `vitrine bench load` as its user types it: against Vitrine, a template's endpoint, and nothing. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { startServer as startNode, type ServerProcess as NodeProcess } from '../../bench/process.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';

const CLI = join(process.cwd(), 'dist/server/cli.js');
const folder = mkdtempSync(join(tmpdir(), 'vitrine-load-command-'));
after(() => rmSync(folder, { recursive: true, force: true }));

interface Said { readonly code: number; readonly out: string; readonly err: string }

/** A busy machine may delay the generator: what its lag proves is another test's. */
function load(words: string, ...more: string[]): Promise<Said> {
  const args = [CLI, 'bench', 'load', '--lag-us-max', '1e9', ...words.split(' ').filter(Boolean), ...more];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { timeout: 60_000 }, (error, out, err) => {
      resolve({ code: error ? Number(error.code) : 0, out, err });
    });
  });
}

suite('vitrine bench load', () => {
  let vitrine: ServerProcess;
  let echo: NodeProcess;
  before(async () => {
    vitrine = await startServer(join(folder, 'data'), undefined, 'auto');
    echo = await startNode([join(process.cwd(), 'dist/test/support/synthetic-server.js'), '0', '0', '0'], {}, null);
  });
  after(async () => {
    await vitrine.kill();
    await echo.stop();
  });

  const faces = ['ws', 'ws --encoding json', 'http', 'http --input-tensor-format json', 'http --generator node'];
  for (const protocol of faces) {
    test(`loads a model of Vitrine: -i ${protocol}`, async () => {
      const { code, out, err } = await load(`-u 127.0.0.1:${vitrine.port} -m sum -b 2 -i ${protocol} ` +
        '--concurrency-range 1:3:2 --request-count 100');

      assert.equal(code, 0, err);
      assert.match(out, /Request concurrency: 1\n  Client: \n    Request count: 1\d\d\n    Throughput: /);
      assert.match(out, /Request concurrency: 3\n/);
      assert.match(out, /Server: \n    Inference count: 2\d\d\n/); // the batch has two rows
    });
  }

  test('keeps a rate, counts goodput, and writes all its files', async () => {
    const files = ['csv', 'json', 'hlog', 'html'].map((ending) => join(folder, `report.${ending}`));
    const [csv = '', json = '', hlog = '', html = ''] = files;
    const { code, out, err } = await load(
      `-u ws://127.0.0.1:${vitrine.port} -m sum --request-rate-range 200 --request-distribution bursty ` +
        '--seconds 1.5 -p 300 -l 2000 --percentile 95 --collect-metrics --metrics-interval 200',
      '-f', csv, '--profile-export-file', json, '--hdr', hlog, '--html', html,
    );

    assert.equal(code, 0, err);
    assert.match(out, /Using bursty distribution/);
    assert.match(out, /100\.?0* % of what was due \(asked: 95 %\): met/);
    assert.match(readFileSync(csv, 'utf8'), /^Request Rate,Inferences\/Second,Client Send,/);
    assert.match(readFileSync(hlog, 'utf8'), /Histogram log format version 1\.3/);
    assert.match(readFileSync(html, 'utf8'), /<svg/);
    JSON.parse(readFileSync(json, 'utf8'));
  });

  test('drives any endpoint that a template describes, over both transports', async () => {
    const path = join(folder, 'template.json');
    writeFileSync(path, JSON.stringify({
      requests: [
        { name: 'fine', body: { id: '$ID', say: 'hello' }, share: 3 },
        { name: 'shed', body: '{"id":$ID} busy' },
      ],
      id: '$ID', shed: 'overloaded',
    }));
    for (const scheme of ['ws', 'http']) {
      const { code, out, err } = await load(
        `-u ${scheme}://127.0.0.1:${echo.port}/ --template ${path} --concurrency-range 2 --request-count 80`,
      );

      assert.equal(code, 0, err);
      assert.match(out, /Request count: 60\n/);
      assert.match(out, /Failed request count: 20 \(20 shed/);
    }
  });

  test('what fails is told with the server’s own words', async () => {
    const path = join(folder, 'failing.json');
    writeFileSync(path, JSON.stringify({ path: '/v2/models/nothing/infer', body: { inputs: [] } }));
    for (const generator of ['native', 'node']) {
      const { code, err } = await load(
        `-u http://127.0.0.1:${vitrine.port} --template ${path} --request-count 3 --generator ${generator}`,
      );

      assert.equal(code, 1);
      assert.match(err, /the first failure: 404 .*nothing/);
    }
  });

  test('replays recorded times at another speed', async () => {
    const path = join(folder, 'trace.csv');
    const times = Array.from({ length: 50 }, (_, i) => `2026-11-24T10:00:${10 + i}Z,c`);
    writeFileSync(path, ['time,customer', ...times].join('\n'));
    const { code, out, err } = await load(`-u ws://127.0.0.1:${vitrine.port} -m sum --trace ${path} --speed 50`);

    assert.equal(code, 0, err);
    assert.match(out, /Request count: 50\n/);
  });

  test('finds and verifies the highest rate that meets an objective', async () => {
    const { code, out, err } = await load(
      `-u ws://127.0.0.1:${vitrine.port} -m sum --request-rate-range 50:100 -l 1000 --percentile 50 -p 200 ` +
        '--binary-search --request-distribution constant',
    );

    assert.equal(code, 0, err);
    assert.match(out, /100/);
    assert.match(err, /rate 50 …\n.* 100\.000 % in time of \d+: met\nrate 100 …/s);
  });

  test('what cannot be done is told in a line, with its exit code', async () => {
    const at = `-u 127.0.0.1:${vitrine.port}`;
    const wrong: [number, RegExp, string][] = [
      [2, /-m MODEL, or --template/, at],
      [1, /no such model|not found|unknown/i, `${at} -m nothing`],
      [1, /ECONNREFUSED|bad port/, '-u 127.0.0.1:1 -m sum'],
      [2, /takes 8 rows/, `${at} -m sum -b 9`],
      [2, /no URL|Invalid/, '-u http:// -m sum'],
      [1, /ENOENT|no such file/, `${at} -m sum --input-data /nowhere.json`],
      [2, /Unknown option/, `${at} -m sum --concurency 3`],
      [1, /handshake|did not grant|Unexpected server response/, `-u ws://127.0.0.1:${vitrine.port}/v2 -m sum`],
      [2, /gRPC/, `${at} -m sum -i grpc`],
    ];
    for (const [code, says, words] of wrong) {
      const said = await load(words);
      assert.equal(said.code, code, `${words}: ${said.err}`);
      assert.match(said.err, says, words);
      assert.ok(said.err.split('\n').length <= 4, said.err);
    }
  });

  test('a lagging generator ends with exit code 3 and no figures', async () => {
    const { code, out, err } = await load(
      `-u ws://127.0.0.1:${vitrine.port} -m sum --request-rate-range 500 --seconds 1 --lag-us-max 1`,
    );

    assert.equal(code, 3);
    assert.match(err, /lags behind its schedule/);
    assert.equal(out, '');
  });
});
