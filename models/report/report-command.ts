import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readConfig } from '../../server/config.ts';
import { writeWhole } from '../../server/core/whole-file.ts';
import { isZone } from '../../server/core/zone.ts';
import { LmdbStore } from '../../server/store/lmdb-store.ts';
import { readCdnow } from '../customers/logs/cdnow.ts';
import { readOnlineRetail } from '../customers/logs/online-retail.ts';
import type { ShopLog } from '../customers/logs/shop-log.ts';
import { storePurchases } from '../customers/logs/store-log.ts';
import { purchaseLogOf } from '../customers/purchases.ts';
import { framed } from '../learn/command-frame.ts';
import { TrainingError } from '../learn/training-error.ts';
import { facts, type ModelFacts } from './facts.ts';
import { reportPage } from './page.ts';
import type { Language } from './words.ts';

export const usage = [
  'vitrine report [--data DIR | --log cdnow|online-retail FILE] [--out FILE.html] …',
  '  one page for people who decide: who comes back, when, what is at risk, how good the models are',
  '  --data DIR          data folder (.vitrine); a server may be running on it',
  '  --log NAME FILE     a public purchase log instead',
  '  --out FILE          (report.html)',
  '  --language en|zh    (en)',
  '  --time-zone ZONE    of the shop, an IANA name (UTC); days are its days',
].join('\n');

export function run(args: string[]): Promise<number> {
  return framed(usage, () => parse(args), async (options) => {
    const log = await openLog(options);
    const found = facts(purchaseLogOf(log), models(options));
    const made = new Date().toISOString().slice(0, 16).replace('T', ' ');
    writeWhole(options.out, reportPage(found, options.language, made));
    console.log(`wrote ${options.out}: ${found.customers.toLocaleString('en')} customers, ` +
      `${found.purchases.toLocaleString('en')} purchases`);
    return 0;
  });
}

async function openLog({ log, file, data, timeZone }: Options): Promise<ShopLog> {
  if (log === 'cdnow') return readCdnow(file);
  if (log === 'online-retail') return readOnlineRetail(file);
  const folder = join(data, 'store');
  if (!existsSync(folder)) {
    throw new TrainingError(`there is no '${folder}': start the server or import something first`);
  }
  const store = LmdbStore.openToRead(folder);
  try {
    return { ...storePurchases(store, timeZone), name: data };
  } finally {
    await store.close();
  }
}

/** The cards of what `vitrine train` and `learn` wrote into the data folder. */
function models({ log, data }: Options): ModelFacts[] {
  const repository = join(data, 'models');
  if (log !== undefined || !existsSync(repository)) return [];
  return readdirSync(repository).sort().flatMap((name): ModelFacts[] => {
    const path = join(repository, name, 'card.json');
    if (!existsSync(path)) return [];
    const card = JSON.parse(readFileSync(path, 'utf8')) as Partial<ModelFacts>;
    const { what = '', trainedOn = '', madeAt = '', scores = {}, baselines = {} } = card;
    return Object.keys(scores).length === 0 ? [] : [{ name, what, trainedOn, madeAt, scores, baselines }];
  });
}

interface Options {
  readonly data: string;
  readonly log: 'cdnow' | 'online-retail' | undefined;
  readonly file: string;
  readonly out: string;
  readonly language: Language;
  readonly timeZone: string;
}

function parse(args: string[]): Options {
  const { values, positionals } = parseArgs({
    args, allowPositionals: true,
    options: {
      data: { type: 'string', default: readConfig(process.env).dataDir },
      log: { type: 'string' },
      out: { type: 'string', default: 'report.html' },
      language: { type: 'string', default: 'en' },
      'time-zone': { type: 'string', default: 'UTC' },
    },
  });
  const { log, language, out, data } = values;
  if (log !== undefined && log !== 'cdnow' && log !== 'online-retail') {
    throw new RangeError(`--log ${log}: expected cdnow or online-retail`);
  }
  if (language !== 'en' && language !== 'zh') {
    throw new RangeError(`--language ${language}: expected en or zh`);
  }
  const timeZone = values['time-zone'];
  if (!isZone(timeZone)) {
    throw new RangeError(`--time-zone ${timeZone}: expected an IANA name, as Europe/Berlin`);
  }
  const [file = '', ...more] = positionals;
  if (more.length > 0 || (log === undefined) !== (file === '')) {
    throw new RangeError('--log goes with one file');
  }
  return { data, log, file, out, language, timeZone };
}
