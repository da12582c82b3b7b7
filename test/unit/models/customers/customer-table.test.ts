import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { readCdnow } from '../../../../models/customers/logs/cdnow.ts';
import { customerTable } from '../../../../models/customers/logs/customer-table.ts';
import { endOfDay } from '../../../../models/customers/logs/days.ts';
import type { ShopLog } from '../../../../models/customers/logs/shop-log.ts';
import type { ShopEvent } from '../../../../server/wire/schema.ts';
import { realData } from '../../../support/real-data.ts';
import { HISTORY_START_MS, shopHistory } from '../../../support/shop-histories.ts';
import { tempFile } from '../../../support/temp-file.ts';

const DAY_MS = 86_400_000;

function logOf(events: readonly ShopEvent[]): ShopLog {
  return {
    name: 'a log', events, timeZone: 'Europe/London', leftOut: {}, endMs: HISTORY_START_MS + 260 * DAY_MS,
  };
}

suite('A table of customers at landmarks', () => {
  test('does not change with what comes after its landmarks', () => {
    fc.assert(fc.property(shopHistory, fc.integer({ min: 1, max: 199 }), (events, day) => {
      const landmark = HISTORY_START_MS + day * DAY_MS;
      const early = customerTable(logOf(events.filter(({ atMs }) => atMs <= landmark)), [landmark], { who: 'seen' });
      const whole = customerTable(logOf(events), [landmark], { who: 'seen' });

      assert.deepEqual(whole.customers, early.customers);
      assert.deepEqual(whole.table, early.table);
    }), { numRuns: 100 });
  });

  test('takes an event that is in the log twice for one', () => {
    fc.assert(fc.property(shopHistory, (events) => {
      const landmark = HISTORY_START_MS + 150 * DAY_MS;
      const twice = customerTable(logOf([...events, ...events]), [landmark], { who: 'seen' });
      const once = customerTable(logOf(events), [landmark], { who: 'seen' });

      assert.deepEqual(twice.table, once.table);
    }), { numRuns: 30 });
  });

  test('has outcomes in local days after the landmark, and none that the log does not know', async () => {
    const path = tempFile('cdnow.csv', [
      'customer_id,date,quantity,amount_usd', '1,1997-01-01,1,11.77', '1,1997-01-11,2,10.00',
      '1,1997-02-10,1,5.00', '2,1997-01-05,1,7.00', '3,1997-02-01,1,7.00', '',
    ].join('\n'));
    const log = await readCdnow(path);

    const table = customerTable(log, [endOfDay('1997-01-10', log.timeZone)]);

    assert.deepEqual(table.customers, ['1', '2']);
    assert.deepEqual([...table.nextDays], [1, NaN]);
    assert.deepEqual([...table.bought(1).labels], [1, 0]);
    assert.deepEqual([...table.spend(30)], [10, 0]);
    assert.deepEqual([...table.spend(31)], [15, 0]);
    assert.equal(table.followedDays[0], 536);
    assert.throws(() => table.bought(537), /the log of cdnow ends 536 days after a landmark/);
  });

  const cdnow = realData('cdnow/cdnow_master.csv.gz');
  test('has CDNOW’s reference counts', { skip: cdnow.skip }, async () => {
    const log = await readCdnow(cdnow.path);
    const { labels } = customerTable(log, [endOfDay('1997-09-30', log.timeZone)]).bought(30);

    assert.equal(labels.length, 23_570);
    assert.equal((labels.reduce((sum, label) => sum + label, 0) / labels.length).toFixed(3), '0.077');
  });
});
