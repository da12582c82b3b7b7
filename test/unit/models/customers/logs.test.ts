import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { readCdnow } from '../../../../models/customers/logs/cdnow.ts';
import { endOfDay, purchaseDays } from '../../../../models/customers/logs/days.ts';
import { readOnlineRetail } from '../../../../models/customers/logs/online-retail.ts';
import { realData } from '../../../support/real-data.ts';
import { tempFile } from '../../../support/temp-file.ts';

suite('Purchase logs', () => {
  test('CDNOW is one purchase a row, at noon in New York', async () => {
    const path = tempFile('cdnow.csv', [
      'customer_id,date,quantity,amount_usd', '2,1997-07-12,5,77.00', '1,1997-01-01,1,11.77',
      '2,1997-07-12,1,12.00', '',
    ].join('\n'));

    const log = await readCdnow(path);

    assert.deepEqual(log.events.map(({ customer, atMs }) => [customer, new Date(atMs).toISOString()]), [
      ['1', '1997-01-01T17:00:00.000Z'], ['2', '1997-07-12T16:00:00.000Z'],
      ['2', '1997-07-12T16:00:00.000Z'],
    ]);
    assert.deepEqual(purchaseDays(log).get('2')?.map(({ amount, quantity }) => ({ amount, quantity })), [
      { amount: 89, quantity: 6 },
    ]);
    assert.equal(new Date(log.endMs).toISOString(), '1998-07-01T03:59:59.999Z');
    await assert.rejects(readCdnow(tempFile('bad.csv', 'customer_id,date\n1,yesterday\n')), {
      code: 'bad_argument', message: /line 2, date: expected a day/,
    });
  });

  test('Online Retail is invoices and cancellations of known customers', async () => {
    const line = (invoice: string, quantity: number, price: number, customer: string) =>
      `${invoice},22000,LAMP,${quantity},2011-06-01T23:30:00,${price},${customer},EIRE`;
    const path = tempFile('retail.csv', [
      'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country',
      line('1', 6, 2.5, '17850'), line('1', 6, 2.5, ''), line('2', 1, 0, '17850'),
      line('C3', -1, 2.5, '17850'), line('4', -1, 2.5, '17850'), '',
    ].join('\n'));

    const log = await readOnlineRetail(path);

    assert.deepEqual(log.events.map(({ type, country }) => [type, country]), [
      ['purchase', 'IE'], ['refund', 'IE'],
    ]);
    assert.deepEqual(log.leftOut, {
      'no customer': 1, 'no price': 1, 'quantity of the wrong sign': 1,
    });
    const [day] = purchaseDays(log).get('17850') ?? [];
    assert.deepEqual(day, {
      day: Date.UTC(2011, 5, 1) / 86_400_000, atMs: log.events[0]?.atMs, amount: 15, quantity: 6,
    });
    assert.equal((await readOnlineRetail(path, { refunds: false })).events.length, 1);
  });

  test('a day ends where its zone says, also where clocks change', () => {
    assert.equal(endOfDay('2011-10-30', 'Europe/London'), Date.parse('2011-10-31T00:00:00Z') - 1);
    assert.equal(endOfDay('2011-10-29', 'Europe/London'), Date.parse('2011-10-29T23:00:00Z') - 1);
  });

  const cdnow = realData('cdnow/cdnow_master.csv.gz');
  test('the whole of CDNOW has its published counts', { skip: cdnow.skip }, async () => {
    const log = await readCdnow(cdnow.path);

    assert.equal(log.events.length, 69_659);
    assert.equal(purchaseDays(log).size, 23_570);
  });

  const retail = realData('online_retail/online_retail.csv.gz');
  test('Online Retail has as many customers and buyers as its reference', { skip: retail.skip }, async () => {
    const log = await readOnlineRetail(retail.path, { refunds: false });
    const landmark = endOfDay('2011-11-09', log.timeZone);
    const days = [...purchaseDays(log).values()];
    const known = days.filter(([first]) => first && first.atMs <= landmark);
    const buying = known.filter((own) => own.some(({ atMs }) => atMs > landmark));

    assert.equal(known.length, 4086);
    assert.equal((buying.length / known.length).toFixed(3), '0.337');
  });
});
