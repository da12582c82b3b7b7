/** A running server notices that its visitors are not those its model learned from, and says so. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, suite, test } from 'node:test';
import { temporaryFolder } from '../support/model-repository.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';

interface Message { readonly alert: string; readonly model: string; readonly state: string }
interface Report {
  readonly rows: number; readonly waiting: number; readonly reference: string;
  readonly columns: { readonly name: string; readonly level: string }[];
  readonly firing: string[];
}

const SESSIONS = 250;

suite('a server that watches its models', () => {
  const messages: Message[] = [];
  let refuse = 1; // the first message is not taken
  let told = (): void => {};
  const firstMessage = new Promise<void>((resolve) => { told = resolve; });
  const hook = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      response.statusCode = refuse > 0 ? 500 : 200;
      response.end();
      if (refuse-- > 0) return;
      messages.push(JSON.parse(Buffer.concat(parts).toString()) as Message);
      told();
    });
  });
  let server: ServerProcess;
  before(async () => {
    hook.listen(0, '127.0.0.1');
    await once(hook, 'listening');
    const { port } = hook.address() as AddressInfo;
    server = await startServer(temporaryFolder(), undefined, 'yes', {
      VITRINE_WATCH_SECONDS: '1', VITRINE_ALERT_URL: `http://127.0.0.1:${port}/alerts`,
    });
  });
  after(async () => {
    await server.kill();
    hook.close();
  });

  const post = async (path: string, body: object): Promise<Response> => fetch(`${server.url}${path}`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
  });
  const report = async (): Promise<Report> =>
    (await (await fetch(`${server.url}/v1/watch/intent`)).json()) as Report;

  test('visitors who do nothing but search are drift: told once, though the first try failed', async () => {
    const atMs = Date.now();
    const events = Array.from({ length: SESSIONS * 2 }, (_, i) => ({
      id: `e${i}`, type: 'search', session: `s${i % SESSIONS}`, at_ms: atMs - 1000 + (i % 900),
    }));
    const taken = await post('/v1/events', { events });
    assert.equal(taken.status, 200, await taken.text());
    for (let session = 0; session < SESSIONS; session += 1) {
      assert.equal((await post('/v1/insight', { session: `s${session}` })).status, 200);
    }
    await firstMessage;
    const { columns, firing, rows, waiting, reference } = await report();
    assert.equal(rows, SESSIONS);
    assert.equal(waiting, SESSIONS); // nobody's session is over
    assert.equal(reference, 'of the training');
    assert.ok(firing.includes('drift'));
    assert.ok(columns.some(({ name, level }) => name === 'log_searches' && level === 'shifted'));
    const page = await (await fetch(`${server.url}/metrics`)).text();
    assert.match(page, /vitrine_drift_psi\{model="intent",column="log_searches"\} [1-9]/);
    assert.match(page, /vitrine_alert_firing\{model="intent",alert="drift"\} 1/);
    assert.match(page, /vitrine_alerts_failed_total 1/);
    const drift = messages.filter(({ alert }) => alert === 'drift');
    assert.deepEqual(drift.map(({ model, state }) => [model, state]), [['intent', 'firing']]);
  });

  test('a model that is not watched is a clear error', async () => {
    const answer = await fetch(`${server.url}/v1/watch/other`);
    assert.equal(answer.status, 404);
    assert.match(await answer.text(), /'other' is not watched; watched: intent/);
  });
});
