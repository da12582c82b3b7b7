import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parquetWriteFile } from 'hyparquet-writer';
import { LmdbStore } from '../../../../server/store/lmdb-store.ts';
import { parseColumnMap } from '../../../../server/store/import/column-map.ts';
import { cursorNote } from '../../../../server/store/import/cursor.ts';
import { importEvents } from '../../../../server/store/import/events.ts';
import { progressText } from '../../../../server/store/import/progress.ts';
import { MemoryStore } from '../../../../server/store/memory-store.ts';
import type { ShopEvent } from '../../../../server/wire/schema.ts';
import { tempFile, tempFolder } from '../../../support/temp-file.ts';

const strict = { skipBad: false, progress: () => {} };
const logged = (store: MemoryStore | LmdbStore): ShopEvent[] => [...store.events()].map(({ event }) => event);

suite('Events of a file', () => {
  const want: ShopEvent[] = [
    {
      id: 'e1', type: 'item_view', atMs: Date.UTC(2023, 10, 14, 22, 13, 20), session: 's1',
      items: [{ item: 'rug', quantity: 1 }],
    },
    {
      id: 'e2', type: 'purchase', atMs: Date.UTC(2023, 10, 14, 22, 15), session: 's1', customer: 'Zoë',
      items: [{ item: 'a "red" lamp', quantity: 2, price: 9.5 }],
    },
  ];

  test('CSV and Parquet are the same events as JSON lines', async () => {
    const csv = tempFile('e.csv', '\ufeffid,type,at_ms,session,customer,item,quantity,price\r\n' +
      'e1,item_view,1700000000000,s1,,rug,,\r\n\r\ne2,purchase,2023-11-14T22:15:00Z,s1,Zoë,"a ""red"" lamp",2,9.5\r\n');
    const parquet = `${tempFolder()}/e.parquet`;
    const column = (name: string, type: 'STRING' | 'TIMESTAMP' | 'INT32' | 'DOUBLE', data: unknown[]) =>
      ({ name, type, data, nullable: true }) as never;
    parquetWriteFile({ filename: parquet, columnData: [
      column('id', 'STRING', ['e1', 'e2']), column('type', 'STRING', ['item_view', 'purchase']),
      column('at_ms', 'TIMESTAMP', want.map(({ atMs }) => new Date(atMs))), column('session', 'STRING', ['s1', 's1']),
      column('customer', 'STRING', [null, 'Zoë']), column('item', 'STRING', ['rug', 'a "red" lamp']),
      column('quantity', 'INT32', [null, 2]), column('price', 'DOUBLE', [null, 9.5]),
    ] });

    for (const path of [csv, parquet]) {
      const store = new MemoryStore();
      const summary = await importEvents(store, path, strict);
      assert.deepEqual(logged(store), want, path);
      assert.deepEqual(summary, { rows: 2, events: 2, duplicates: 0, items: 2, skipped: {} });
      assert.equal((await importEvents(store, path, strict)).duplicates, 2);
    }
  });

  test('columns, types and the zone may be another’s; a row without id and session gets them', async () => {
    const path = tempFile('kaggle.csv', 'event_time,event_type,product_id,brand,price,user_id\n' +
      '2019-10-01 00:00:00 UTC,view,44600062,shiseido,35.79,541312140\n' +
      '2019-10-01 00:00:01,cart,3900821,aqua,33.20,554748717\n');
    const map = parseColumnMap(
      'at_ms=event_time,type=event_type,item=product_id,customer=user_id',
      'view=item_view,cart=cart_add', 'Asia/Shanghai');
    const store = new MemoryStore();

    await importEvents(store, path, strict, map);
    const again = await importEvents(store, path, strict, map);

    const events = logged(store);
    assert.deepEqual(events.map(({ id: _, ...event }) => event), [
      { type: 'item_view', atMs: Date.UTC(2019, 9, 1), session: '541312140', customer: '541312140',
        items: [{ item: '44600062', quantity: 1, price: 35.79 }] },
      { type: 'cart_add', atMs: Date.UTC(2019, 8, 30, 16, 0, 1), session: '554748717', customer: '554748717',
        items: [{ item: '3900821', quantity: 1, price: 33.2 }] },
    ]);
    for (const { id } of events) assert.match(id, /^h[0-9a-f]{16}$/);
    assert.deepEqual([again.events, again.duplicates], [0, 2]);
  });

  test('what is wrong is named by line and column, or counted', async () => {
    const head = 'id,type,at_ms,session,item,price,time_zone,quantity\n';
    const wrong: readonly (readonly [string, RegExp])[] = [
      ['e,buy,1700000000000,s,a,,,\n', /line 3, type: expected one of home_view.*got "buy"/],
      ['e,item_view,soon,s,a,,,\n', /line 3, at_ms: expected a time.*got "soon"/],
      ['e,item_view,1989-01-01,s,a,,,\n', /line 3, at_ms: expected a time of the years 2000 to 2999/],
      ['e,item_view,1700000000000,s,,,,\n', /line 3, item: expected at least one item of a item_view/],
      ['e,item_view,1700000000000,s,a,-1,,\n', /line 3, price: expected a number of at least 0, got -1/],
      ['e,item_view,1700000000000,s,a,,Mars,\n', /line 3, time_zone: expected an IANA time zone.*"Mars"/],
      ['e,item_view,1700000000000,s,a,,,0\n', /line 3, quantity: expected an integer of at least 1, got 0/],
      ['e,item_view,1700000000000,,a,,,\n', /line 3, session: expected an id/],
      ['e,item_view,1700000000000,s,a,,,,more\n', /line 3: 9 fields for 8 columns/],
      ['"e\nf",item_view,1700000000000,s,a,,,\n', /line 3, id: expected an id/],
    ];
    for (const [row, message] of wrong) {
      const path = tempFile('e.csv', `${head}good,home_view,1700000000000,s,,,,\n${row}`);
      const store = new MemoryStore();
      await assert.rejects(importEvents(store, path, strict), { code: 'bad_argument', message });
      assert.deepEqual(logged(store).map(({ id }) => id), ['good']);
      const summary = await importEvents(new MemoryStore(), path, { ...strict, skipBad: true });
      assert.deepEqual(summary.skipped, { bad: 1 }, row);
    }
    await assert.rejects(importEvents(new MemoryStore(), tempFile('e.csv', 'id,type,at_ms,colour\n'), strict),
      /nothing is known of a column 'colour'/);
    await assert.rejects(importEvents(new MemoryStore(), tempFile('e.parquet', 'no'), strict), /no Parquet file/);
  });

  test('records that go over the reader’s blocks are whole, and numbered', async () => {
    const rows = Array.from({ length: 30_000 }, (_, i) =>
      `e${i},search,${1_700_000_000_000 + i},s,"one\n""two"" ${i}"`);
    const path = tempFile('e.csv.gz', `id,type,at_ms,session,query\n${rows.join('\n')}`);
    const store = new MemoryStore();

    await importEvents(store, path, strict);

    const events = logged(store);
    assert.equal(events.length, 30_000);
    events.forEach(({ id, query }, i) => assert.equal(`${id} ${query}`, `e${i} one\n"two" ${i}`));
  });

  test('a cursor of another file, or of other options, is not taken up; one that ended leaves none', async () => {
    const path = tempFile('e.csv', 'id,type,at_ms,session\ne1,home_view,1700000000000,s\n');
    const store = LmdbStore.open(`${tempFolder()}/store`);
    for (const file of ['another', '']) {
      await store.putNote(cursorNote(path), { file, how: 'csv', offset: 40, line: 2 });
      const summary = await importEvents(store, path, strict);
      assert.equal(summary.rows, 1);
      assert.equal(store.note(cursorNote(path)), undefined);
    }
    await store.close();
  });

  test('progress has the share, the rate and the time that is left', () => {
    assert.equal(progressText({ events: 500_000, seconds: 2, done: 25, all: 100, before: 0 }),
      '25 %: 500,000 events, 250,000/s, 6 s left');
    assert.equal(progressText({ events: 100, seconds: 1, done: 60, all: 100, before: 50 }),
      '60 %: 100 events, 100/s, 4 s left');
  });
});
