import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Currencies } from '../../../server/intake/currencies.ts';
import { PLAIN_MAP } from '../../../server/store/import/column-map.ts';
import { importEvents } from '../../../server/store/import/events.ts';
import { MemoryStore } from '../../../server/store/memory-store.ts';
import { makeShop } from '../../support/make-shop.ts';
import { makeEvent } from '../../support/shop-events.ts';
import { tempFile } from '../../support/temp-file.ts';

const RATES = 'date,currency,rate\n2026-01-10,USD,0.9\n2026-01-01,USD,0.8\n2026-01-01,JPY,0.006\n';
const at = (day: string): number => Date.parse(`${day}T12:00:00Z`);
const paid = (currency: string | undefined, day: string, price = 10) => makeEvent({
  atMs: at(day), items: [{ item: 'a', quantity: 2, price, discount: 1 }], ...(currency && { currency }),
});

suite('Currencies', () => {
  const euro = Currencies.of('EUR', RATES);
  const price = (currency: string | undefined, day: string): number | undefined =>
    euro.admit([paid(currency, day)])[0]?.items[0]?.price;

  test('a price of another currency is the shop’s at the rate of its day', () => {
    assert.equal(price('USD', '2026-01-01'), 8);
    assert.equal(price('USD', '2026-01-09'), 8);
    assert.equal(price('USD', '2026-01-10'), 9);
    assert.equal(price('JPY', '2026-01-05'), 0.06);
    const [event] = euro.admit([paid('USD', '2026-01-10')]);
    assert.deepEqual(event?.items, [{ item: 'a', quantity: 2, price: 9, discount: 0.9 }]);
  });

  test('without a rate the event stays, without its prices: before the first, after a month, unknown', () => {
    for (const [currency, day] of [['USD', '2025-12-31'], ['USD', '2026-02-11'], ['CHF', '2026-01-10']] as const) {
      const [event] = euro.admit([paid(currency, day)]);
      assert.deepEqual(event?.items, [{ item: 'a', quantity: 2 }]);
      assert.equal(event?.currency, currency);
    }
    assert.equal(price('USD', '2026-02-10'), 9);
  });

  test('the shop’s own, and an event that names none, is as it came', () => {
    const own = paid('EUR', '2026-01-10');
    const { currency: _, ...rest } = own;
    assert.deepEqual(euro.admit([own]), [rest]);
    const none = [paid(undefined, '2026-01-10')];
    assert.equal(euro.admit(none), none);
  });

  test('settings and files that make no sense are told', () => {
    assert.equal(Currencies.open('', ''), null);
    assert.throws(() => Currencies.open('Euro', ''), /expected three capital letters/);
    assert.throws(() => Currencies.open('EUR', '/no/such'), /no\/such/);
    assert.throws(() => Currencies.of('EUR', '2026-01-01,USD,0\n'), /line 1: expected date,currency,rate/);
    assert.throws(() => Currencies.of('EUR', 'date,currency,rate\n2026-01-01,usd,1'), /line 2/);
  });

  test('hold at the shop’s door, where they are counted', async () => {
    const { shop, store, clock } = await makeShop({ currencies: Currencies.of('EUR', RATES) });
    const items = [{ item: 'lamp', quantity: 1, price: 4 }];
    await shop.ingest([makeEvent({ atMs: clock.wallMs(), type: 'purchase', currency: 'CHF', items })]);
    assert.deepEqual([...store.events()][0]?.event.items, [{ item: 'lamp', quantity: 1 }]);
    assert.deepEqual(shop.currencies, { converted: 0, unpriced: 1 });
  });

  test('hold in an import, whatever the file', async () => {
    const jsonl = tempFile('e.jsonl', JSON.stringify({
      id: 'e', type: 'purchase', at_ms: at('2026-01-10'), session: 's', currency: 'USD',
      items: [{ item: 'a', price: 10 }],
    }));
    const csv = tempFile('e.csv', 'id,type,at_ms,session,item,price,currency\ne,purchase,2026-01-10,s,a,10,usd\n');
    for (const path of [jsonl, csv]) {
      const store = new MemoryStore();
      await importEvents(store, path, { skipBad: false, progress: () => {}, currencies: euro }, PLAIN_MAP);
      const [logged] = [...store.events()];
      assert.deepEqual(logged?.event.items, [{ item: 'a', quantity: 1, price: 9 }], path);
      assert.equal(logged?.event.currency, 'USD');
    }
  });
});
