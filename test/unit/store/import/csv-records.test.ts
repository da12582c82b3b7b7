import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { CsvRecords } from '../../../../server/store/import/csv-records.ts';
import { readTime } from '../../../../server/store/import/read-time.ts';
import { utcMs } from '../../../../server/store/import/zoned-time.ts';

/** All records of a text; null where it is refused. */
function recordsOf(text: string): string[][] | null {
  const bytes = Buffer.from(text);
  const records = new CsvRecords();
  const found: string[][] = [];
  let line = 1;
  try {
    for (let at = 0; at < bytes.length;) {
      at = records.read(bytes, at, bytes.length, line, true);
      line += records.lines;
      if (records.blank) continue;
      found.push(Array.from({ length: records.count }, (_, i) =>
        bytes.toString('utf8', records.from[i], records.to[i])));
    }
  } catch {
    return null;
  }
  return found;
}

function oracle(text: string): string[][] | null {
  try {
    return parse(text, { relax_column_count: true, skip_empty_lines: true, record_delimiter: ['\r\n', '\n'] });
  } catch {
    return null;
  }
}

suite('CsvRecords', () => {
  test('finds what csv-parse finds, and refuses what it refuses', () => {
    const piece = fc.constantFrom('a', 'bc', ',', '"', '""', '\n', '\r\n', 'é', ' ', '"x"', '"a,b"', '"l\nm"');
    let taken = 0;
    fc.assert(fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join('');
      const want = oracle(text);
      const blank = (rows: string[][] | null) => rows?.filter((row) => row.length > 1 || row[0] !== '') ?? null;
      assert.deepEqual(blank(recordsOf(text)), blank(want), JSON.stringify(text));
      if (want) taken += 1;
    }), { numRuns: 5000, seed: 20261123 });
    assert.ok(taken > 1000);
  });

  test('a record that goes on behind the buffer is asked for again', () => {
    const bytes = Buffer.from('a,"b\n');
    assert.equal(new CsvRecords().read(bytes, 0, bytes.length, 1, false), -1);
    assert.throws(() => new CsvRecords().read(bytes, 0, bytes.length, 7, true), /line 7: quotes do not close/);
  });
});

suite('Times of a file', () => {
  const read = (text: string, zone = 'UTC'): number => readTime(Buffer.from(text), 0, text.length, zone);

  test('a date of ISO 8601 is what Date makes of it', () => {
    fc.assert(fc.property(fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }), (date) => {
      const iso = date.toISOString();
      assert.equal(read(iso), date.getTime());
      assert.equal(read(iso.replace('T', ' ').replace(/\.\d+Z/, ' UTC')), Math.floor(date.getTime() / 1000) * 1000);
      assert.equal(read(iso.replace('Z', '+02:00')), date.getTime() - 7_200_000);
      assert.equal(read(iso.replace('Z', '-0130')), date.getTime() + 5_400_000);
      assert.equal(read(iso.slice(0, 10)), Date.parse(iso.slice(0, 10)));
    }), { numRuns: 500, seed: 20261123 });
  });

  test('digits are seconds, milliseconds or microseconds, by how many there are', () => {
    assert.equal(read('1700000000'), 1_700_000_000_000);
    assert.equal(read('1700000000123'), 1_700_000_000_123);
    assert.equal(read('1700000000123456'), 1_700_000_000_123);
  });

  test('a time without a zone is read in the one that is given, through summer and winter', () => {
    assert.equal(read('2011-07-01 12:00:00', 'Europe/London'), Date.UTC(2011, 6, 1, 11));
    assert.equal(read('2011-01-01T12:00', 'Europe/London'), Date.UTC(2011, 0, 1, 12));
    assert.equal(read('2011-07-01', 'Asia/Shanghai'), utcMs(Date.UTC(2011, 6, 1), 'Asia/Shanghai'));
  });

  test('what is none is told', () => {
    const wrong = ['', 'yesterday', '2023-13-01', '2023-02-29', '2023-01-01T25:00', '2023-01-01T10', '170000',
      '2023-01-01T10:00:61Z', '2023-01-01T10:00:00+2', '2023/01/01', '2023-01-01T10:00:00.Z'];
    for (const text of wrong) assert.ok(Number.isNaN(read(text)), text);
  });
});
