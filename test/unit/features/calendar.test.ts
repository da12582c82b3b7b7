import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { dateOf, dayFacts, dayOf, localTime } from '../../../server/features/calendar.ts';
import { holidayDays } from '../../../server/features/holidays.ts';

function datesOf(days: Int32Array | null): string[] {
  return [...(days ?? [])].map((day) => {
    const { month, date } = dateOf(day);
    return `${month + 1}-${date}`;
  });
}

suite('The calendar of a customer', () => {
  test('knows public holidays by country, those that move as well', () => {
    assert.deepEqual(datesOf(holidayDays('GB', 2011)), [
      '1-1', '1-3', '4-22', '4-25', '5-2', '5-30', '12-25', '12-26', '12-27',
    ]);
    assert.ok(datesOf(holidayDays('CN', 2024)).includes('10-1'));
    assert.ok(datesOf(holidayDays('US', 2024)).includes('11-28'));
    assert.equal(holidayDays('XX', 2024), null);
  });

  test('counts days to holidays, paydays and shopping days', () => {
    const friday = dayFacts(dayOf(2011, 11, 23), 'GB'); // Christmas Eve is a Saturday
    assert.equal(friday.holiday, 0);
    assert.equal(friday.toHoliday, 2);
    assert.equal(friday.toEvent, 2);
    assert.equal(friday.toPayday, 7); // 31 December is a Saturday: paid on the 30th
    assert.equal(dayFacts(dayOf(2011, 11, 26), 'GB').holiday, 1);
    assert.equal(dayFacts(dayOf(2024, 10, 29), 'US').toEvent, 0); // Black Friday
    assert.equal(dayFacts(dayOf(2024, 10, 30), 'US').toEvent, 2); // the Monday after
    assert.equal(dayFacts(dayOf(2024, 2, 15), 'US').toPayday, 0);
    assert.equal(dayFacts(dayOf(2024, 2, 25), 'JP').sincePayday, 0);
    assert.ok(Number.isNaN(dayFacts(dayOf(2024, 2, 25), undefined).toHoliday));
  });

  test('has the weekend that the country has', () => {
    const friday = dayOf(2024, 2, 15);
    assert.equal(dayFacts(friday, 'SA').weekend, true);
    assert.equal(dayFacts(friday + 2, 'SA').weekend, false);
    assert.equal(dayFacts(friday, 'DE').weekend, false);
    assert.equal(dayFacts(friday + 2, undefined).weekend, true);
  });

  test('reads a wall clock', () => {
    assert.deepEqual(localTime(Date.UTC(2024, 1, 29, 6, 30)), {
      day: dayOf(2024, 1, 29), hour: 6.5, weekday: 4, month: 1, yearPart: 59 / 366,
    });
    assert.equal(localTime(-1).weekday, 3);
  });
});
