import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { systemClock } from '../../../server/core/clock.ts';
import { buyWithin, survivalOf } from '../../../server/customers/survival.ts';
import { run, scoreAll } from '../../../server/score/score-command.ts';
import { ParquetTable } from '../../../server/score/parquet.ts';
import { type ColumnSpec, TextTable } from '../../../server/score/table.ts';
import { LmdbStore } from '../../../server/store/lmdb-store.ts';
import { customerEvents, type SmallShop, writeSmallModels } from '../../support/small-customers.ts';
import { makeEvent } from '../../support/shop-events.ts';
import { tempFolder } from '../../support/temp-file.ts';

const DAY_MS = 86_400_000;
const CUSTOMERS = 700; // more than a chunk

/** A data folder with customers, one who only looked, one without consent, and models. */
async function makeFolder(): Promise<{ folder: string; shop: SmallShop }> {
  const folder = tempFolder();
  const nowMs = systemClock.wallMs();
  const events = customerEvents(CUSTOMERS, nowMs - DAY_MS);
  const shop = writeSmallModels(join(folder, 'models'), events, Math.floor(nowMs / DAY_MS));
  const store = LmdbStore.open(join(folder, 'store'));
  const more = [
    makeEvent({ item: 'item-1', customer: 'looked', session: 'l', atMs: nowMs - DAY_MS }),
    makeEvent({ type: 'purchase', item: 'item-1', customer: 'secret', session: 'x', consent: false, atMs: nowMs }),
  ];
  for (let at = 0; at < events.length; at += 500) await store.append(events.slice(at, at + 500));
  await store.append(more);
  await store.close();
  return { folder, shop };
}

type Row = Record<string, number | string>;

function near(said: unknown, want: number, slack: number, what: string): void {
  assert.ok(Math.abs(Number(said) - want) <= slack, `${what}: ${String(said)} ${want}`);
}

function check(rows: readonly Row[], { predicted, segments }: SmallShop): void {
  assert.deepEqual(rows.map(({ customer }) => customer).sort(), [...predicted.keys()].sort());
  for (const row of rows) {
    const want = predicted.get(String(row['customer']))!;
    const survival = survivalOf(want.hazards);
    near(row['buy_7'], buyWithin(survival, 7), 1e-5, 'buy_7');
    near(row['buy_180'], buyWithin(survival, 180), 1e-5, 'buy_180');
    near(row['churn_90'], want.silent, 1e-5, 'churn');
    near(row['value_90'], want.value, 0.006, 'value');
    assert.equal(Number(row['segment']), want.segment);
    assert.equal(row['segment_name'], segments.names[want.segment]!.en);
    assert.match(String(row['best_date']), /^\d{4}-\d\d-\d\d$/);
    const [low, day, high] = ['low_day', 'expected_day', 'high_day'].map((name) => Number(row[name]));
    assert.ok(1 <= low! && low! <= day! && day! <= high! && high! <= 180);
  }
}

suite('vitrine score', () => {
  test('scores every customer of a store that a server has open, as CSV, JSONL and Parquet', async () => {
    const { folder, shop } = await makeFolder();
    const open = LmdbStore.open(join(folder, 'store')); // a server
    try {
      for (const ending of ['csv', 'jsonl', 'parquet']) {
        const out = join(folder, `scores.${ending}`);
        assert.equal(await run(['--data', folder, '--out', out, '--horizons', '7,30']), 0);
        check(await readRows(out), shop);
      }
    } finally {
      await open.close();
    }
    assert.deepEqual(readdirSync(folder).filter((name) => name.includes('part')), []);
    const file = await asyncBufferFromFile(join(folder, 'scores.parquet'));
    const { schema } = await parquetMetadataAsync(file);
    assert.deepEqual(schema.slice(1).map(({ name, type, repetition_type }) => [name, type, repetition_type]), [
      ['customer', 'BYTE_ARRAY'], ['buy_7', 'FLOAT'], ['buy_30', 'FLOAT'], ['buy_180', 'FLOAT'],
      ['expected_day', 'INT32'], ['low_day', 'INT32'], ['high_day', 'INT32'], ['best_date', 'BYTE_ARRAY'],
      ['best_hour', 'INT32'], ['churn_90', 'FLOAT'], ['value_90', 'FLOAT'], ['segment', 'INT32'],
      ['segment_name', 'BYTE_ARRAY'],
    ].map((column) => [...column, 'REQUIRED']));
  });

  test('only the parts that are asked for, in the language asked for', async () => {
    const { folder, shop } = await makeFolder();
    const out = join(folder, 'scores.jsonl');
    const args = ['--data', folder, '--out', out, '--parts', 'segment', '--language', 'zh'];

    assert.equal(await run(args), 0);

    const rows = await readRows(out);
    assert.deepEqual(Object.keys(rows[0]!), ['customer', 'segment', 'segment_name']);
    for (const row of rows) {
      assert.equal(row['segment_name'], shop.segments.names[Number(row['segment'])]!.zh);
    }
  });

  test('a wrong call, no store and no models are told apart; nothing is written', async () => {
    const folder = tempFolder();
    const out = join(folder, 'x.csv');
    for (const wrong of [['--out', 'x.xls'], ['--out', out, '--parts', 'wealth'], ['--out', out, '--horizons', '0'],
      ['--out', out, '--language', 'fr'], []]) {
      assert.equal(await run(['--data', folder, ...wrong]), 2, wrong.join(' '));
    }
    assert.equal(await run(['--data', folder, '--out', out]), 1);
    await LmdbStore.open(join(folder, 'store')).close();
    assert.equal(await run(['--data', folder, '--models', folder, '--out', out]), 1);
    assert.ok(!existsSync(out));
  });

  test('what fails midway leaves the former file as it was', async () => {
    const out = join(tempFolder(), 'scores.csv');
    const specs: ColumnSpec[] = [{ name: 'customer', type: 'STRING' }];
    const first = new TextTable(out, specs, 'csv');
    first.add([['a,"b"', 'c']], 2);
    first.finish();
    for (const table of [new TextTable(out, specs, 'csv'), new ParquetTable(out, specs)]) {
      const scorer = { take: () => true, full: true, score: () => Promise.reject(new Error('broken')) };
      const histories = { count: 1, all: () => new Map([['x', {}]]).entries() };
      await assert.rejects(scoreAll(histories as never, scorer as never, table, () => {}), /broken/);
    }
    assert.equal(readFileSync(out, 'utf8'), 'customer\n"a,""b"""\nc\n');
    assert.deepEqual(readdirSync(join(out, '..')), ['scores.csv']);
  });

  test('a Parquet file of many row groups has every row in its order', async () => {
    const out = join(tempFolder(), 'many.parquet');
    const specs: ColumnSpec[] = [
      { name: 'id', type: 'STRING' }, { name: 'n', type: 'INT32' }, { name: 'x', type: 'DOUBLE' }];
    const table = new ParquetTable(out, specs);
    const rows = 150_001;
    for (let from = 0; from < rows; from += 1000) {
      const count = Math.min(1000, rows - from);
      const ids = Array.from({ length: count }, (_, i) => `c-${from + i}`);
      const numbers = Int32Array.from(ids, (_, i) => from + i);
      table.add([ids, numbers, Float64Array.from(numbers, (n) => n / 3)], count);
    }
    table.finish();

    const file = await asyncBufferFromFile(out);
    assert.equal((await parquetMetadataAsync(file)).row_groups.length, 2);
    const read = await parquetReadObjects({ file }) as Row[];
    assert.equal(read.length, rows);
    read.forEach((row, i) => {
      if (row['id'] !== `c-${i}` || row['n'] !== i || row['x'] !== i / 3) assert.fail(`row ${i}`);
    });
  });
});

async function readRows(path: string): Promise<Row[]> {
  if (path.endsWith('.parquet')) return await parquetReadObjects({ file: await asyncBufferFromFile(path) }) as Row[];
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  if (path.endsWith('.jsonl')) return lines.map((line) => JSON.parse(line) as Row);
  const [head, ...rows] = lines.map((line) =>
    [...line.matchAll(/(?:^|,)("([^"]*)"|[^,]*)/g)].map(([, plain, inner]) => inner ?? plain ?? ''));
  return rows.map((row) => Object.fromEntries(head!.map((name, i) => [name, row[i]!])));
}
