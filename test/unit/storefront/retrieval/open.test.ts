import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { loadAddon } from '../../../../server/ann/binding.ts';
import { Log } from '../../../../server/core/log.ts';
import { Prng } from '../../../../server/core/prng.ts';
import { MemoryStore } from '../../../../server/store/memory-store.ts';
import { openRetriever } from '../../../../server/storefront/retrieval/open.ts';
import {
  DEFAULT_SETTINGS, writeSettings,
} from '../../../../server/storefront/retrieval/settings.ts';
import { Shop } from '../../../../server/storefront/shop.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { makeEvent } from '../../../support/shop-events.ts';
import { tempFolder } from '../../../support/temp-file.ts';
import { writeEncoder } from '../../../support/write-encoder.ts';

const MINUTE_MS = 60_000;

suite('A retriever opened over a store', () => {
  test('a restart changes no answer: the log played again is what was observed live', async () => {
    const store = new MemoryStore();
    const clock = new FakeClock();
    const live = await open(store, clock);
    for (let session = 0; session < 12; session += 1) {
      for (let i = 0; i < 5; i += 1) {
        const item = `i${(session * 3 + i * i) % 10}`;
        for (const type of ['item_click', 'item_view'] as const) {
          const atMs = clock.wallMs() + i;
          await live.shop.ingest([makeEvent({ session: `s${session}`, item, type, atMs })]);
        }
      }
      clock.advance(MINUTE_MS * 1000);
    }

    const again = await open(store, clock);
    for (let row = 0; row < store.itemCount; row += 1) {
      const query = { items: Uint32Array.of((row * 7) % 10, row), k: 10 };
      assert.deepEqual(again.retriever.retrieve(query), live.retriever.retrieve(query));
    }
  });

  test('after a restart a live session goes on, and does not vote for itself', async () => {
    const store = new MemoryStore();
    const clock = new FakeClock();
    const first = await open(store, clock);
    for (const item of ['a', 'b']) {
      await first.shop.ingest([makeEvent({ session: 's', item, atMs: clock.wallMs() })]);
    }

    const second = await open(store, clock);
    await second.shop.ingest([makeEvent({ session: 's', item: 'c', atMs: clock.wallMs() })]);

    const request = { k: 3, filter: {}, session: 's' };
    const reply = await second.shop.recommend(request);
    const codes = new Set(reply.items.map(({ reason }) => reason.code));
    assert.ok(!codes.has('session_neighbours'), [...codes].join());
  });

  test('events without consent, of no interest or too late are not learned from', async () => {
    const store = new MemoryStore();
    const at = (minutes: number) => minutes * MINUTE_MS;
    await store.append([
      makeEvent({ session: 's', item: 'a', atMs: at(100) }),
      makeEvent({ session: 's', item: 'b', atMs: at(100), consent: false }),
      makeEvent({ session: 's', item: 'c', atMs: at(100), type: 'list_view' }),
      makeEvent({ session: 's', item: 'd', atMs: at(10) }), // of a session before this one
      makeEvent({ session: 's', item: 'e', atMs: at(101) }),
      makeEvent({ session: 's', item: 'f', atMs: at(200) }), // another session of the same id
    ]);

    const { retriever } = await open(store, new FakeClock());
    const none = new Uint32Array(0);
    const scored = retriever.retrieve({ items: none, k: 10 }).filter(({ score }) => score > 0);
    const popular = scored.map(({ row }) => store.itemAt(row)?.id);
    assert.deepEqual(popular.sort(), ['a', 'e', 'f']);
    const followers = retriever.similar(0, 10).map(({ row }) => store.itemAt(row)?.id);
    assert.deepEqual(followers, ['e']);
  });

  test('settings that were chosen with another shop’s items give way to the defaults', async () => {
    const repository = tempFolder();
    writeEncoder(repository, ['lamp', 'rug'], new Prng(1));
    const weights = { ...DEFAULT_SETTINGS.weights, popular: 9, session_neighbours: 0.5 };
    const record = { at: '', sessions: 2, heldOut: 1, prefixes: 1, hr20: 1, mrr20: 1 };
    const sources = ['popular', 'taste'] as const;
    writeSettings(repository, { ...DEFAULT_SETTINGS, weights }, { ...record, sources });

    const store = new MemoryStore();
    await store.append([makeEvent({ item: 'boat' })]);
    const other = await open(store, new FakeClock(), repository);
    await store.append([makeEvent({ item: 'lamp' })]);
    const own = await open(store, new FakeClock(), repository);

    assert.equal(other.retriever.sources[0], 'session_neighbours');
    assert.match(other.said.join(), /chosen for another shop/);
    assert.equal(own.retriever.sources[0], 'popular');
    assert.doesNotMatch(own.said.join(), /chosen for another shop/);
  });

  test('what is absent from the repository is said once', async () => {
    const { said } = await open(new MemoryStore(), new FakeClock());
    const absent = said.filter((line) => line.includes('is absent'));
    assert.equal(absent.length, 2);
    assert.match(absent.join(), /session-encoder.*item-vectors/s);
  });
});

async function open(store: MemoryStore, clock: FakeClock, repository = tempFolder()) {
  const said: string[] = [];
  const log = new Log('info', (line) => said.push(line));
  const setting = { addon: loadAddon(), store, repository, log };
  const retriever = openRetriever(setting);
  const shop = await Shop.open({
    addon: setting.addon, store, retriever, clock, log, sessionMinutesMax: 30, taste: null, insight: null,
  });
  return { retriever, shop, said };
}
