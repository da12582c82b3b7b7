import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readConfig } from '../../config.ts';
import { systemClock } from '../../core/clock.ts';
import { ServeError } from '../../core/errors.ts';
import { Currencies } from '../../intake/currencies.ts';
import { FORMATS, formatNamed } from '../../intake/formats.ts';
import type { Format } from '../../intake/formats.ts';
import { LmdbStore } from '../lmdb-store.ts';
import type { Store } from '../store.ts';
import { importCatalogue } from './catalogue.ts';
import { parseColumnMap } from './column-map.ts';
import type { ColumnMap } from './column-map.ts';
import { importEvents } from './events.ts';
import { importOnlineRetail } from './online-retail.ts';
import { ROW_FIELDS } from './row-event.ts';
import { importSequences } from './sequences.ts';
import { importSessions } from './sessions.ts';
import { BadRow, formatSummary } from './summary.ts';
import type { ImportOptions, ImportSummary } from './summary.ts';

interface Kind {
  readonly option: 'file' | 'train'; // names the file
  readonly what: string;
  readonly run: (
    store: Store, path: string, options: ImportOptions, map: ColumnMap, format: Format | null,
  ) => Promise<ImportSummary>;
}

/** What can be imported. The usage text is made of this table. */
const KINDS: Readonly<Record<string, Kind>> = {
  'online-retail': {
    option: 'file',
    what: 'UCI Online Retail invoices (.csv, .csv.gz)',
    run: importOnlineRetail,
  },
  sessions: {
    option: 'train',
    what: 'sessions without times: one a line, item ids separated by blanks (.txt, .gz)',
    run: importSessions,
  },
  sequences: {
    option: 'file',
    what: 'customers: one a line, then item ids, oldest first, as purchases a day apart (.txt, .gz)',
    run: importSequences,
  },
  catalogue: {
    option: 'file',
    what: 'items of your own (.csv, .jsonl, or either with .gz)',
    run: importCatalogue,
  },
  events: {
    option: 'file',
    what: 'events of your own (.jsonl, .csv, either with .gz, .parquet)',
    run: importEvents,
  },
};

export const usage = [
  'vitrine import KIND --FILE-OPTION PATH [--data DIR] [--skip-bad]',
  ...Object.entries(KINDS).map(([name, kind]) => `  ${name} --${kind.option} PATH   ${kind.what}`),
  '  --until DAY     of online-retail: nothing after the end of DAY, such as 2011-11-09',
  '  --leave-out N   of sequences: without the newest N items of each customer',
  `  --format NAME   of events: the file is JSON lines of ${Object.keys(FORMATS).join(', ')}`,
  '  --currency EUR --rates FILE   of events: the shop\'s, and what others are worth (VITRINE_CURRENCY, VITRINE_RATES)',
  '  of events in CSV and Parquet:',
  '  --columns FIELD=COLUMN,…   which columns to read, where they are not named as on the wire',
  `     fields: ${ROW_FIELDS.join(', ')}`,
  '  --types NAME=TYPE,…        what the file calls event types: view=item_view,cart=cart_add',
  '  --time-zone ZONE           of times that name none (UTC)',
  '  --skip-bad   count rows that are wrong instead of ending at the first one',
].join('\n');

/** Imports a file into the store of the data folder. A second import of it adds nothing. */
export async function run(args: string[]): Promise<number> {
  let wanted: Wanted;
  try {
    wanted = readArguments(args);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    return 2;
  }
  const startMs = systemClock.nowUs() / 1000;
  const store = LmdbStore.open(join(wanted.dataDir, 'store'));
  try {
    if (store.note('demo') !== undefined) {
      const detail = `${wanted.dataDir} holds the demo shop, and a folder is one shop`;
      throw new ServeError('bad_argument', `${detail}: name another with --data`);
    }
    const progress = (line: string): void => console.log(line);
    const { currencies } = wanted;
    const options = { skipBad: wanted.skipBad, ...(currencies && { currencies }), ...wanted.scope, progress };
    const summary = await wanted.kind.run(store, wanted.path, options, wanted.map, wanted.format);
    await store.putNote(`import ${wanted.name}`, { ...summary, atMs: systemClock.wallMs() });
    const seconds = (systemClock.nowUs() / 1000 - startMs) / 1000;
    console.log(`${formatSummary(summary)}\ndone in ${seconds.toFixed(1)} s`);
    return 0;
  } catch (error) {
    if (!(error instanceof ServeError)) throw error;
    console.error(`${wanted.path}: ${error.message}`);
    if (error instanceof BadRow) console.error('--skip-bad leaves out rows that are wrong');
    if (store.note('demo') === undefined) {
      console.error('what was imported before it stays; the same import again takes up from there');
    }
    return 1;
  } finally {
    await store.close();
  }
}

interface Wanted {
  readonly name: string;
  readonly kind: Kind;
  readonly path: string;
  readonly dataDir: string;
  readonly skipBad: boolean;
  readonly scope: Pick<ImportOptions, 'untilMs' | 'leaveOut'>;
  readonly map: ColumnMap;
  readonly currencies: Currencies | null;
  readonly format: Format | null; // of events that are not ours
}

function readArguments(args: string[]): Wanted {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      file: { type: 'string' },
      train: { type: 'string' },
      data: { type: 'string' },
      until: { type: 'string' },
      'leave-out': { type: 'string' },
      currency: { type: 'string' },
      rates: { type: 'string' },
      format: { type: 'string', default: 'vitrine' },
      columns: { type: 'string', default: '' },
      types: { type: 'string', default: '' },
      'time-zone': { type: 'string', default: 'UTC' },
      'skip-bad': { type: 'boolean', default: false },
    },
  });
  const name = positionals[0] ?? '';
  const kind = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
  if (!kind || positionals.length > 2) {
    throw new Error(`one KIND, please: ${Object.keys(KINDS).join(', ')}`);
  }
  const path = values[kind.option] ?? positionals[1];
  if (values[kind.option] !== undefined && positionals.length > 1) throw new Error('one file, please');
  if (path === undefined) throw new Error(`${name} needs --${kind.option} PATH`);
  if (values.format !== 'vitrine' && name !== 'events') throw new Error('--format is of events alone');
  const config = readConfig(process.env);
  const dataDir = values.data ?? config.dataDir;
  const currencies = Currencies.open(values.currency ?? config.currency, values.rates ?? config.ratesFile);
  const scope = readScope(values.until, values['leave-out']);
  const format = values.format === 'vitrine' ? null : formatNamed(values.format);
  const map = parseColumnMap(values.columns, values.types, values['time-zone']);
  return { name, kind, path, dataDir, skipBad: values['skip-bad'], scope, map, format, currencies };
}

function readScope(until: string | undefined, leaveOut: string | undefined): Wanted['scope'] {
  const untilMs = Date.parse(`${until}T23:59:59.999Z`);
  if (until !== undefined && Number.isNaN(untilMs)) throw new Error(`--until ${until} is no day`);
  const count = Number(leaveOut ?? 0);
  if (!Number.isInteger(count) || count < 0) throw new Error(`--leave-out ${leaveOut} is no number`);
  return { ...(until !== undefined && { untilMs }), leaveOut: count };
}
