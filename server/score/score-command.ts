import { existsSync } from 'node:fs';
import { extname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { chosenRepository } from '../catalog/chosen-repository.ts';
import { readConfig } from '../config.ts';
import { systemClock } from '../core/clock.ts';
import { ServeError } from '../core/errors.ts';
import { shopHabits } from '../customers/known-customer.ts';
import type { Histories } from '../features/histories.ts';
import { LmdbStore } from '../store/lmdb-store.ts';
import { HABITS_CUSTOMERS, HORIZONS_DEFAULT } from '../storefront/customer-insight.ts';
import { CUSTOMER_MODELS, CUSTOMER_PARTS, type CustomerPart } from '../storefront/customer-models.ts';
import { LANGUAGES, type Language, LIMITS } from '../wire/schema.ts';
import { customerBase } from './customer-base.ts';
import { ParquetTable } from './parquet.ts';
import { Scorer } from './scorer.ts';
import { type ColumnSpec, type TableWriter, TextTable } from './table.ts';

export const usage = [
  'vitrine score --out FILE.{csv,jsonl,parquet} [--data DIR] [--models DIR] [--parts timing,churn,…]',
  '              [--horizons 1,7,30,90] [--language en|zh]',
  '  what is to be expected of every customer who has bought: a row each, as `insight` answers',
  '  --data DIR     data folder (.vitrine); a server may be running on it',
  '  --models DIR   model repository (DIR/models of --data, else the shipped ones)',
  '  --parts        of timing, churn, value, segment: those that there are models for',
  '  --horizons     days, 1 to 180, that the probability of a purchase within is said for',
  '  --language     of the segments\' names (en)',
].join('\n');

const SAY_ROWS = 50_000;

export async function run(args: string[]): Promise<number> {
  const options = parse(args);
  if (options === null) {
    console.error(usage);
    return 2;
  }
  const { folder, repository, timeZone, sessionMinutesMax } = options;
  if (!existsSync(folder)) {
    console.error(`there is no '${folder}': start the server or import something first`);
    return 1;
  }
  const nowMs = systemClock.wallMs();
  const parts = options.parts ?? CUSTOMER_PARTS.filter((part) =>
    existsSync(join(repository, CUSTOMER_MODELS[part].model, 'config.json')));
  if (parts.length === 0) {
    console.error(`'${repository}' has no models of customers: 'vitrine learn-customers' makes them`);
    return 1;
  }
  const store = LmdbStore.openToRead(folder);
  try {
    const startUs = systemClock.nowUs();
    const events = store.eventCount;
    let told = 0;
    const histories = await customerBase(store, { timeZone, sessionMinutesMax, nowMs }, (played) => {
      if (played - told < 1_000_000) return;
      told = played;
      console.log(`${count(played)} of ${count(events)} events played`);
    });
    console.log(`${count(histories.count)} customers from ${count(events)} events in ${seconds(startUs)}`);
    const habits = shopHabits(histories.all(), HABITS_CUSTOMERS);
    const scorer = await Scorer.open({ ...options, parts, nowMs, habits });
    try {
      for (const { part, model, version, trainedOn } of scorer.sources) {
        console.log(`${part}: ${model} v${version}, learned from ${trainedOn}`);
      }
      await scoreAll(histories, scorer, openTable(options.out, scorer.specs), (line) => console.log(line));
    } finally {
      await scorer.close();
    }
    console.log(`wrote ${options.out}`);
    return 0;
  } finally {
    await store.close();
  }
}

/** Every customer into the table, which is finished. Resolves to the rows; when it rejects, no file is left. */
export async function scoreAll(
  histories: Pick<Histories, 'all' | 'count'>, scorer: Scorer, table: TableWriter,
  say: (line: string) => void,
): Promise<number> {
  const startUs = systemClock.nowUs();
  const rate = (rows: number): string =>
    `${count(Math.round((rows * 1e6) / Math.max(1, systemClock.nowUs() - startUs)))} a second`;
  let [seen, rows, told] = [0, 0, 0];
  const chunk = async (): Promise<void> => {
    const scored = await scorer.score();
    table.add(scored.columns, scored.rows);
    rows += scored.rows;
    if (rows - told < SAY_ROWS) return;
    told = rows;
    say(`${count(seen)} of ${count(histories.count)} customers, ${rate(rows)}`);
  };
  try {
    for (const [id, history] of histories.all()) {
      scorer.take(id, history);
      seen += 1;
      if (scorer.full) await chunk();
    }
    await chunk();
    table.finish();
  } catch (cause) {
    table.abandon();
    throw cause;
  }
  say(`${count(rows)} scored in ${seconds(startUs)}, ${rate(rows)}; ${count(seen - rows)} have bought nothing`);
  return rows;
}

export function openTable(path: string, specs: readonly ColumnSpec[]): TableWriter {
  try {
    const ending = extname(path);
    if (ending === '.parquet') return new ParquetTable(path, specs);
    return new TextTable(path, specs, ending === '.csv' ? 'csv' : 'jsonl');
  } catch (cause) {
    throw new ServeError('storage', `${path}: ${(cause as Error).message}`, { cause });
  }
}

interface Options {
  readonly out: string;
  readonly folder: string; // of the store
  readonly repository: string;
  readonly parts: readonly CustomerPart[] | null; // null: those that there are models for
  readonly horizons: readonly number[];
  readonly language: Language;
  readonly timeZone: string;
  readonly sessionMinutesMax: number;
}

function parse(args: string[]): Options | null {
  const { values } = parseArgs({
    args,
    options: {
      out: { type: 'string', default: '' }, data: { type: 'string' }, models: { type: 'string' },
      parts: { type: 'string' }, horizons: { type: 'string' }, language: { type: 'string', default: 'en' },
    },
  });
  const config = readConfig({
    ...process.env,
    ...(values.data !== undefined && { VITRINE_DATA: values.data }),
    ...(values.models !== undefined && { VITRINE_MODELS: values.models }),
  });
  const parts = values.parts?.split(',').map((name) => CUSTOMER_PARTS.find((part) => part === name));
  const horizons = values.horizons?.split(',').map(Number) ?? HORIZONS_DEFAULT;
  const language = LANGUAGES.find((name) => name === values.language);
  const right = ['.csv', '.jsonl', '.parquet'].includes(extname(values.out)) && language !== undefined &&
    (parts === undefined || parts.every((part) => part !== undefined)) &&
    horizons.every((days) => Number.isInteger(days) && days >= 1 && days <= LIMITS.horizonDaysMax);
  if (!right) return null;
  return {
    out: values.out, folder: join(config.dataDir, 'store'), repository: chosenRepository(config),
    parts: parts ? [...new Set(parts as CustomerPart[])] : null,
    horizons: [...new Set(horizons)].sort((a, b) => a - b),
    language, timeZone: config.timeZone, sessionMinutesMax: config.sessionMinutesMax,
  };
}

function count(value: number): string {
  return value.toLocaleString('en');
}

function seconds(startUs: number): string {
  return `${((systemClock.nowUs() - startUs) / 1e6).toFixed(1)} s`;
}
