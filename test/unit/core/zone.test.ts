import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { isZone, offsetMs } from '../../../server/core/zone.ts';

const ZONES = [
  'UTC', 'Europe/London', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe',
  'Pacific/Apia', 'Asia/Kathmandu', 'America/St_Johns', 'Africa/Casablanca',
];

/** The same from the text of `longOffset`, with nothing kept. */
function slowOffset(utcMs: number, timeZone: string): number {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  const name = format.formatToParts(utcMs).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const [, sign, hours = 0, minutes = 0] = /GMT(?:([+-])(\d\d):(\d\d))?/.exec(name) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}

suite('A zone’s offset', () => {
  test('is what its rules say, at any moment, in any order of questions', () => {
    const since = Date.UTC(1996, 0, 1);
    fc.assert(fc.property(
      fc.constantFrom(...ZONES), fc.integer({ min: since, max: Date.UTC(2040, 0, 1) }),
      (zone, atMs) => { assert.equal(offsetMs(atMs, zone), slowOffset(atMs, zone)); },
    ), { numRuns: 300 });
  });

  test('changes within the minute that clocks do', () => {
    const change = Date.parse('2024-04-06T15:00:00Z'); // Lord Howe: by half an hour
    assert.equal(offsetMs(change - 1, 'Australia/Lord_Howe'), 11 * 3_600_000);
    assert.equal(offsetMs(change, 'Australia/Lord_Howe'), 10.5 * 3_600_000);
  });

  test('of no zone there is none', () => {
    assert.equal(isZone('Mars/Olympus'), false);
    assert.equal(isZone('Asia/Shanghai'), true);
    assert.throws(() => offsetMs(0, 'Mars/Olympus'), RangeError);
  });
});
