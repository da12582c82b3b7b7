import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Prng } from '../../server/core/prng.ts';
import { readPrefixFile } from '../../server/store/import/session-file.ts';
import { importSessions, sessionEvents } from '../../server/store/import/sessions.ts';
import { LmdbStore } from '../../server/store/lmdb-store.ts';
import type { Store } from '../../server/store/store.ts';
import { ROOT } from '../machine.ts';
import { makeSessions } from './synthetic.ts';

/** A shop to be served: a data folder, and visitors who are there when it is measured. */
export interface BenchShop {
  readonly name: string;
  readonly folder: string;
  readonly visitors: readonly (readonly string[])[]; // item ids each has looked at, oldest first
}

type Declared = Pick<Parameters<Store['putItems']>[0][number], 'categories' | 'price' | 'inStock'>;

export const CATEGORIES = 40;

/** What can be filtered by, from an item's row: one of forty categories, 1..201 in price, one in twenty sold out. */
function declaredOf(row: number): Declared {
  return {
    categories: [`c-${(row * 7919) % CATEGORIES}`], price: 1 + ((row * 104_729) % 10_000) / 50,
    inStock: (row * 31) % 20 !== 0,
  };
}

/** Shops take minutes to make: they are kept between runs. */
export const keptFolder = (name: string): string => join(ROOT, 'build/bench/session', name);

const BATCH = 2000;

export interface SyntheticSize {
  readonly items: number;
  readonly interactions: number;
}

/**
 * Seeded sessions, ten items each on average. Neither encoder nor item vectors: nobody trains a model on
 * chance, so the sources are session neighbours, rules, own items and popularity.
 */
export async function syntheticShop(size: SyntheticSize, visitorCount: number): Promise<BenchShop> {
  const name = `${short(size.items)} items, ${short(size.interactions)} interactions`;
  const folder = keptFolder(`synthetic-${size.items}-${size.interactions}`);
  const sessions = makeSessions(size.items, 11);
  if (!existsSync(join(folder, 'whole'))) {
    await makeStore(folder, async (store) => {
      let [events, batch] = [0, [] as ReturnType<typeof sessionEvents>];
      for (let number = 1; events < size.interactions; number += 1) {
        const made = sessionEvents(sessions(), `s-${number}`, number);
        events += made.length;
        batch.push(...made);
        if (batch.length >= BATCH) await store.append(batch.splice(0));
      }
      await store.append(batch);
    });
  }
  const now = makeSessions(size.items, 12);
  return { name, folder, visitors: Array.from({ length: visitorCount }, () => now().slice(0, 5)) };
}

/**
 * A published session set: its store, and beside it what `vitrine train --data` left, where it was run.
 * Visitors are the first of its test prefixes.
 */
export async function publishedShop(
  name: string, data: string, visitorCount: number,
): Promise<BenchShop> {
  const folder = keptFolder(name);
  if (!existsSync(join(folder, 'whole'))) {
    await makeStore(folder, async (store) => {
      const options = { skipBad: false, progress: () => {} };
      await importSessions(store, join(data, `sessions/${name}/train_sessions.txt.gz`), options);
    });
  }
  const visitors: (readonly string[])[] = [];
  for await (const { items } of readPrefixFile(join(data, `sessions/${name}/test_prefixes.tsv.gz`))) {
    if (visitors.push(items.slice(-50)) === visitorCount) break;
  }
  return { name, folder, visitors };
}

/** The same shop in another folder: what happens there leaves no trace in the one that is kept. */
export function copyShop(shop: BenchShop, folder: string): BenchShop {
  cpSync(shop.folder, folder, { recursive: true });
  return { ...shop, folder };
}

/** Whether somebody has trained models for a kept shop. */
export function isTrained({ folder }: BenchShop): boolean {
  return existsSync(join(folder, 'models/recommend.json'));
}

/** A store in a folder, filled; its items then get what `declared` says of a row, where it says something. */
export async function makeStore(
  folder: string, fill: (store: Store) => Promise<void>, declared: (row: number) => Declared | null = declaredOf,
): Promise<void> {
  rmSync(join(folder, 'store'), { recursive: true, force: true });
  rmSync(join(folder, 'shop.snapshot'), { force: true });
  mkdirSync(folder, { recursive: true });
  const store = LmdbStore.open(join(folder, 'store'));
  await fill(store);
  let items: Parameters<Store['putItems']>[0][number][] = [];
  for (const { row, id } of store.items()) {
    const more = declared(row);
    if (more) items.push({ id, title: `Item ${id}`, ...more });
    if (items.length < BATCH) continue;
    await store.putItems(items);
    items = [];
  }
  await store.putItems(items);
  await store.close();
  writeFileSync(join(folder, 'whole'), '');
}

function short(count: number): string {
  if (count >= 1e6) return `${count / 1e6}M`;
  return count >= 1000 ? `${count / 1000}k` : String(count);
}

/** Some of the visitors have bought before: they are customers. */
export const isCustomer = (visitor: number): boolean => visitor % 4 === 0;

/** Draws visitors, each as likely as the other. */
export function visitorDraws(count: number, seed: number): () => number {
  const prng = new Prng(seed);
  return () => prng.below(count);
}
