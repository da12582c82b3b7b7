import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readConfig } from '../../server/config.ts';
import { ServeError } from '../../server/core/errors.ts';
import { FEATURES, featureVersion } from '../../server/features/registry.ts';
import { LmdbStore } from '../../server/store/lmdb-store.ts';
import { selectReport, selectText } from '../learn/select/select-report.ts';
import { takeExamples } from '../learn/table.ts';
import { boostedTrees } from '../learn/trees/boosting.ts';
import { readCdnow } from './logs/cdnow.ts';
import { customerTable } from './logs/customer-table.ts';
import { endOfDay, localDay } from './logs/days.ts';
import { readOnlineRetail } from './logs/online-retail.ts';
import type { ShopLog } from './logs/shop-log.ts';
import { storeLog } from './logs/store-log.ts';

export const usage = [
  'vitrine features [--data DIR | --log cdnow|online-retail FILE] [--days N]',
  '  what each customer feature is worth for telling who buys within N days (30): how often it is known,',
  '  mutual information, permutation importance and stability selection',
  '  --data DIR           the store of a data folder (the default)',
  '  --log NAME FILE      a public purchase log',
  '  --days N             the horizon; the newest landmark is so many days before the log ends',
  '  --list [--zh]        the features themselves: family, unit, range, when they are missing',
  '  --seed N             of all chance (1)',
].join('\n');

const LANDMARKS = 4; // the last one is the test; the others, a horizon apart, teach

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args, allowPositionals: true,
    options: {
      data: { type: 'string' }, log: { type: 'string' }, days: { type: 'string', default: '30' },
      list: { type: 'boolean', default: false }, zh: { type: 'boolean', default: false },
      seed: { type: 'string', default: '1' },
    },
  });
  if (values.list) {
    console.log(listText(values.zh));
    return 0;
  }
  const days = positive(values.days, '--days');
  const log = await openLog(values.log, positionals[0], values.data);
  const landmarks = chooseLandmarks(log, days);
  const table = customerTable(log, landmarks);
  const all = table.bought(days);
  const test = landmarks.at(-1) as number;
  const rows = [...table.times.keys()];
  const train = takeExamples(all, rows.filter((row) => table.times[row] !== test));
  const held = takeExamples(all, rows.filter((row) => table.times[row] === test));
  for (const [name, { labels }] of [['train', train], ['test', held]] as const) {
    const buyers = labels.reduce((sum, label) => sum + label, 0);
    console.log(`${name}: ${labels.length} rows, ${((100 * buyers) / labels.length).toFixed(1)} % buy`);
    if (buyers === 0 || buyers === labels.length) {
      throw new ServeError('bad_argument', `all ${name} rows have one outcome: nothing tells them apart`);
    }
  }
  console.log(`features ${featureVersion()}, landmarks ${landmarks
    .map((at) => dateOf(at, log.timeZone)).join(', ')}; outcome: buys within ${days} days\n`);
  const learner = boostedTrees({ trees: 120, leaves: 12 });
  const report = selectReport(train, held, learner, positive(values.seed, '--seed'));
  const families = new Map(FEATURES.map(({ name, family }) => [name, family]));
  console.log(selectText(report, (name) => families.get(name) ?? '').join('\n'));
  return 0;
}

async function openLog(
  name: string | undefined, file: string | undefined, data: string | undefined,
): Promise<ShopLog> {
  if (name !== undefined) {
    if (file === undefined) throw new ServeError('bad_argument', '--log NAME needs its FILE');
    if (name === 'cdnow') return readCdnow(file);
    if (name === 'online-retail') return readOnlineRetail(file);
    throw new ServeError('bad_argument', `--log is cdnow or online-retail, not '${name}'`);
  }
  const config = readConfig(process.env);
  const store = LmdbStore.open(join(data ?? config.dataDir, 'store'));
  try {
    return storeLog(store, config.timeZone); // reads all events before the store is closed
  } finally {
    await store.close();
  }
}

/** Ends of local days, a horizon apart, the newest a horizon before the log ends. */
export function chooseLandmarks(log: ShopLog, days: number): number[] {
  const first = log.events.reduce((least, { atMs }) => Math.min(least, atMs), Infinity);
  // A log that ends within a day does not know all of that day.
  const whole = log.endMs >= endOfDay(dateOf(log.endMs, log.timeZone), log.timeZone) ? 0 : 1;
  const endDay = localDay(log.endMs, log.timeZone) - whole;
  const landmarks: number[] = [];
  for (let i = LANDMARKS; i >= 1; i--) {
    const date = new Date((endDay - i * days) * 86_400_000).toISOString().slice(0, 10);
    const landmark = endOfDay(date, log.timeZone);
    if (landmark > first) landmarks.push(landmark);
  }
  if (landmarks.length >= 2) return landmarks;
  throw new ServeError('bad_argument', `the log of ${log.name} is shorter than ${2 * days} days`);
}

function dateOf(atMs: number, zone: string): string {
  return new Date(localDay(atMs, zone) * 86_400_000).toISOString().slice(0, 10);
}

function positive(text: string, name: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new ServeError('bad_argument', `${name}: an integer of at least 1, not '${text}'`);
}

function listText(chinese: boolean): string {
  const rows = FEATURES.map(({ name, family, unit, range, missing, en, zh }) =>
    `| \`${name}\` | ${family} | ${unit} | ${range[0]}..${range[1]} | ${missing ?? 'never'} | ${chinese ? zh : en} |`);
  return [
    `features ${featureVersion()}`, '',
    '| feature | family | unit | range | missing when it | what |', '|---|---|---|---|---|---|', ...rows,
  ].join('\n');
}
