import assert from 'node:assert/strict';
import { truncateSync } from 'node:fs';
import { suite, test } from 'node:test';
import { importCatalogue } from '../../../../server/store/import/catalogue.ts';
import { importEvents } from '../../../../server/store/import/events.ts';
import { MemoryStore } from '../../../../server/store/memory-store.ts';
import { tempFile } from '../../../support/temp-file.ts';

const strict = { skipBad: false, progress: () => {} };

suite('A shop’s own catalogue', () => {
  const want = [
    { id: 'lamp', title: 'A lamp, red', categories: ['light', 'red'], inStock: false, price: 9.5 },
    { id: 'rug', title: 'rug', categories: [], inStock: true },
  ].map((item, row) => ({ ...item, row, declared: true, removed: false }));

  test('an id that would be two lines of a file is refused with its line', async () => {
    const csv = tempFile('items.csv', 'id,title\nlamp,A lamp\n"two\nlines",B\n');
    await assert.rejects(importCatalogue(new MemoryStore(), csv, strict), {
      code: 'bad_argument', message: /line 4, id: expected an id: .* without control characters/,
    });
  });

  test('is read from CSV and from JSON lines alike', async () => {
    const csv = tempFile(
      'items.csv',
      '\ufeffid,title,categories,price,in_stock\r\n' +
        'lamp,"A lamp, red",light|red,9.5,false\r\nrug,,,,\r\n',
    );
    const lines = tempFile(
      'items.jsonl.gz',
      '{"id":"lamp","title":"A lamp, red","categories":["light","red"],"price":9.5,' +
        '"in_stock":false}\n\n{"id":"rug"}\n',
    );

    for (const path of [csv, lines]) {
      const store = new MemoryStore();
      const summary = await importCatalogue(store, path, strict);
      assert.deepEqual([...store.items()], want);
      assert.deepEqual(summary, { rows: 2, events: 0, duplicates: 0, items: 2, skipped: {} });
    }
  });

  test('attributes come as a map, or in CSV as a column each', async () => {
    const csv = tempFile('items.csv', 'id,attributes.brand,attributes.margin,attributes.sizes,attributes.vegan\n' +
      'lamp,x,-0.5,s|m,true\nrug,y,,,\n');
    const lines = tempFile('items.jsonl', '{"id":"lamp","attributes":{"brand":"x","margin":-0.5,' +
      '"sizes":["s","m"],"vegan":true}}\n{"id":"rug","attributes":{"brand":"y"}}\n');

    for (const path of [csv, lines]) {
      const store = new MemoryStore();
      await importCatalogue(store, path, strict);
      assert.deepEqual(store.item('lamp')?.attributes, { brand: 'x', margin: -0.5, sizes: ['s', 'm'], vegan: true });
      assert.deepEqual(store.item('rug')?.attributes, { brand: 'y' });
    }
    const bad = tempFile('items.jsonl', '{"id":"lamp","attributes":{"brand":{}}}\n');
    const message = /line 1.*attributes.*brand: expected a number/;
    await assert.rejects(importCatalogue(new MemoryStore(), bad, strict), { code: 'bad_argument', message });
  });

  test('a row that is wrong is named by line and field', async () => {
    const wrong: readonly (readonly [string, RegExp])[] = [
      ['{"id":""}', /line 2, id: expected an id: .*, got ""/],
      [`{"id":"${'é'.repeat(65)}"}`, /line 2, id: .* 1 to 128 bytes/],
      ['{"id":"a","price":-1}', /line 2, price: expected a number of at least 0, got -1/],
      ['{"id":"a","in_stock":"maybe"}', /line 2, in_stock: expected true or false, got "maybe"/],
      ['{"id":"a","categories":"light"}', /line 2, categories: expected a list, got "light"/],
      ['{"id":"a","categories":["x",""]}', /line 2, categories: expected each category as an id/],
      ['{"id":"a","titel":"A"}', /line 2, titel: expected no such field, got "A"/],
      ['["a"]', /line 2: not a JSON object/],
      ['{"id":', /line 2: /],
    ];

    for (const [line, message] of wrong) {
      const path = tempFile('items.jsonl', `{"id":"good"}\n${line}\n`);
      await assert.rejects(importCatalogue(new MemoryStore(), path, strict), {
        code: 'bad_argument', message,
      });
      const summary = await importCatalogue(new MemoryStore(), path, { ...strict, skipBad: true });
      assert.deepEqual(summary.skipped, { bad: 1 });
    }
  });

  test('a packed file that is cut short is named, whatever is in it', async () => {
    const files = { 'items.csv.gz': 'id\n', 'items.jsonl.gz': '{"id":"a"}\n' };
    for (const [name, text] of Object.entries(files)) {
      const path = tempFile(name, text.repeat(100));
      truncateSync(path, 15);
      await assert.rejects(importCatalogue(new MemoryStore(), path, strict), {
        code: 'bad_argument', message: /items.*the gzip file is cut off/,
      });
    }
  });

  test('a file that is not there is named', async () => {
    await assert.rejects(importCatalogue(new MemoryStore(), '/no/such.csv', strict), {
      code: 'bad_argument', message: /there is no file '\/no\/such.csv'/,
    });
  });
});

suite('A shop’s own events', () => {
  const full = {
    id: 'e1', type: 'purchase', at_ms: 1_700_000_000_000, session: 's', customer: 7,
    items: ['rug', { item: 'lamp', quantity: 2, price: 9.5, discount: 1 }], attribution: 'x', time_zone: 'UTC',
    consent: false, country: 'de', device: 'phone',
  };

  test('are read as the wire carries them; known ones are counted', async () => {
    const atMs = full.at_ms + 1;
    const search = { id: 'e2', type: 'search', at_ms: atMs, session: 's', query: 'lamp' };
    const lines = [full, search, full].map((event) => JSON.stringify(event));
    const path = tempFile('events.jsonl', lines.join('\n'));
    const store = new MemoryStore();

    const summary = await importEvents(store, path, strict);

    assert.deepEqual([...store.events()].map(({ event }) => event), [
      {
        id: 'e1', type: 'purchase', atMs: 1_700_000_000_000, session: 's', customer: '7',
        items: [{ item: 'rug', quantity: 1 }, { item: 'lamp', quantity: 2, price: 9.5, discount: 1 }],
        attribution: 'x', timeZone: 'UTC', consent: false, country: 'DE', device: 'phone',
      },
      { id: 'e2', type: 'search', atMs, session: 's', items: [], query: 'lamp' },
    ]);
    assert.deepEqual(summary, { rows: 3, events: 2, duplicates: 1, items: 2, skipped: {} });
  });

  test('a row that is wrong is named by line and field', async () => {
    const wrong: readonly (readonly [object, RegExp])[] = [
      [{ type: 'buy' }, /line 1, type: expected one of home_view.*, got "buy"/],
      [{ at_ms: '2024-01-01' }, /line 1, at_ms: expected an integer .*, got "2024-01-01"/],
      [{ at_ms: 1.5 }, /line 1, at_ms: expected an integer .*, got 1.5/],
      [{ at_ms: -1 }, /line 1, at_ms: expected an integer from 0 .*, got -1/],
      [{ at_ms: 1.7e9 }, /line 1, at_ms: expected milliseconds since 1970, of the year 2000 or later/],
      [{ at_ms: undefined }, /line 1, at_ms: expected milliseconds since 1970, got nothing/],
      [{ at_ms: 1.7e15 }, /line 1, at_ms: expected milliseconds since 1970, got 17000+$/],
      [{ session: undefined }, /line 1, session: expected an id: .*, got nothing/],
      [{ items: [] }, /line 1, items: expected at least one item of a purchase, got a list of 0/],
      [{ items: [{ item: 'a', quantity: 0 }] }, /line 1, items\[0\].quantity: .*, got 0/],
      [{ items: [{ item: 'a', colour: 1 }] }, /line 1, items\[0\].colour: expected no such field/],
      [{ items: [true] }, /line 1, items\[0\]: expected an item id or an item as a map, got true/],
      [{ atMs: 3 }, /line 1, atMs: expected no such field, got 3/],
    ];

    for (const [change, message] of wrong) {
      const path = tempFile('events.jsonl', JSON.stringify({ ...full, ...change }));
      await assert.rejects(importEvents(new MemoryStore(), path, strict), { message });
      const summary = await importEvents(new MemoryStore(), path, { ...strict, skipBad: true });
      assert.deepEqual(summary.skipped, { bad: 1 });
    }
  });
});
