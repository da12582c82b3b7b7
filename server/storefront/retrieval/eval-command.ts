import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadAddon } from '../../ann/binding.ts';
import { readConfig } from '../../config.ts';
import { ServeError } from '../../core/errors.ts';
import { Log } from '../../core/log.ts';
import { LmdbStore } from '../../store/lmdb-store.ts';
import { itemKnn, popularity, sequentialRules, sessionPopularity } from './eval/baselines.ts';
import type { Method } from './eval/baselines.ts';
import { readEvalFiles, readEvalStore } from './eval/eval-data.ts';
import type { EvalData } from './eval/eval-data.ts';
import { runEncoder } from './encoder-run.ts';
import { blended, neighboursAlone, NOTHING_LEARNED } from './eval/methods.ts';
import type { Learned } from './eval/methods.ts';
import { evaluate, formatRow, tableHead } from './eval/table.ts';
import { printBaskets } from './offline/baskets/basket-table.ts';
import { readInvoices } from './offline/baskets/baskets.ts';
import { countRows, readLeaveOneOut } from './offline/leave-one-out.ts';
import { printSequences } from './offline/sequence-table.ts';
import { openVectors } from './open.ts';
import { sessionCount } from './past-sessions.ts';
import { readSettings } from './settings.ts';
import type { BlendSettings } from './settings.ts';
import { chooseForSessions } from './tune/choose-blend.ts';

export const usage = [
  'vitrine eval --train FILE --test FILE [--settings FOLDER] [--limit N]',
  'vitrine eval --test FILE [--data DIR] [--limit N]',
  'vitrine eval --sequences FILE [--limit N]',
  'vitrine eval --invoices FILE --cut DAY',
  '  --train FILE       sessions, one a line, item ids separated by blanks (.txt, .gz)',
  "  --test FILE        a header, then 'target<TAB>items so far' (.tsv, .gz)",
  '  --data DIR         learn from the store of this folder, with its models and settings',
  '  --settings FOLDER  holds the recommend.json to use; else it is chosen on the newest 5 %',
  '                     of the training sessions',
  "  --sequences FILE   'user item item …', oldest first (.txt, .gz): each user's last item is",
  '                     asked, the last but one chooses the blend, the rest is learned from',
  '  --invoices FILE    UCI Online Retail (.csv, .gz): the next basket of each customer after the',
  '                     end of DAY, such as 2011-11-09; the blend is chosen on a cut 30 days before',
  '  --limit N          test rows to score; all when absent',
].join('\n');

/** Prints hit rate and reciprocal rank at 20 of the baselines, session neighbours and the blend. */
export async function run(args: string[]): Promise<number> {
  let wanted: Wanted;
  try {
    wanted = readArguments(args);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    return 2;
  }
  try {
    await evalWanted(wanted);
    return 0;
  } catch (error) {
    if (!(error instanceof ServeError)) throw error;
    console.error(error.message);
    return 1;
  }
}

async function evalWanted(wanted: Wanted): Promise<void> {
  const { sequences, invoices, train, limit } = wanted;
  if (invoices !== undefined) {
    const baskets = await readInvoices(invoices);
    return printBaskets(baskets, wanted.cutMs, (line) => console.log(line));
  }
  if (sequences !== undefined) {
    return printSequences(await readLeaveOneOut(sequences), limit, (line) => console.log(line));
  }
  return train === undefined ? evalStore(wanted) : evalFiles(wanted, train);
}

async function evalFiles({ test, settings, limit }: Wanted, train: string): Promise<void> {
  const data = await readEvalFiles(train, test, limit);
  const progress = (line: string): void => console.log(`  ${line}`);
  if (settings === undefined) console.log('choosing settings on the newest 5 % of the sessions');
  const chosen = settings === undefined
    ? chooseForSessions(data.past, progress).settings
    : readSettings(settings);
  printTable(data, () => blended(data, chosen, NOTHING_LEARNED), chosen);
}

function printTable(data: EvalData, blend: () => Method, settings: BlendSettings): void {
  const { past, itemCount, prefixes } = data;
  console.log(`${sessionCount(past)} sessions, ${itemCount} items, ${prefixes.length} test rows`);
  console.log(`settings ${JSON.stringify(settings)}\n\n${tableHead()}`);
  const methods: (() => Method)[] = [
    () => popularity(past, itemCount),
    () => sessionPopularity(past, itemCount),
    () => itemKnn(past, itemCount),
    () => sequentialRules(past, itemCount),
    () => neighboursAlone(past),
    blend,
  ];
  const counts = countRows(past, itemCount);
  for (const learn of methods) console.log(formatRow(evaluate(learn, prefixes, counts)));
}

interface Wanted {
  readonly sequences: string | undefined;
  readonly invoices: string | undefined;
  readonly cutMs: number; // NaN without invoices
  readonly train: string | undefined;
  readonly test: string;
  readonly settings: string | undefined;
  readonly dataDir: string;
  readonly limit: number;
}

function readArguments(args: string[]): Wanted {
  const { values } = parseArgs({
    args,
    options: {
      sequences: { type: 'string' },
      invoices: { type: 'string' },
      cut: { type: 'string' },
      train: { type: 'string' },
      test: { type: 'string' },
      data: { type: 'string' },
      settings: { type: 'string' },
      limit: { type: 'string' },
    },
  });
  const alone = values.sequences === undefined ? 'invoices' : 'sequences';
  const cutMs = Date.parse(`${values.cut}T23:59:59Z`);
  if (values[alone] !== undefined) {
    const others = ['train', 'test', 'data', 'settings', 'sequences', 'invoices'] as const;
    const other = others.find((name) => name !== alone && values[name] !== undefined);
    if (other) throw new Error(`either --${alone} or --${other}`);
    if (alone === 'invoices' && Number.isNaN(cutMs)) throw new Error('--cut DAY is missing');
  } else if (values.test === undefined) throw new Error('--test FILE is missing');
  if (values.train !== undefined && values.data !== undefined) {
    throw new Error('either --train or --data');
  }
  const limit = values.limit === undefined ? Infinity : Number(values.limit);
  if (!(limit >= 1)) throw new Error(`--limit ${values.limit} is not a number of rows`);
  return {
    sequences: values.sequences,
    invoices: values.invoices,
    cutMs,
    train: values.train,
    test: values.test ?? '',
    settings: values.settings,
    dataDir: values.data ?? readConfig(process.env).dataDir,
    limit,
  };
}

async function evalStore({ test, dataDir, limit }: Wanted): Promise<void> {
  const store = LmdbStore.open(join(dataDir, 'store'));
  try {
    const { sessionMinutesMax } = readConfig(process.env);
    const data = await readEvalStore(store, sessionMinutesMax, test, limit);
    const repository = join(dataDir, 'models');
    const settings = readSettings(repository);
    const learned = await readLearned(repository, data);
    printTable(data, () => blended(data, settings, learned), settings);
  } finally {
    await store.close();
  }
}

/** The vectors of a repository, by the rows of `data`, and the encoder's word on each prefix. */
async function readLearned(repository: string, data: EvalData): Promise<Learned> {
  const rows = new Map(data.ids.map((id, row) => [id, row]));
  const rowOf = (id: string): number | undefined => rows.get(id);
  const log = new Log('warn', (line) => console.log(`  ${line}`));
  const setting = { addon: loadAddon(), repository, rowOf, log };
  const taste = openVectors(setting, 'session-encoder', 'ip');
  const similar = openVectors(setting, 'item-vectors', 'cosine');
  const idsOf = (items: Uint32Array) => Array.from(items, (row) => data.ids[row] as string);
  const prefixes = data.prefixes.map(({ items }) => idsOf(items));
  return { taste, similar, tastes: taste && (await runEncoder(repository, prefixes)) };
}
