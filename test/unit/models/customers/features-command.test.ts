import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { chooseLandmarks, run } from '../../../../models/customers/features-command.ts';
import { endOfDay } from '../../../../models/customers/logs/days.ts';
import type { ShopLog } from '../../../../models/customers/logs/shop-log.ts';
import { tempFile } from '../../../support/temp-file.ts';
import { makeEvent } from '../../../support/shop-events.ts';

const ZONE = 'Europe/London';

function logFrom(first: string, endMs: number): ShopLog {
  const events = [makeEvent({ atMs: Date.parse(first) })];
  return { name: 'a log', events, timeZone: ZONE, endMs, leftOut: {} };
}

suite('vitrine features', () => {
  test('takes landmarks a horizon apart, the newest a horizon before the log ends', () => {
    const whole = logFrom('2011-01-01T00:00:00Z', endOfDay('2011-12-09', ZONE));
    const dates = (landmarks: number[]) => landmarks.map((at) => new Date(at).toISOString().slice(0, 10));
    assert.deepEqual(dates(chooseLandmarks(whole, 30)), ['2011-08-11', '2011-09-10', '2011-10-10', '2011-11-09']);

    const cut = logFrom('2011-01-01T00:00:00Z', endOfDay('2011-12-09', ZONE) - 1000);
    assert.deepEqual(dates(chooseLandmarks(cut, 30)).at(-1), '2011-11-08');
    const short = logFrom('2011-11-01T00:00:00Z', endOfDay('2011-12-09', ZONE));
    assert.throws(() => chooseLandmarks(short, 30), /shorter than 60 days/);
  });

  test('runs on a log from end to end, and says what it cannot use', async (t) => {
    const said: string[] = [];
    t.mock.method(console, 'log', (line: string) => said.push(line));
    const lines = ['customer_id,date,quantity,amount_usd'];
    for (let who = 1; who <= 120; who++) {
      // One in three comes back every month.
      for (let month = 1; month <= (who % 3 === 0 ? 18 : 1); month++) {
        const date = new Date(Date.UTC(1997, month - 1, 1 + (who % 28))).toISOString().slice(0, 10);
        lines.push(`${who},${date},${1 + (who % 4)},${10 + (who % 7)}`);
      }
    }
    const path = tempFile('cdnow.csv', `${lines.join('\n')}\n`);

    assert.equal(await run(['--log', 'cdnow', path, '--days', '60']), 0);
    assert.match(said.join('\n'), /purchase_days +frequency +100\.0 %/);
    await assert.rejects(run(['--log', 'shop', path]), /--log is cdnow or online-retail/);
    await assert.rejects(run(['--log', 'cdnow', path, '--days', '0']), /--days: an integer of at least 1/);
    said.length = 0;
    assert.equal(await run(['--list', '--zh']), 0);
    assert.match(said.join('\n'), /距上次购买的天数/);
  });
});
