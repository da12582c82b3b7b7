import { readCsv } from '../../../server/store/import/csv.ts';
import type { Fields } from '../../../server/store/import/fields.ts';
import { utcMs } from '../../../server/store/import/zoned-time.ts';
import type { ShopEvent } from '../../../server/wire/schema.ts';
import { endOfDay } from './days.ts';
import { inTimeOrder, type ShopLog } from './shop-log.ts';

const ZONE = 'America/New_York'; // CDNOW was in Pennsylvania; the file has days and no clock
const NOON_MS = 43_200_000; // of a day: on no side of midnight, whatever the clocks do
const LAST_DAY = '1998-06-30';

/**
 * Reads CDNOW's purchases (`cdnow_master.csv.gz`, `cdnow_sample.csv.gz`): one event a row, at noon.
 * It says how many CDs and what was paid, not which: all are the item `cd`, at the mean price of the
 * row. Nothing is left out; 80 rows are of CDs that cost nothing.
 */
export async function readCdnow(path: string): Promise<ShopLog> {
  const events: ShopEvent[] = [];
  for await (const row of readCsv(path)) events.push(readRow(row()));
  return {
    name: 'cdnow', events: inTimeOrder(events), timeZone: ZONE, leftOut: {},
    endMs: endOfDay(LAST_DAY, ZONE),
  };
}

function readRow(fields: Fields): ShopEvent {
  const customer = fields.id('customer_id');
  const date = fields.text('date');
  const midnight = /^\d{4}-\d\d-\d\d$/.test(date) ? Date.parse(`${date}T00:00:00Z`) : NaN;
  if (!Number.isFinite(midnight)) fields.fail('date', 'a day as in 1997-01-31');
  const quantity = fields.integer('quantity');
  if (quantity < 1) fields.fail('quantity', 'an integer of at least 1');
  const price = fields.atLeast('amount_usd', 0) / quantity;
  return {
    id: `cdnow-${fields.line}`, type: 'purchase', atMs: utcMs(midnight + NOON_MS, ZONE),
    session: `cdnow-${customer}-${date}`, customer, items: [{ item: 'cd', quantity, price }],
    timeZone: ZONE, country: 'US',
  };
}
