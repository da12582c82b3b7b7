import { loadAddon } from '../../server/ann/binding.ts';
import { Log } from '../../server/core/log.ts';
import { Prng } from '../../server/core/prng.ts';
import { MemoryStore } from '../../server/store/memory-store.ts';
import type { Store } from '../../server/store/store.ts';
import { openRetriever } from '../../server/storefront/retrieval/open.ts';
import { Shop } from '../../server/storefront/shop.ts';
import type { ShopParts } from '../../server/storefront/shop.ts';
import type { CatalogueItem } from '../../server/wire/schema.ts';
import { FakeClock } from './fake-clock.ts';
import { tempFolder } from './temp-file.ts';
import { writeEncoder } from './write-encoder.ts';

export const LEARNED: readonly string[] = Array.from({ length: 12 }, (_, i) => `learned-${i}`);
export const CATEGORIES = ['light', 'seat', 'rug'];

/** A model repository with vectors of LEARNED; always the same ones. */
function learnedRepository(): string {
  const repository = tempFolder();
  writeEncoder(repository, LEARNED, new Prng(5));
  return repository;
}

/** An item that says no more of itself than is given: its title is its id. */
export function goods(id: string, fields: Partial<CatalogueItem> = {}): CatalogueItem {
  return { id, title: id, categories: [], inStock: true, ...fields };
}

/** A shop with real indexes over learned vectors; over another's store and clock it is that one again. */
export async function openLiveShop(
  { store = new MemoryStore(), clock = new FakeClock(), ...parts }:
  Partial<ShopParts> & { store?: Store; clock?: FakeClock } = {},
) {
  if (store.itemCount === 0) {
    const category = (i: number): string => CATEGORIES[i % CATEGORIES.length] as string;
    await store.putItems(LEARNED.map((id, i) => goods(id, { categories: [category(i)] })));
  }
  const addon = loadAddon();
  const log = new Log('error');
  const retriever = openRetriever({ addon, store, repository: learnedRepository(), log });
  const shop = await Shop.open({
    addon, log, sessionMinutesMax: 30, taste: null, insight: null, ...parts, store, clock, retriever,
  });
  const similar = async (item: string, k = 5) =>
    (await shop.similar({ item, k, filter: {} })).items;
  const ids = async (item: string, k = 5) => (await similar(item, k)).map((found) => found.item);
  return { shop, store, clock, retriever, similar, ids };
}
