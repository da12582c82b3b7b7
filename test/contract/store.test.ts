import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import fc from 'fast-check';
import { LmdbStore } from '../../server/store/lmdb-store.ts';
import { MemoryStore } from '../../server/store/memory-store.ts';
import { isListed } from '../../server/store/listed.ts';
import type { Attributes } from '../../server/wire/schema.ts';
import type { Item, Store, StoredItem } from '../../server/store/store.ts';
import { anyEvent, makeEvent } from '../support/shop-events.ts';

const folder = mkdtempSync(join(tmpdir(), 'vitrine-store-'));
after(() => rmSync(folder, { recursive: true }));
let stores = 0;

storeContract('MemoryStore', () => new MemoryStore());
storeContract('LmdbStore', () => LmdbStore.open(join(folder, String(++stores))));

function storeContract(name: string, open: () => Store): void {
  const setup = (t: { after: (run: () => Promise<void>) => void }): Store => {
    const store = open();
    t.after(() => store.close());
    return store;
  };
  const events = (store: Store, from?: number) => [...store.events(from)].map(({ event }) => event);

  suite(name, () => {
    test('events come back in order of arrival, from any sequence number on', async (t) => {
      const store = setup(t);
      const sent = Array.from({ length: 700 }, () => makeEvent());

      await store.append(sent.slice(0, 1));
      await store.append(sent.slice(1, 600)); // more than one record of the log holds
      await store.append(sent.slice(600));

      assert.equal(store.eventCount, 700);
      assert.deepEqual(events(store), sent);
      for (const from of [0, 1, 2, 256, 257, 599, 600, 699]) {
        const read = [...store.events(from)];
        assert.equal(read[0]?.sequence, from);
        assert.deepEqual(read.map(({ event }) => event), sent.slice(from), `from ${from}`);
      }
      assert.deepEqual(events(store, 700), []);
      assert.deepEqual(events(store, 5000), []);
    });

    test('events are read from the middle of the first call that wrote any', async (t) => {
      const store = setup(t);
      const sent = Array.from({ length: 200 }, () => makeEvent());

      await store.append(sent);
      await store.append([makeEvent()]);

      assert.deepEqual(events(store, 150).slice(0, 50), sent.slice(150));
    });

    test('who is forgotten leads nowhere: neither by name, nor by session, nor by visitor', async (t) => {
      const store = setup(t);
      const lamp = [{ item: 'lamp', quantity: 2, price: 5 }];
      const sent = [
        makeEvent({ session: 's1', visitor: 'v1' }), // before they said who they are
        makeEvent({ session: 's1', customer: 'gone', type: 'purchase', items: lamp, query: 'me', country: 'DE' }),
        makeEvent({ session: 's1' }),
        makeEvent({ session: 's2', visitor: 'v2', customer: 'gone' }),
        makeEvent({ session: 's3', visitor: 'v2' }),
        makeEvent({ session: 's2', customer: 'stays', visitor: 'v2' }),
        makeEvent({ session: 's4', visitor: 'v4', customer: 'stays' }),
        makeEvent({ session: 's4' }),
      ];
      for (const event of sent.slice(0, 3)) await store.append([event]);
      await store.append(sent.slice(3));

      assert.equal(await store.forget('gone'), 5);

      const read = events(store);
      const gone = [0, 1, 2, 3, 4];
      for (const i of gone) {
        const { id, type, atMs, session, items } = sent[i]!;
        assert.deepEqual(read[i], { id, type, atMs, session, items, consent: false });
      }
      assert.deepEqual(read.slice(5), sent.slice(5));
      assert.equal(store.eventCount, sent.length);
      assert.deepEqual((await store.append(sent)).accepted, []); // ids still count once
      assert.equal(await store.forget('gone'), 0);
      assert.equal(store.note('forgotten'), 1);
      await store.append([makeEvent({ customer: 'gone' })]);
      assert.equal(events(store).at(-1)!.customer, 'gone'); // who comes back is somebody new
    });

    test('a forgotten customer is found in a long log, and nobody else of it is touched', async (t) => {
      const store = setup(t);
      const sent = Array.from({ length: 9000 }, (_, i) =>
        makeEvent({ session: `s${i % 3000}`, ...(i % 50 === 0 && { customer: `c${i % 7}` }) }));
      for (let at = 0; at < sent.length; at += 900) await store.append(sent.slice(at, at + 900));
      const theirs = new Set(sent.filter(({ customer }) => customer === 'c3').map(({ session }) => session));
      const want = sent.filter(({ customer, session }) =>
        customer === 'c3' || (customer === undefined && theirs.has(session)));

      const [count] = await Promise.all([store.forget('c3'), store.append([makeEvent()])]);

      assert.equal(count, want.length);
      const read = events(store);
      assert.equal(read.length, sent.length + 1);
      sent.forEach((event, i) => {
        if (want.includes(event)) assert.equal(read[i]!.consent, false);
        else assert.deepEqual(read[i], event);
      });
    });

    test('an event id counts once: in a call, over calls, and in calls of one turn', async (t) => {
      const store = setup(t);
      const [a, b, c] = [makeEvent(), makeEvent(), makeEvent()] as const;

      const first = await store.append([a, b, a]);
      const [second, third] = await Promise.all([store.append([b, c]), store.append([c, a])]);

      assert.deepEqual(first, { accepted: [a, b], duplicates: 1 });
      assert.deepEqual(second, { accepted: [c], duplicates: 1 });
      assert.deepEqual(third, { accepted: [], duplicates: 2 });
      assert.deepEqual(events(store), [a, b, c]);
    });

    test('whatever the wire lets through is read as it was written', async () => {
      await fc.assert(
        fc.asyncProperty(fc.uniqueArray(anyEvent, { selector: (e) => e.id }), async (sent) => {
          const store = open();
          await store.append(sent);
          assert.deepEqual(events(store), sent);
          await store.close();
        }),
        { numRuns: 30, seed: 7 },
      );
    });

    test('an item gets the next row when first seen, and keeps it', async (t) => {
      const store = setup(t);
      const lamp: Item = { id: 'lamp', title: 'A lamp', categories: ['light'], inStock: true };

      await store.append([makeEvent({ item: 'chair' })]);
      await store.putItems([lamp, { ...lamp, id: 'bulb', price: 2.5, picture: 'seed:4' }]);
      await store.append([makeEvent({ item: 'lamp' }), makeEvent({ item: 'sofa' })]);
      await store.putItems([{ ...lamp, inStock: false }]);

      const want: StoredItem[] = [
        { id: 'chair', title: 'chair', categories: [], inStock: true, row: 0, declared: false, removed: false },
        { ...lamp, inStock: false, row: 1, declared: true, removed: false },
        { ...lamp, id: 'bulb', price: 2.5, picture: 'seed:4', row: 2, declared: true, removed: false },
        { id: 'sofa', title: 'sofa', categories: [], inStock: true, row: 3, declared: false, removed: false },
      ];
      assert.equal(store.itemCount, 4);
      assert.equal(store.declaredCount, 2);
      assert.deepEqual([...store.items()], want);
      assert.deepEqual(store.item('bulb'), want[2]);
      assert.deepEqual(store.itemAt(3), want[3]);
      assert.equal(store.item('nothing'), undefined);
      assert.equal(store.itemAt(4), undefined);
    });

    test('an attribute is of one type on all items, for good; what is refused has changed nothing', async (t) => {
      const store = setup(t);
      const item = (id: string, attributes: Attributes): Item =>
        ({ id, title: id, categories: [], inStock: true, attributes });
      const lamp = item('lamp', { brand: 'x', sizes: ['s', 'm'], margin: 0.5, vegan: true, released: '2026-11-23' });

      await store.putItems([lamp]);
      await assert.rejects(store.putItems([item('bulb', { watt: 3 }), item('rug', { margin: 'much' })]),
        { code: 'bad_argument', message: /item 'rug', attribute 'margin': number on other items, text here/ });
      await store.putItems([item('chair', { watt: 'many', brand: '2026-01-01', sizes: [] })]);
      await store.putItems([{ id: 'lamp', title: 'A lamp', categories: [], inStock: true }]);
      await assert.rejects(store.putItems([item('lamp', { margin: false })]), { code: 'bad_argument' });
      const numbers = Object.fromEntries(Array.from({ length: 31 }, (_, i) => [`n${i}`, i]));
      await assert.rejects(store.putItems([item('desk', numbers)]), /one more than the 31 numbers and dates/);

      assert.equal(store.item('lamp')?.attributes, undefined);
      assert.equal(store.item('bulb'), undefined);
      assert.deepEqual(store.item('chair')?.attributes, { watt: 'many', brand: '2026-01-01', sizes: [] });
      assert.deepEqual(store.note('attributes'), {
        brand: 'text', sizes: 'text', margin: 'number', vegan: 'boolean', released: 'date', watt: 'text',
      });
    });

    test('who listens is told of items after their commit, and only of them', async (t) => {
      const store = setup(t);
      const told: number[][] = [];
      const cancel = store.onItems((items) => {
        for (const item of items) assert.deepEqual(store.itemAt(item.row), item);
        told.push(items.map((item) => item.row));
      });

      await store.append([makeEvent({ item: 'a' }), makeEvent({ item: 'b' })]);
      await store.append([makeEvent({ item: 'a' })]);
      await store.putItems([{ id: 'b', title: 'B', categories: [], inStock: true }]);
      cancel();
      await store.append([makeEvent({ item: 'c' })]);

      assert.deepEqual(told, [[0, 1], [1]]);
    });

    test('an item that is removed keeps its row, and is back when it is put again', async (t) => {
      const store = setup(t);
      const told: boolean[][] = [];
      await store.putItems(['a', 'b'].map((id) => ({ id, title: id, categories: ['c'], inStock: true })));
      store.onItems((items) => told.push(items.map(({ removed }) => removed)));

      assert.equal(await store.removeItems(['b', 'nobody', 'b']), 1);
      assert.equal(await store.removeItems(['b']), 0);
      await store.append([makeEvent({ item: 'b' })]);

      assert.deepEqual(told, [[true]]);
      assert.equal(store.item('b')?.removed, true);
      assert.equal(store.itemCount, 2);
      assert.equal(store.declaredCount, 2);
      assert.equal(isListed(store.item('b') as StoredItem, store), false);
      await store.putItems([{ id: 'b', title: 'B', categories: [], inStock: true }]);
      assert.deepEqual(store.item('b'), {
        id: 'b', title: 'B', categories: [], inStock: true, row: 1, declared: true, removed: false,
      });
    });

    test('a note holds the last value it was given', async (t) => {
      const store = setup(t);

      await store.putNote('import', { rows: 3 });
      await store.putNote('import', { rows: 4, kinds: ['a'] });

      assert.deepEqual(store.note('import'), { rows: 4, kinds: ['a'] });
      assert.equal(store.note('another'), undefined);
    });

    test('a call with an id that cannot be kept fails alone and leaves nothing', async (t) => {
      const store = setup(t);
      const good = makeEvent({ item: 'a' });
      const long = 'x'.repeat(129);

      const calls = [
        store.append([makeEvent({ item: 'b' }), makeEvent({ id: '' })]),
        store.append([good]),
        store.append([makeEvent({ item: long })]),
        store.putItems([{ id: long, title: '', categories: [], inStock: true }]),
      ];
      const ends = await Promise.allSettled(calls);

      const codes = ends.map((end) => (end.status === 'rejected' ? end.reason.code : 'ok'));
      assert.deepEqual(codes, ['bad_argument', 'ok', 'bad_argument', 'bad_argument']);
      assert.deepEqual(events(store), [good]);
      assert.deepEqual([...store.items()].map((item) => item.id), ['a']);
    });

    test('events that are appended while another reads are neither lost nor doubled', async (t) => {
      const store = setup(t);
      const sent = Array.from({ length: 300 }, () => makeEvent());
      await store.append(sent.slice(0, 10));

      const reading = store.events()[Symbol.iterator]();
      reading.next();
      const again = await store.append(sent);
      reading.return?.();

      assert.equal(again.duplicates, 10);
      assert.deepEqual(events(store), sent);
    });

    test('a closed store keeps what it was given before and refuses the rest', async (t) => {
      const store = setup(t);

      const before = store.append([makeEvent()]);
      const closing = store.close();

      assert.equal((await before).accepted.length, 1);
      await closing;
      await assert.rejects(store.append([makeEvent()]), { code: 'storage' });
      await assert.rejects(store.putNote('a', 1), { code: 'storage' });
      assert.throws(() => [...store.events()], { code: 'storage' });
      await store.close(); // a second time does nothing
    });
  });
}
