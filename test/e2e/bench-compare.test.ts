import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';

const ROOT = process.cwd();
const servers: Server[] = [];
const folder = mkdtempSync(join(tmpdir(), 'vitrine-compare-test-'));

suite('vitrine bench compare', () => {
  before(async () => {
    for (const extraMs of [0, 8]) servers.push(await listen(extraMs));
  });
  after(() => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
    rmSync(folder, { recursive: true, force: true });
  });

  test('tells two servers apart by their latency, and writes what it found', async () => {
    const [json, html] = [join(folder, 'found.json'), join(folder, 'found.html')];
    const { code, said } = await compare([urlOf(0), urlOf(1)], ['--json', json, '--html', html]);

    assert.equal(code, 1, said);
    assert.match(said, /\(B\) differs from .* \(A\): p/);
    const { verdict, blocks, orders } = JSON.parse(readFileSync(json, 'utf8'));
    assert.equal(verdict.decision, 'different');
    assert.equal(blocks.length, orders.length);
    assert.match(readFileSync(html, 'utf8'), /<figcaption>Change by figure<\/figcaption>/);
  });

  test('refuses what it cannot compare in one line', async () => {
    const { code, said } = await compare(['no-such-place', urlOf(0)], []);

    assert.equal(code, 2);
    assert.match(said, /^vitrine bench compare: 'no-such-place' is no folder .*\n$/);
  });
});

function urlOf(at: number): string {
  return `http://127.0.0.1:${(servers[at]?.address() as AddressInfo).port}`;
}

/** A KServe v2 server of one model that answers late by so much. */
async function listen(extraMs: number): Promise<Server> {
  const tensor = { name: 'x', datatype: 'FP32', shape: [1, 1] };
  const server = createServer((request, reply) => {
    const say = (value: object) =>
      reply.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    request.resume();
    request.on('end', () => {
      if (request.method === 'GET' && request.url === '/v2/models/m') {
        say({ name: 'm', versions: ['1'], platform: 'p', inputs: [tensor], outputs: [tensor] });
      } else if (request.url === '/v2/models/m/infer') {
        setTimeout(() => say({ model_name: 'm', outputs: [{ ...tensor, data: [1] }] }), 2 + extraMs);
      } else reply.writeHead(404).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function compare(sides: readonly string[], more: readonly string[]): Promise<{ code: number; said: string }> {
  const args = [
    'bench', 'compare', ...sides, '-m', 'm', '--request-rate-range', '200', '--block-seconds', '0.25',
    '--block-warm-up', '0.05', '--pairs', '30', '--generator', 'node', '--lag-us-max', '1000000',
    '--output-tensor-format', 'json', ...more,
  ];
  const cli = join(ROOT, 'dist/server/cli.js');
  const child = spawn(process.execPath, [cli, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (said += text.toString()));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code: code ?? -1, said })));
}
