import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Prng } from '../../../server/core/prng.ts';
import type { CheckReport } from '../../../server/check/checker.ts';
import { checkFiles, run } from '../../../server/check/command.ts';
import { HashSet } from '../../../server/check/hash-set.ts';
import { exitCode, reportText } from '../../../server/check/report.ts';
import { parseColumnMap } from '../../../server/store/import/column-map.ts';
import { LmdbStore } from '../../../server/store/lmdb-store.ts';
import { makeEvent } from '../../support/shop-events.ts';
import { tempFile, tempFolder } from '../../support/temp-file.ts';

const NOW_MS = Date.UTC(2026, 10, 23);
const HOUR_MS = 3_600_000;
const setting = { map: parseColumnMap('', '', 'UTC'), format: null };
type Raw = Record<string, unknown>;
let number = 0;

/** A good row, but for what is given; each of another session and a minute later. */
const row = (fields: Raw = {}): Raw => {
  number += 1;
  return {
    id: `e${number}`, type: 'item_view', at_ms: NOW_MS - 9e9 + number * 60_000, session: `s${number}`, customer: 'c',
    items: ['a'], ...fields,
  };
};
const check = (rows: readonly Raw[], test?: readonly Raw[], zone = 'UTC'): Promise<CheckReport> => {
  const file = (all: readonly Raw[]): string => tempFile('e.jsonl', all.map((one) => JSON.stringify(one)).join('\n'));
  return checkFiles(file(rows), test && file(test), setting, zone, NOW_MS);
};
const codes = ({ findings }: CheckReport): Record<string, number> =>
  Object.fromEntries(findings.map(({ code, count }) => [code, count]));

suite('vitrine check', () => {
  test('finds nothing where nothing is wrong', async () => {
    const report = await check([row(), row(), row({ type: 'purchase', items: [{ item: 'a', price: 2 }] })]);
    assert.deepEqual(report.findings, []);
    assert.equal(exitCode(report), 0);
    assert.match(reportText('e.jsonl', report), /^e\.jsonl: 3 events, 2026-.*\nnothing is wrong$/);
  });

  test('names values that cannot be, each with its first line, its share and what to do', async () => {
    const wrong: readonly (readonly [string, Raw])[] = [
      ['no-time', { at_ms: 'soon' }], ['time-unit', { at_ms: 1_700_000_000 }], ['time-unit', { at_ms: 1.7e15 }],
      ['before-1990', { at_ms: 5 }], ['future', { at_ms: NOW_MS + 3 * 86_400_000 }], ['no-type', { type: 'buy' }],
      ['no-item', { items: [] }], ['no-session', { session: '', customer: '' }],
      ['negative-price', { items: [{ item: 'a', price: -1 }] }],
      ['bad-quantity', { items: [{ item: 'a', quantity: 0 }] }],
      ['zone-unknown', { time_zone: 'Mars/Olympus' }], ['no-consent', { consent: false }],
      ['purchase-without-price', { type: 'purchase' }], ['personal-data', { customer: 'ann@example.org' }],
      ['robots', { user_agent: 'curl/8.0' }], ['leak-name', { refunded_later: 1 }],
    ];
    for (const [code, fields] of wrong) {
      const { findings } = await check([row(), row(fields), row()]);
      const found = findings.find((one) => one.code === code);
      assert.ok(found, `${code}: ${JSON.stringify(findings)}`);
      assert.match(found.example, /^line 2: /, code);
      assert.ok(found.todo.length > 10 && found.count === 1);
    }
    const { findings } = await check([row(), row({ at_ms: 5 })]);
    assert.deepEqual([findings[0]?.severity, findings[0]?.share], ['error', 0.5]);
  });

  test('rows that are no JSON are counted, and the rest is looked at', async () => {
    const path = tempFile('e.jsonl', `${JSON.stringify(row())}\n{"id":\n[1]\n${JSON.stringify(row({ at_ms: 5 }))}`);
    const report = await checkFiles(path, undefined, setting, 'UTC', NOW_MS);
    assert.deepEqual(codes(report), { unreadable: 2, 'before-1990': 1 });
  });

  test('tells repeats apart: sent again, the same id for another event, fired twice', async () => {
    const [first, other] = [row(), row()];
    const fired = row({ session: 'twice' });
    const report = await check([first, first, { ...first, items: ['b'] }, other, fired,
      { ...fired, id: 'other', at_ms: (fired['at_ms'] as number) + 400 }]);
    assert.deepEqual(codes(report), { 'id-conflict': 1, duplicate: 1, 'double-fired': 1 });
    assert.match(report.findings[1]!.example, /^line 2: 'e\d+'$/);
  });

  test('finds hours without events where the week has many, not quiet nights', async () => {
    const rows: Raw[] = [];
    const start = Date.UTC(2026, 8, 7);
    for (let hour = 0; hour < 24 * 28; hour += 1) {
      const ofDay = hour % 24;
      const outage = hour >= 24 * 17 + 10 && hour < 24 * 17 + 14;
      for (let i = 0; i < (outage || ofDay < 5 ? 0 : 40); i += 1) {
        rows.push(row({ at_ms: start + hour * HOUR_MS + i * 60_000, session: `h${hour}-${i}` }));
      }
    }
    const report = await check(rows);
    assert.deepEqual(codes(report), { gap: 4 });
    assert.equal(report.findings[0]?.example, 'the longest: 2026-09-24T10:00Z to 2026-09-24T14:00Z');
  });

  test('sees by the nights that a clock is of another zone', async () => {
    const prng = new Prng(1);
    const rows = Array.from({ length: 6000 }, (_, i) => {
      let hour = prng.below(24); // few events from 1 to 6 by the clock of Shanghai
      if ((hour + 8) % 24 >= 1 && (hour + 8) % 24 < 6) hour = prng.below(24);
      if ((hour + 8) % 24 >= 1 && (hour + 8) % 24 < 6) hour = prng.below(24);
      return row({ at_ms: Date.UTC(2026, 9, 1 + (i % 20), hour, prng.below(60), 1), session: `z${i}` });
    });
    assert.deepEqual(codes(await check(rows, undefined, 'Asia/Shanghai')), {});
    const report = await check(rows);
    assert.ok(codes(report)['clock-shift']! >= 5, JSON.stringify(report.findings));
    const dayOf = (ms: unknown): number => Math.floor((ms as number) / 86_400_000) * 86_400_000;
    const dates = rows.map((one) => ({ ...one, at_ms: dayOf(one['at_ms']) }));
    assert.deepEqual(Object.keys(codes(await check(dates))), ['midnight-only']);
  });

  test('finds items whose price jumps, that are sold and never seen, and other currencies', async () => {
    const buy = (item: string, price: number, more: Raw = {}) =>
      row({ type: 'purchase', items: [{ item, price }], ...more });
    const report = await check([
      row(), ...Array.from({ length: 8 }, () => buy('a', 20, { currency: 'EUR' })), buy('a', 2000, { currency: 'EUR' }),
      buy('b', 5, { currency: 'USD' }),
    ]);
    assert.deepEqual(codes(report), { 'price-jump': 1, 'sold-never-seen': 1, 'mixed-currencies': 1 });
    const found = (code: string) => report.findings.find((one) => one.code === code);
    assert.match(found('price-jump')!.example, /line 10: 'a' at 2000, usually 20\.00/);
    assert.equal(found('sold-never-seen')?.share, 0.5);
  });

  test('finds sessions that never end, a constant for an id, late events and robots by pace', async () => {
    const long = Array.from({ length: 60 }, (_, i) => row({ session: 'kiosk', at_ms: NOW_MS - 5e9 + i * 1_700_000 }));
    assert.deepEqual(codes(await check(long)), { 'endless-session': 1 });
    const all = Array.from({ length: 1200 }, (_, i) =>
      row({ session: 'undefined', at_ms: NOW_MS - 9e9 + i * HOUR_MS / 2 }));
    assert.ok('one-session' in codes(await check(all)));
    const late = [row({ session: 'l', at_ms: NOW_MS - 9e8 }), row({ session: 'l', at_ms: NOW_MS - 9e8 - 90_000 })];
    assert.deepEqual(codes(await check(late)), { 'out-of-order': 1 });
    const quick = Array.from({ length: 40 }, (_, i) =>
      row({ session: 'r', items: [`i${i}`], at_ms: NOW_MS - 9e8 + i * 10 }));
    assert.deepEqual(codes(await check(quick)), { robots: 10 });
  });

  test('suspects a field that stands only where somebody buys, before they do', async () => {
    const rows = Array.from({ length: 200 }, (_, i) => {
      const session = `q${i}`;
      const buys = i % 4 === 0;
      const view = row({ session, ...(buys && { order_total: 9 }), ...(i % 2 === 0 && { theme: 'dark' }) });
      const at = (view['at_ms'] as number) + 1000;
      const items = [{ item: 'a', price: 1 }];
      return buys ? [view, row({ session, at_ms: at, type: 'purchase', items, order_total: 9 })] : [view];
    }).flat();
    const report = await check(rows);
    assert.deepEqual(codes(report), { 'leak-field': 1 });
    assert.match(report.findings[0]!.example, /'order_total': 50 of 50 sessions with it buy, 25 % of all do/);
  });

  test('says what of a test file training knows', async () => {
    const train = Array.from({ length: 10 }, () => row());
    const after = Array.from({ length: 10 }, () => row());
    assert.deepEqual(codes(await check(train, after)), {});
    const report = await check([...train, after[5]!], [train[2]!, ...after]);
    assert.deepEqual(codes(report), { 'train-test-time': 5, 'train-test-events': 2, 'train-test-sessions': 2 });
    assert.equal(report.findings.find(({ code }) => code === 'train-test-events')?.of, 'events of the test file');
  });

  test('reads CSV with named columns and the messages of other systems', async () => {
    const csv = tempFile('e.csv', 'event_time,event_type,product_id,price,user_id,brand\n' +
      '2019-10-01 00:00:00 UTC,view,1,-5,u,x\n"never",view,2,1,u,\n');
    const map = parseColumnMap(
      'at_ms=event_time,type=event_type,item=product_id,customer=user_id', 'view=item_view', 'UTC');
    assert.deepEqual(codes(await checkFiles(csv, undefined, { map, format: null }, 'UTC', NOW_MS)),
      { 'negative-price': 1, 'no-time': 1 });
    const retail = tempFile('r.jsonl',
      '{"eventType":"home-page-view","visitorId":"v","eventTime":"2020-01-01T00:00:00Z"}\n' +
      '{"eventType":"buy","visitorId":"v"}\n');
    const found = codes(await checkFiles(retail, undefined, { ...setting, format: 'google-retail' }, 'UTC', NOW_MS));
    assert.deepEqual(found, { unreadable: 1, 'no-customer': 1 });
  });

  test('goes on behind quotes that are wrong, and says where they are', async () => {
    const head = 'id,at_ms,type,session,customer,item\n';
    const line = (id: number, item = 'a'): string => `${id},2026-11-01T10:00:00Z,item_view,s${id},c,${item}\n`;
    const lines = [line(1), line(2, 'x"y"'), line(3), line(4, ''), line(5, '"never closed')];
    const file = tempFile('quotes.csv', head + lines.join(''));
    const report = await checkFiles(file, undefined, setting, 'UTC', NOW_MS);
    assert.deepEqual(codes(report), { 'no-item': 1, unreadable: 2 });
    const { example } = report.findings.find(({ code }) => code === 'unreadable')!;
    assert.match(example, /^line 3: Invalid Opening Quote: .* from there to the next row that reads/);
    const broken = tempFile('head.csv', `id,"at"_ms\n${line(1)}`);
    await assert.rejects(checkFiles(broken, undefined, setting, 'UTC', NOW_MS), /bad_argument|Invalid Closing Quote/);
  });

  test('does not say that nothing is wrong where there is nothing', async () => {
    for (const [name, text] of [['e.csv', ''], ['e.csv', 'id,type\n'], ['e.jsonl', '\n']] as const) {
      const report = await checkFiles(tempFile(name, text), undefined, setting, 'UTC', NOW_MS);
      assert.deepEqual(codes(report), { empty: 1 }, JSON.stringify(text));
      assert.equal(exitCode(report), 3);
    }
  });

  test('looks at a data folder, where the catalogue is known; the exit code says how bad it is', async (t) => {
    const folder = tempFolder();
    const store = LmdbStore.open(`${folder}/store`);
    await store.putItems([{ id: 'a', title: 'A', categories: [], inStock: true }]);
    const [a, b] = ['a', 'b'].map((item) => makeEvent({ item, customer: 'c', session: item }));
    await store.append([a!, b!]);
    await store.close();
    const said: string[] = [];
    t.mock.method(console, 'log', (text: string) => said.push(text));
    t.mock.method(console, 'error', () => {});

    assert.equal(await run(['--data', folder, '--json']), 3);
    const report = JSON.parse(said[0]!) as CheckReport;
    assert.deepEqual(codes(report), { 'unknown-item': 1 });
    assert.match(report.findings[0]!.example, /^line 2: 'b'/);
    assert.equal(await run([tempFile('e.jsonl', JSON.stringify(row({ at_ms: 5 })))]), 4);
    assert.match(said[1]!, /ERROR before-1990: 1 events before 1990 \(100\.0 % of events\)\n {4}line 1: 5\n/);
    assert.equal(await run([]), 2);
  });
});

suite('HashSet', () => {
  test('knows what was put, grows, and takes no more when full', () => {
    const set = new HashSet(10_000);
    for (let i = 0; i < 12_000; i += 1) assert.equal(set.put(`id-${i}`, i), -1);
    assert.equal(set.count, 10_000);
    for (let i = 0; i < 10_000; i += 1) assert.equal(set.put(`id-${i}`, 7), i);
    assert.equal(set.has('id-11000'), false);
  });
});
