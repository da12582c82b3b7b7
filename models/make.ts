/**
 * Makes the models that come with the product, from nothing but a seed: the demo shop's simulator
 * writes a history, and `vitrine train`'s recipes learn from it. `npm run build`, then
 * `node dist/models/make.js`; about half a minute.
 */
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { systemClock } from '../server/core/clock.ts';
import { DEMO_SEED, makeCatalogue } from '../server/demo/catalogue.ts';
import { demoHistory } from '../server/demo/seed.ts';
import { simulateBuyers } from '../server/demo/buyers.ts';
import { MemoryStore } from '../server/store/memory-store.ts';
import type { Store } from '../server/store/store.ts';
import { DEMO_SOURCE } from '../server/storefront/insight.ts';
import { learnCustomers } from './customers/learn.ts';
import { inTimeOrder } from './customers/logs/shop-log.ts';
import { purchaseLogOf, type PurchaseLog } from './customers/purchases.ts';
import { writeModel } from './recipes/model-folder.ts';
import { PARTS, trainStore } from './recipes/train-store.ts';

/**
 * What the shipped models learned from: other visits than those that the demo's store is seeded
 * with, and more of them.
 */
const SHIPPED_HISTORY = {
  seed: 2026,
  endMs: Date.UTC(2026, 8, 1),
  days: 84,
  visits: 24_000,
} as const;

export const SHIPPED_TRAINING = { seed: 1, dim: 32, epochs: 12 } as const;

/** A store with the demo shop's items and the shipped models' history. */
export async function shippedStore(): Promise<Store> {
  const store = new MemoryStore();
  await store.putItems(makeCatalogue(DEMO_SEED));
  await store.append(demoHistory(SHIPPED_HISTORY.endMs, SHIPPED_HISTORY));
  return store;
}

/** Who buys again takes months to tell: buyers of their own, over a year and a half. */
const SHIPPED_BUYERS = {
  seed: 2026, customers: 3000, endMs: SHIPPED_HISTORY.endMs, days: 540,
} as const;

/** A seeded shop's purchases, for models of customers. */
export function buyersLog(options: { seed: number; customers: number; endMs: number; days: number }): PurchaseLog {
  const events = simulateBuyers(makeCatalogue(DEMO_SEED), options);
  return purchaseLogOf({
    name: DEMO_SOURCE, events: inTimeOrder(events), timeZone: 'UTC', endMs: options.endMs - 1,
    leftOut: {},
  });
}

/** Adds the models of customers to a repository. */
export function makeCustomers(repository: string, say: (line: string) => void): void {
  const { customers, days, seed } = SHIPPED_BUYERS;
  const models = learnCustomers(buyersLog(SHIPPED_BUYERS), {
    seed: SHIPPED_TRAINING.seed,
    write: true,
    trainedOn: `${DEMO_SOURCE} (seed ${seed}): ${customers.toLocaleString('en')} made-up buyers ` +
      `over ${days} days, no real shopper`,
  }, systemClock, say);
  if ('why' in models) throw new Error(models.why);
  for (const { model, reasons } of models) if (reasons.length === 0) writeModel(repository, model);
}

async function make(): Promise<void> {
  const repository = fileURLToPath(new URL('../../models/repository', import.meta.url));
  const part = `${repository}.part`; // all models are new, or none
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true });
  const { visits, days, seed } = SHIPPED_HISTORY;
  const trainedOn = `${DEMO_SOURCE} (seed ${seed}): ` +
    `${visits.toLocaleString('en')} made-up visits over ${days} days, no real shopper`;
  await trainStore(await shippedStore(), part, repository, {
    ...SHIPPED_TRAINING, only: PARTS, minutesMax: Infinity, sessionMinutesMax: 30, trainedOn,
  }, systemClock, (line) => console.log(line));
  makeCustomers(part, (line) => console.log(line));
  rmSync(repository, { recursive: true, force: true });
  renameSync(part, repository);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await make();
