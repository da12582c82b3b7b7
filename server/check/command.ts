import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readConfig } from '../config.ts';
import { systemClock } from '../core/clock.ts';
import { FORMATS, formatNamed } from '../intake/formats.ts';
import { parseColumnMap } from '../store/import/column-map.ts';
import { LmdbStore } from '../store/lmdb-store.ts';
import { Checker } from './checker.ts';
import type { CheckReport } from './checker.ts';
import { Overlap } from './overlap.ts';
import { readRows, storeRows } from './read-rows.ts';
import type { Row, RowSetting } from './read-rows.ts';
import { exitCode, reportText } from './report.ts';

export const usage = [
  'vitrine check FILE [--test FILE] | --data DIR   [--json] [--format NAME] [--time-zone ZONE]',
  '              [--columns FIELD=COLUMN,…] [--types NAME=TYPE,…]',
  '  what is wrong with events: duplicates, gaps, impossible values, clocks, robots, leaks',
  '  FILE          .jsonl, .csv (either with .gz), .parquet; columns and types as in `vitrine import events`',
  '  --test FILE   what models are to be tested on: whether FILE, of training, knows of it',
  '  --data DIR    the events of a data folder; a server may be running on it',
  `  --format      of JSON lines: vitrine, ${Object.keys(FORMATS).join(', ')}`,
  '  --time-zone   the shop\'s (VITRINE_TIME_ZONE): its nights are looked for, and times that name none',
  '  --json        the report as JSON',
  '  ends with 0 (notes at most), 3 (warnings), 4 (errors), 1 (it cannot be read), 2 (a wrong call)',
].join('\n');

/** Looks at events before anything is learned from them. */
export async function run(args: string[]): Promise<number> {
  const config = readConfig(process.env);
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      data: { type: 'string' }, test: { type: 'string' }, json: { type: 'boolean', default: false },
      format: { type: 'string', default: 'vitrine' }, 'time-zone': { type: 'string', default: config.timeZone },
      columns: { type: 'string', default: '' }, types: { type: 'string', default: '' },
    },
  });
  const { data, test } = values;
  const path = positionals[0];
  const one = (path === undefined) !== (data === undefined) && positionals.length < 2;
  if (!one || (data !== undefined && test !== undefined)) {
    console.error(usage);
    return 2;
  }
  const zone = values['time-zone'];
  const setting: RowSetting = {
    map: parseColumnMap(values.columns, values.types, zone),
    format: values.format === 'vitrine' ? null : formatNamed(values.format),
  };
  const nowMs = systemClock.wallMs();
  const report = data !== undefined ? await checkStore(data, zone, nowMs)
    : await checkFiles(path as string, test, setting, zone, nowMs);
  const name = data ?? (path as string);
  console.log(values.json ? JSON.stringify({ path: name, ...report }, null, 1) : reportText(name, report));
  return exitCode(report);
}

async function checkStore(folder: string, zone: string, nowMs: number): Promise<CheckReport> {
  const store = LmdbStore.openToRead(join(folder, 'store'));
  try {
    const declared = store.declaredCount === 0 ? null : (item: string) => store.item(item)?.declared ?? false;
    const checker = new Checker({ nowMs, zone, declared });
    for (const row of storeRows(store)) look(checker, row);
    return checker.report();
  } finally {
    await store.close();
  }
}

/** The file, and where there is another one for tests, what of it the first one knows. */
export async function checkFiles(
  path: string, test: string | undefined, setting: RowSetting, zone: string, nowMs: number,
): Promise<CheckReport> {
  const checker = new Checker({ nowMs, zone });
  const overlap = test === undefined ? null : new Overlap();
  for await (const row of readRows(path, setting)) {
    look(checker, row);
    if (!('why' in row)) overlap?.train(row);
  }
  if (test === undefined || !overlap) return checker.report();
  for await (const row of readRows(test, setting)) {
    if (!('why' in row)) overlap.test(row, checker.findings);
  }
  overlap.tell(checker.findings);
  return checker.report();
}

function look(checker: Checker, row: Row): void {
  if ('why' in row) checker.unreadable(row.line, row.why);
  else checker.add(row);
}
