import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { Prng } from '../../server/core/prng.ts';
import { LmdbStore } from '../../server/store/lmdb-store.ts';
import { decodeMsgpack, encodeMsgpack } from '../../server/wire/msgpack.ts';
import { startServer } from '../support/server-process.ts';
import { SocketClient } from '../support/socket-client.ts';
import { tempFolder } from '../support/temp-file.ts';

const ROUNDS = 3;
const CALLS_MAX = 400; // of one round; the kill comes before the last of them is answered
const IN_FLIGHT = 24;
const CALL_EVENTS = 5;
const SEED = 20261123;

suite('kill -9 of the whole server', () => {
  test('what was acknowledged over the WebSocket is there after a restart, once', async (t) => {
    t.diagnostic(`seed ${SEED}`);
    const prng = new Prng(SEED);
    const folder = tempFolder();
    const acknowledged = new Set<string>(); // ids of events
    let sent = 0;

    for (let round = 0; round < ROUNDS; round += 1) {
      const server = await startServer(folder); // after the first round: over what a kill left
      t.after(() => server.kill());
      const client = await SocketClient.open(server.port, ['vitrine.v1.msgpack']);
      const send = (): void => {
        const first = (sent += CALL_EVENTS) - CALL_EVENTS;
        const events = Array.from({ length: CALL_EVENTS }, (_, i) => ({
          id: `e-${first + i}`, type: 'item_view', session: `s-${prng.below(20)}`, items: ['lamps-007'],
        }));
        client.send(encodeMsgpack({ id: first, op: 'events', events }));
      };
      const answersUntilKill = 1 + prng.below(CALLS_MAX);
      for (let i = 0; i < IN_FLIGHT; i += 1) send();
      for (let i = 0; i < answersUntilKill; i += 1) {
        const reply = decodeMsgpack((await client.next()).data) as { id: number; accepted: number };
        assert.equal(reply.accepted, CALL_EVENTS);
        for (let at = 0; at < CALL_EVENTS; at += 1) acknowledged.add(`e-${reply.id + at}`);
        send();
      }
      await server.kill(); // with calls in flight, some of them in the middle of a commit
    }

    const server = await startServer(folder);
    t.after(() => server.kill());
    const client = await SocketClient.open(server.port, ['vitrine.v1.msgpack']);
    const events = [...acknowledged].slice(-CALL_EVENTS).map((id) =>
      ({ id, type: 'item_view', session: 's-1', items: ['lamps-007'] }));
    client.send(encodeMsgpack({ id: 1, op: 'events', events }));
    assert.deepEqual(decodeMsgpack((await client.next()).data), {
      id: 1, accepted: 0, duplicates: CALL_EVENTS,
    });
    await client.close();
    assert.equal(await server.stop(), 0);

    const times = timesOf(folder);
    const lost = [...acknowledged].filter((id) => times.get(id) !== 1);
    assert.deepEqual(lost, []);
    t.diagnostic(`${sent} events sent, ${acknowledged.size} acknowledged`);
    assert.ok(sent > acknowledged.size, 'kills came in mid-burst');
  });
});

/** How often each event of this test is in the store; every call is there whole or not at all. */
function timesOf(folder: string): Map<string, number> {
  const store = LmdbStore.open(join(folder, 'store'));
  const times = new Map<string, number>();
  for (const { event: { id } } of store.events()) {
    if (id.startsWith('e-')) times.set(id, (times.get(id) ?? 0) + 1);
  }
  for (const id of times.keys()) {
    const first = Math.floor(Number(id.slice(2)) / CALL_EVENTS) * CALL_EVENTS;
    for (let i = 0; i < CALL_EVENTS; i += 1) assert.ok(times.has(`e-${first + i}`), id);
  }
  void store.close();
  return times;
}
