import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { utcMs } from '../../../../server/store/import/zoned-time.ts';

const at = (local: string, zone = 'Europe/London') =>
  new Date(utcMs(Date.parse(`${local}Z`), zone)).toISOString().slice(0, 16);

suite('Times of a zone', () => {
  test('winter is UTC in London, summer an hour before it', () => {
    assert.equal(at('2010-12-01T08:26'), '2010-12-01T08:26');
    assert.equal(at('2011-06-01T08:26'), '2011-06-01T07:26');
    assert.equal(at('2011-06-01T00:26'), '2011-05-31T23:26');
  });

  test('the days of change are right on both sides of it', () => {
    assert.equal(at('2011-03-27T00:59'), '2011-03-27T00:59');
    assert.equal(at('2011-03-27T01:30'), '2011-03-27T01:30'); // skipped: not put forward yet
    assert.equal(at('2011-03-27T02:00'), '2011-03-27T01:00');
    assert.equal(at('2011-10-30T00:59'), '2011-10-29T23:59');
    assert.equal(at('2011-10-30T01:30'), '2011-10-30T00:30'); // comes twice: the first one
    assert.equal(at('2011-10-30T02:00'), '2011-10-30T02:00');
  });

  test('other zones are as far ahead or behind as they are', () => {
    assert.equal(at('2024-02-29T23:59', 'Asia/Shanghai'), '2024-02-29T15:59');
    assert.equal(at('2024-07-01T12:00', 'America/New_York'), '2024-07-01T16:00');
    assert.equal(at('2024-07-01T12:00', 'Asia/Kathmandu'), '2024-07-01T06:15');
  });
});
