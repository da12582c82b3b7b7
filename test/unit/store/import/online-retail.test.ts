import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { importOnlineRetail } from '../../../../server/store/import/online-retail.ts';
import { MemoryStore } from '../../../../server/store/memory-store.ts';
import { tempFile } from '../../../support/temp-file.ts';

const HEAD = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country';
const strict = { skipBad: false, progress: () => {} };
const data = process.env['VITRINE_TEST_DATA'] ?? '../shared/data';

async function importLines(lines: readonly string[], store = new MemoryStore(), options = strict) {
  const path = tempFile('online_retail.csv.gz', [HEAD, ...lines, ''].join('\n'));
  const summary = await importOnlineRetail(store, path, options);
  return { summary, store, events: [...store.events()].map(({ event }) => event) };
}

suite('Online Retail', () => {
  test('an invoice is a purchase, a cancellation a refund, with London’s time as UTC', async () => {
    const { summary, store, events } = await importLines([
      '536365,85123A,WHITE  HANGING HEART ,6,2011-06-01T08:26:00,2.55,17850,United Kingdom',
      '536365,71053,"LANTERN, METAL",1,2011-06-01T08:27:00,3.39,17850,United Kingdom',
      '536365,85123a,WHITE HANGING HEART,2,2011-06-01T08:27:00,2.55,17850,United Kingdom',
      'C536379,71053,"LANTERN, METAL",-1,2011-06-02T09:00:00,3.39,,United Kingdom',
    ]);

    assert.deepEqual(events, [
      {
        id: 'online-retail-536365', type: 'purchase', session: 'invoice-536365',
        atMs: Date.parse('2011-06-01T07:26:00Z'), timeZone: 'Europe/London', customer: '17850', country: 'GB',
        items: [
          { item: '85123A', quantity: 8, price: 2.55 },
          { item: '71053', quantity: 1, price: 3.39 },
        ],
      },
      {
        id: 'online-retail-C536379', type: 'refund', session: 'invoice-C536379',
        atMs: Date.parse('2011-06-02T08:00:00Z'), timeZone: 'Europe/London', country: 'GB',
        items: [{ item: '71053', quantity: 1, price: 3.39 }],
      },
    ]);
    assert.deepEqual(store.item('71053'), {
      id: '71053', title: 'LANTERN, METAL', categories: [], price: 3.39, inStock: true, row: 1,
      declared: true, removed: false,
    });
    assert.deepEqual(summary, { rows: 4, events: 2, duplicates: 0, items: 2, skipped: {} });
  });

  test('what is no sale of goods is left out and counted by reason', async () => {
    const date = '2011-01-05T10:00:00';
    const { summary, events } = await importLines([
      `540000,POST,POSTAGE,1,${date},18,12345,France`,
      `540000,gift_0001_20,VOUCHER,1,${date},17.02,12345,France`,
      `540000,22000,FREE SAMPLE,1,${date},0,12345,France`,
      `540001,22000,damaged,-5,${date},0,,United Kingdom`,
      `540002,22000,LAMP,-5,${date},2,,United Kingdom`,
      `C540003,D,Discount,-1,${date},27.5,12345,France`,
      `A540004,B,Adjust bad debt,1,${date},11062.06,,United Kingdom`,
    ]);

    assert.equal(events.length, 0);
    assert.deepEqual(summary.skipped, {
      'carriage, fee, discount or manual entry, no goods': 3,
      'no price: stock adjustment or sample': 2,
      'quantity of the wrong sign: stock adjustment': 1,
      'accounting entry (invoice A…)': 1,
    });
  });

  test('a second import adds nothing, and what a catalogue says of an item stays', async () => {
    const store = new MemoryStore();
    const lamp = { id: '22000', title: 'A fine lamp', categories: ['light'], inStock: false };
    await store.putItems([lamp]);
    const lines = ['536365,22000,LAMP,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom'];

    await importLines(lines, store);
    const { summary, events } = await importLines(lines, store);

    assert.equal(summary.events, 0);
    assert.equal(summary.duplicates, 1);
    assert.equal(events.length, 1);
    assert.equal(events[0]?.customer, '17850');
    assert.deepEqual(store.item('22000'), { ...lamp, price: 2.55, row: 0, declared: true, removed: false });
  });

  test('invoices whose lines are mixed are told apart', async () => {
    const line = (invoice: number, code: number) =>
      `${invoice},${code},LAMP,1,12/1/2010 8:26,2,17850,United Kingdom`;
    const { events } = await importLines([
      line(540000, 1), line(540001, 2), line(540000, 3), line(540001, 4),
    ]);

    assert.deepEqual(events.map((event) => event.items.map(({ item }) => item)), [
      ['1', '3'], ['2', '4'],
    ]);
    assert.equal(events[0]?.atMs, Date.parse('2010-12-01T08:26:00Z'));
  });

  test('a wrong row is named by line, field and what it should be, or counted', async () => {
    const good = '536365,22000,LAMP,6,2010-12-01T08:26:00,2.55,17850,United Kingdom';
    const wrong: readonly (readonly [string, RegExp])[] = [
      [good.replace(',6,', ',six,'), /line 3, Quantity: expected a number, got "six"/],
      [good.replace(',6,', ',6.5,'), /line 3, Quantity: expected an integer, got "6.5"/],
      [good.replace('2.55', ''), /line 3, UnitPrice: expected a number, got ""/],
      [good.replace('2010-12-01T', '1.12.2010 '), /line 3, InvoiceDate: expected a date/],
      [good.replace('12-01', '02-30'), /line 3, InvoiceDate: .* that exist/],
      [good.replace('536365', ''), /line 3, InvoiceNo: expected an id: .*, got ""/],
      ['536365', /line 3, StockCode: expected an id: .*, got nothing/],
    ];

    for (const [line, message] of wrong) {
      await assert.rejects(importLines([good, line]), { code: 'bad_argument', message });
    }
    const lines = wrong.map(([line]) => line);
    const lenient = { ...strict, skipBad: true };
    const { summary } = await importLines([good, ...lines], undefined, lenient);
    assert.equal(summary.events, 1);
    assert.deepEqual(summary.skipped, { bad: wrong.length });
  });

  test('quotes that never close end the import, naming where', async () => {
    const lines = ['1,2,"LAMP,6,2010-12-01T08:26:00,2.55,17850,United Kingdom'];

    await assert.rejects(importLines(lines), { code: 'bad_argument', message: /line 2|line 3/ });
  });

  const real = join(data, 'online_retail/online_retail.csv.gz');
  const skip = existsSync(real) ? false : `no data at ${real}`;
  test('the real file gives 23,195 events of 4,362 customers', { skip }, async () => {
    const store = new MemoryStore();

    const summary = await importOnlineRetail(store, real, strict);

    assert.equal(summary.rows, 541_909);
    assert.equal(summary.events, 23_195);
    const customers = new Set<string>();
    let pounds = 0;
    for (const { event } of store.events()) {
      if (event.customer !== undefined) customers.add(event.customer);
      const sign = event.type === 'refund' ? -1 : 1;
      for (const { quantity, price = 0 } of event.items) pounds += sign * quantity * price;
    }
    assert.equal(customers.size, 4362);
    assert.equal(Math.round(pounds), 9_792_709); // of 9,747,748 with carriage, fees and discounts
  });
});
