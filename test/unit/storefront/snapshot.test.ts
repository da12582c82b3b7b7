import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { Log } from '../../../server/core/log.ts';
import { MemoryStore } from '../../../server/store/memory-store.ts';
import type { Store } from '../../../server/store/store.ts';
import { STOREFRONT_LIMITS } from '../../../server/storefront/limits.ts';
import { readSnapshot, writeSnapshot } from '../../../server/storefront/snapshot-file.ts';
import type { Snapshot } from '../../../server/storefront/snapshot-file.ts';
import type { EventType } from '../../../server/wire/schema.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { LEARNED, openLiveShop } from '../../support/live-shop.ts';
import { makeEvent } from '../../support/shop-events.ts';
import { tempFolder } from '../../support/temp-file.ts';

const ITEMS = [...LEARNED, 'unlearned-0', 'unlearned-1'];
const SESSIONS = ['r', 's', 't'];
const CUSTOMERS = ['c', 'd'];
const TYPES: readonly EventType[] = ['item_view', 'item_click', 'cart_add', 'purchase', 'refund'];
const DUE = STOREFRONT_LIMITS.snapshotEventsMin;

const some = fc.array(fc.record({
  session: fc.constantFrom(...SESSIONS),
  customer: fc.option(fc.constantFrom(...CUSTOMERS), { nil: undefined, freq: 2 }),
  item: fc.constantFrom(...ITEMS),
  type: fc.constantFrom(...TYPES),
  consent: fc.constantFrom(true, true, false),
  minutesAgo: fc.integer({ min: 0, max: 150 }),
}), { maxLength: 30 });

type Shop = Awaited<ReturnType<typeof openLiveShop>>;
type Some = typeof some extends fc.Arbitrary<infer T> ? T : never;

/** Events that none of the others meet, so many that a snapshot is due. */
const CROWD = Array.from({ length: DUE }, (_, i) =>
  makeEvent({ session: `crowd-${i % 500}`, item: ITEMS[(i * i) % ITEMS.length] as string, atMs: 1.6e12 + i }));

async function tell({ shop, clock }: Shop, events: Some): Promise<void> {
  for (const { minutesAgo, customer, ...fields } of events) {
    const atMs = clock.wallMs() - minutesAgo * 60_000;
    await shop.ingest([makeEvent({ ...fields, atMs, ...(customer !== undefined && { customer }) })]);
  }
}

/** Another store with the same log and catalogue. */
async function copyOf(store: Store): Promise<MemoryStore> {
  const copy = new MemoryStore();
  await copy.putItems([...store.items()].filter(({ declared }) => declared));
  await copy.append([...store.events()].map(({ event }) => event));
  return copy;
}

/** What anybody could be told. */
async function answers({ shop, clock, similar }: Shop): Promise<unknown[]> {
  const told: unknown[] = [shop.gauges];
  const nowMs = clock.wallMs();
  for (const customer of CUSTOMERS) told.push(shop.histories.features(customer, nowMs));
  const filter = { excludeSeen: true };
  const whose = [{}, ...SESSIONS.map((session) => ({ session })), ...CUSTOMERS.map((customer) => ({ customer }))];
  for (const who of whose) told.push((await shop.recommend({ ...who, k: 20, filter })).items);
  for (const item of ITEMS) told.push(await similar(item, 20).catch(() => 'unknown'));
  return told;
}

suite('A shop with a snapshot', () => {
  test('is the shop that playing the whole log gives, and goes on like it', async () => {
    await fc.assert(fc.asyncProperty(some, some, some, async (before, after, later) => {
      const clock = new FakeClock();
      const snapshotPath = join(tempFolder(), 'shop.snapshot');
      const lived = await openLiveShop({ clock, snapshotPath });
      await lived.shop.ingest(CROWD);
      await tell(lived, before);
      await lived.shop.keep();
      assert.ok(existsSync(snapshotPath));
      clock.advance(10 * 60e6);
      await tell(lived, after);

      const said: string[] = [];
      const log = new Log('info', (line) => said.push(line));
      const kept = await openLiveShop({ clock, store: lived.store, snapshotPath, log });
      const played = await openLiveShop({ clock, store: await copyOf(lived.store) });

      assert.match(said.join(), new RegExp(`"fromSnapshot":${DUE + before.length},`));
      assert.deepEqual(await answers(kept), await answers(played));
      // Of now: what comes late for a session that is over finds none to join in either.
      const now = later.map((one) => ({ ...one, minutesAgo: 0 }));
      for (const shop of [kept, played]) await tell(shop, now);
      assert.deepEqual(await answers(kept), await answers(played));
    }), { numRuns: 12 });
  });

  test('a damaged, cut, foreign or older file is refused with a reason, and the log is played', async () => {
    const clock = new FakeClock();
    const snapshotPath = join(tempFolder(), 'shop.snapshot');
    const lived = await openLiveShop({ clock, snapshotPath });
    await lived.shop.ingest(CROWD);
    await lived.shop.keep();
    const whole = readFileSync(snapshotPath);
    const other = await openLiveShop({ clock, snapshotPath: join(tempFolder(), 'other') });
    await other.shop.ingest(CROWD.map((event) => ({ ...event, id: `other-${event.id}` })));
    const wanted = await answers(await openLiveShop({ clock, store: lived.store }));

    const changed = (at: number): Buffer => {
      const copy = Buffer.from(whole);
      copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
      return copy;
    };
    const cases: [Buffer | string, RegExp, Partial<Parameters<typeof openLiveShop>[0]>?][] = [
      ['', /cut off/], [whole.subarray(0, 50), /cut off/], [whole.subarray(0, -8), /checksum/],
      [changed(0), /no snapshot/], [changed(8), /version/], [changed(12), /checksum/],
      [changed(20), /checksum/], [changed(200), /checksum/], [changed(whole.length - 9), /checksum/],
      [whole, /other settings/, { sessionMinutesMax: 5 }], [whole, /another log/, { store: other.store }],
      [whole, /20000 events, the log 0/, { store: new MemoryStore() }],
    ];
    for (const [bytes, why, parts] of cases) {
      writeFileSync(snapshotPath, bytes);
      const said: string[] = [];
      const log = new Log('info', (line) => said.push(line));
      const again = await openLiveShop({ clock, store: lived.store, snapshotPath, log, ...parts });
      assert.match(said.join('\n'), /the snapshot is of no use/);
      assert.match(said.join('\n'), why);
      assert.match(said.join('\n'), /"fromSnapshot":0,/);
      if (!parts) assert.deepEqual(await answers(again), wanted);
    }
  });

  test('writes none where little is new, and none of a log that others have written to', async () => {
    const snapshotPath = join(tempFolder(), 'shop.snapshot');
    const { shop, store } = await openLiveShop({ snapshotPath });
    await shop.ingest(CROWD.slice(1));
    await shop.keep();
    assert.ok(!existsSync(snapshotPath));

    await store.append([makeEvent({ item: 'a' })]);
    await shop.ingest([makeEvent({ item: 'b' })]);
    await shop.keep();
    assert.ok(!existsSync(snapshotPath));
  });

  test('a folder that cannot be written costs a line in the log', async () => {
    const said: string[] = [];
    const log = new Log('warn', (line) => said.push(line));
    const { shop } = await openLiveShop({ snapshotPath: join(tempFolder(), 'no', 'such', 'folder'), log });
    await shop.ingest(CROWD);

    await shop.keep();

    assert.match(said.join(), /no snapshot could be written/);
  });
});

suite('A snapshot file', () => {
  test('gives back what it was given, whatever the lengths', async () => {
    const path = join(tempFolder(), 'file');
    const column = fc.oneof(
      fc.uint8Array({ maxLength: 9 }), fc.uint32Array({ maxLength: 9 }),
      fc.float32Array({ maxLength: 9, noNaN: true }), fc.float64Array({ maxLength: 9, noNaN: true }),
    );
    const name = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => text !== '__proto__');
    await fc.assert(fc.asyncProperty(
      fc.dictionary(name, fc.string({ unit: 'grapheme' }), { noNullPrototype: true }),
      fc.dictionary(name, column, { noNullPrototype: true }),
      async (head, columns) => {
        const bytes = await writeSnapshot(path, { head, columns } as Snapshot);

        assert.deepEqual(await readSnapshot(path), { head, columns });
        assert.equal(readFileSync(path).length, bytes);
      },
    ), { numRuns: 100 });
  });
});
