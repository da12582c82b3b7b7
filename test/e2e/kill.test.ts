import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Prng } from '../../server/core/prng.ts';
import { LmdbStore } from '../../server/store/lmdb-store.ts';
import type { ShopEvent } from '../../server/wire/schema.ts';
import { makeEvent } from '../support/shop-events.ts';
import { tempFolder } from '../support/temp-file.ts';

const ROUNDS = 8;
const CALLS = 300; // in one burst
const IN_FLIGHT = 12; // calls sent before the first of them is answered
const CALL_EVENTS_MAX = 40;
const SEED = 20261123;
const script = fileURLToPath(new URL('../support/event-process.js', import.meta.url));

suite('kill -9', () => {
  test('acknowledged events are there once after a restart, calls whole or not', async (t) => {
    t.diagnostic(`seed ${SEED}`);
    const prng = new Prng(SEED);
    const folder = join(tempFolder(), 'store');
    const calls: (readonly ShopEvent[])[] = [];
    const acknowledged = new Set<number>(); // numbers of calls

    for (let round = 0; round < ROUNDS; round++) {
      for (let i = 0; i < CALLS; i++) calls.push(someEvents(prng));
      await burst(folder, calls, prng, acknowledged);

      const store = LmdbStore.open(folder);
      const times = countIds(store);
      for (const [number, events] of calls.entries()) {
        const found = events.map(({ id }) => times.get(id) ?? 0);
        const want = acknowledged.has(number) ? 1 : found[0];
        assert.ok(found.every((count) => count === want && count <= 1), `call ${number}: ${found}`);
      }
      await store.close();
    }

    const lost = calls.length - acknowledged.size;
    t.diagnostic(`${calls.length} calls, ${acknowledged.size} acknowledged`);
    assert.ok(acknowledged.size >= ROUNDS && lost >= IN_FLIGHT - 1, 'kills came in mid-burst');
  });
});

/** Sends what no process has acknowledged yet, and kills this one in the middle of it. */
async function burst(
  folder: string,
  calls: readonly (readonly ShopEvent[])[],
  prng: Prng,
  acknowledged: Set<number>,
): Promise<void> {
  const child = fork(script, [folder], { serialization: 'advanced' });
  await once(child, 'message'); // ready
  // A client repeats what it has no answer for: the server must see that it has some of it.
  const waiting = [...calls.keys()].filter((number) => !acknowledged.has(number));
  const send = (): void => {
    const number = waiting.shift() as number;
    child.send({ number, events: calls[number] }, () => {}); // it may be dead by now
  };
  let left = 1 + prng.below(CALLS - IN_FLIGHT); // replies until the kill
  child.on('message', (number: number) => {
    acknowledged.add(number);
    left -= 1;
    if (left === 0) child.kill('SIGKILL');
    else if (left > 0) send();
  });
  for (let i = 0; i < IN_FLIGHT; i++) send();
  await once(child, 'exit');
  assert.equal(child.signalCode, 'SIGKILL');
}

function someEvents(prng: Prng): readonly ShopEvent[] {
  return Array.from({ length: 1 + prng.below(CALL_EVENTS_MAX) }, () =>
    makeEvent({ item: `item-${prng.below(50)}`, session: `session-${prng.below(100)}` }),
  );
}

function countIds(store: LmdbStore): Map<string, number> {
  const times = new Map<string, number>();
  for (const { event } of store.events()) times.set(event.id, (times.get(event.id) ?? 0) + 1);
  assert.equal(store.eventCount, [...times.values()].reduce((sum, count) => sum + count, 0));
  return times;
}
