import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readConfig } from '../../server/config.ts';
import { isZone } from '../../server/core/zone.ts';
import { systemClock } from '../../server/core/clock.ts';
import { writeWhole } from '../../server/core/whole-file.ts';
import { LmdbStore } from '../../server/store/lmdb-store.ts';
import { ownRepository } from '../recipes/own-repository.ts';
import { writeModel } from '../recipes/model-folder.ts';
import { EXIT_NOT_PROMOTED, EXIT_PROMOTED } from '../learn/promote.ts';
import { learnCustomers, type CustomerOptions } from './learn.ts';
import { readCdnow } from './logs/cdnow.ts';
import { readOnlineRetail } from './logs/online-retail.ts';
import type { ShopLog } from './logs/shop-log.ts';
import { storePurchases } from './logs/store-log.ts';
import type { JudgedModel } from './models.ts';
import { dayOf, purchaseLogOf } from './purchases.ts';

export const usage = [
  'vitrine learn-customers [--log store|cdnow|online-retail] [--file FILE] [--data DIR] [--out DIR]',
  '                        [--zone ZONE] [--seed N] [--candidate] [--bound]',
  '  learns when customers buy again, who leaves, what they will spend and which segments they form;',
  '  prints every score beside its baselines; a model that does not beat them is not written, and the',
  '  command then ends with 3',
  '  --log          store: the events in DIR/store (default); cdnow, online-retail: the public FILE,',
  '                 scored on the landmarks of the published figures',
  '  --data DIR     data folder (.vitrine)',
  '  --out DIR      model repository to write to: DIR/models of a store; a public log only if asked',
  '  --zone ZONE    time zone of the shop, for events that say none (UTC)',
  '  --seed N       of all chance (1)',
  '  --candidate    of a store: writes a version of `customers` alone, which is not served yet',
  '  --bound        prints what the inputs could tell at best, by learning from the days after as well',
].join('\n');

/** The landmarks that the reference scores of the public logs are for. */
const LANDMARKS = {
  cdnow: { timingDay: dayOf('1997-09-30'), churnDay: dayOf('1997-09-30') },
  'online-retail': { timingDay: dayOf('2011-11-09'), churnDay: dayOf('2011-09-10') },
} as const;

export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      log: { type: 'string', default: 'store' },
      file: { type: 'string' },
      data: { type: 'string', default: readConfig(process.env).dataDir },
      out: { type: 'string' },
      zone: { type: 'string', default: 'UTC' },
      seed: { type: 'string', default: '1' },
      candidate: { type: 'boolean', default: false },
      bound: { type: 'boolean', default: false },
    },
  });
  const seed = Number(values.seed);
  const name = values.log;
  if (!Number.isInteger(seed) || seed < 0 || !['store', 'cdnow', 'online-retail'].includes(name)) {
    console.error(usage);
    return 2;
  }
  const { out } = values;
  const common = { seed, bound: values.bound, write: name === 'store' || out !== undefined };
  if (!isZone(values.zone)) {
    console.error(`--zone '${values.zone}' is no IANA time zone, as Europe/London is\n\n${usage}`);
    return 2;
  }
  if (name === 'store') {
    const folder = join(values.data, 'store');
    if (!existsSync(folder)) {
      console.error(`there is no '${folder}': start the server or import something first`);
      return 1;
    }
    const store = LmdbStore.openToRead(folder); // a server may have it open
    try {
      const repository = values.out ?? ownRepository(values.data);
      return learn(storePurchases(store, values.zone), common, repository, values.candidate);
    } finally {
      await store.close();
    }
  }
  if (values.file === undefined) {
    console.error(`--log ${name} needs --file FILE\n\n${usage}`);
    return 2;
  }
  const log = name === 'cdnow' ? await readCdnow(values.file) : await readOnlineRetail(values.file);
  return learn(log, { ...common, ...LANDMARKS[name as keyof typeof LANDMARKS] }, out);
}

function learn(
  shop: ShopLog, options: Omit<CustomerOptions, 'trainedOn'>, out: string | undefined,
  candidate = false,
): number {
  const log = purchaseLogOf(shop);
  const trainedOn = `${shop.name}: ${log.customers.length.toLocaleString('en')} customers, ` +
    `purchases up to ${new Date(log.lastDay * 86_400_000).toISOString().slice(0, 10)}`;
  console.log(trainedOn);
  const models = learnCustomers(
    log, { ...options, trainedOn }, systemClock, (line) => console.log(line));
  if ('why' in models) {
    console.error(`nothing to learn from: ${models.why}`);
    return 1;
  }
  const refused = candidate ? writeCandidate(out, models) : writeAll(out, models);
  return refused ? EXIT_NOT_PROMOTED : EXIT_PROMOTED;
}

/** What is promoted; of the others, the card that says why not. Whether there is such a one. */
function writeAll(out: string | undefined, models: readonly JudgedModel[]): boolean {
  for (const { model, reasons } of models) {
    if (out === undefined) continue;
    if (reasons.length === 0) {
      console.log(`wrote ${join(out, model.name, String(writeModel(out, model)))}`);
    } else {
      const card = { ...model.card, notes: reasons.map((reason) => `not promoted: ${reason}`) };
      mkdirSync(join(out, model.name), { recursive: true });
      writeWhole(join(out, model.name, REFUSED_CARD), `${JSON.stringify(card, null, 2)}\n`);
    }
  }
  return models.some(({ reasons }) => reasons.length > 0);
}

/** The model of all parts alone, where it has no part less than the one that is served. */
function writeCandidate(out: string | undefined, models: readonly JudgedModel[]): boolean {
  const together = models.find(({ model }) => model.name === 'customers')?.model;
  if (out === undefined || !together) return true;
  const config = join(out, together.name, 'config.json');
  const served = existsSync(config)
    ? (JSON.parse(readFileSync(config, 'utf8')) as { output: { name: string }[] }).output : [];
  const has = together.config?.output.map(({ name }) => name) ?? [];
  if (served.some(({ name }) => !has.includes(name))) return true;
  console.log(`wrote ${join(out, together.name, String(writeModel(out, together, true)))}`);
  return false;
}

/** In a model's folder, the card of the training that was not promoted last. */
const REFUSED_CARD = 'refused.json';
