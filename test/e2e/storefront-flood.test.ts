import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { startServer, type ServerProcess } from '../support/server-process.ts';
import { SocketClient } from '../support/socket-client.ts';

const SOCKETS = 20;
const REQUESTS = 600; // of each, sent without a pause: more than twice its credit
const ANSWER_MS_MAX = 3000; // of everybody else; the flood as a whole takes longer

interface Reply {
  readonly id: number;
  readonly error?: { readonly code: string; readonly retry_after_ms?: number };
}

suite('Sockets that ask for recommendations without pause', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'vitrine-flood-'));
  let server: ServerProcess;

  before(async () => {
    server = await startServer(dataDir);
  });
  after(async () => {
    await server?.kill();
    rmSync(dataDir, { recursive: true, force: true });
  });

  test('starve neither /metrics nor another visitor, and each request is answered once', async () => {
    const items = await popular(server.url);
    const sockets = await Promise.all(Array.from({ length: SOCKETS }, () =>
      SocketClient.open(server.port, ['vitrine.v1.json'])));
    const visitor = await SocketClient.open(server.port, ['vitrine.v1.json']);
    for (const socket of sockets) {
      for (let id = 0; id < REQUESTS; id += 1) {
        socket.ws.send(JSON.stringify({ id, op: 'recommend', items: [items[id % items.length]], k: 100 }));
      }
    }
    const startMs = performance.now();
    visitor.ws.send(JSON.stringify({ id: 7, op: 'recommend', items: items.slice(0, 3), k: 10 }));
    const metrics = fetch(`${server.url}/metrics`).then(async (response) => {
      assert.equal(response.status, 200);
      assert.match(await response.text(), /vitrine_storefront_waiting/);
      return performance.now() - startMs;
    });
    const seen = visitor.next().then(() => performance.now() - startMs);
    const [metricsMs, visitorMs] = await Promise.all([metrics, seen]);
    const replies = await Promise.all(sockets.map((socket) => allReplies(socket)));

    for (const all of replies) {
      assert.equal(new Set(all.map(({ id }) => id)).size, REQUESTS);
      const codes = new Set(all.map(({ error }) => error?.code ?? 'ok'));
      codes.delete('ok');
      codes.delete('overloaded');
      codes.delete('deadline');
      assert.deepEqual([...codes], []);
      assert.ok(all.every(({ error }) => error === undefined || Number(error.retry_after_ms) > 0));
    }
    const answered = replies.map((all) => all.filter(({ error }) => error === undefined).length);
    assert.ok(Math.min(...answered) > 0, 'every socket has its share');
    assert.ok(metricsMs < ANSWER_MS_MAX, `/metrics took ${metricsMs} ms`);
    assert.ok(visitorMs < ANSWER_MS_MAX, `the visitor waited ${visitorMs} ms`);
    console.log(`answered ${answered.reduce((a, b) => a + b)} of ${SOCKETS * REQUESTS}; ` +
      `/metrics ${Math.round(metricsMs)} ms, visitor ${Math.round(visitorMs)} ms`);
    for (const { ws } of [...sockets, visitor]) ws.close();
  });
});

async function allReplies(socket: SocketClient): Promise<Reply[]> {
  const replies: Reply[] = [];
  while (replies.length < REQUESTS) {
    replies.push(JSON.parse((await socket.next()).data.toString()) as Reply);
  }
  return replies;
}

async function popular(url: string): Promise<string[]> {
  const response = await fetch(`${url}/v1/recommend`, { method: 'POST', body: '{"k":50}' });
  const { items } = (await response.json()) as { items: { item: string }[] };
  return items.map(({ item }) => item);
}
