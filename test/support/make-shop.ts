import { loadAddon } from '../../server/ann/binding.ts';
import { Log } from '../../server/core/log.ts';
import { MemoryStore } from '../../server/store/memory-store.ts';
import type { Item, Store } from '../../server/store/store.ts';
import { Shop } from '../../server/storefront/shop.ts';
import type { ShopParts } from '../../server/storefront/shop.ts';
import type { RecommendRequest, ShopEvent } from '../../server/wire/schema.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeRetriever } from './fake-retriever.ts';
import { makeEvent } from './shop-events.ts';

/** Rows 0..5; the sofa is sold out. */
export const GOODS: readonly Item[] = [
  { id: 'lamp', title: 'A lamp', categories: ['light'], inStock: true },
  { id: 'bulb', title: 'A bulb', categories: ['light', 'spare'], inStock: true },
  { id: 'chair', title: 'A chair', categories: ['seat'], inStock: true },
  { id: 'sofa', title: 'A sofa', categories: ['seat'], inStock: false },
  { id: 'rug', title: 'A rug', categories: ['floor'], inStock: true },
  { id: 'desk', title: 'A desk', categories: ['table'], inStock: true },
];

/** A shop over fakes. Give it another's store and clock and it is that one, restarted. */
export async function makeShop(
  parts: Partial<ShopParts> & { store?: Store; clock?: FakeClock } = {},
) {
  const store = parts.store ?? new MemoryStore();
  if (store.itemCount === 0) await store.putItems(GOODS);
  const clock = parts.clock ?? new FakeClock();
  const retriever = new FakeRetriever(store);
  const shop = await Shop.open({
    addon: loadAddon(),
    log: new Log('error'), sessionMinutesMax: 30, taste: null, insight: null,
    ...parts,
    store, clock, retriever,
  });

  const now = (fields: Parameters<typeof makeEvent>[0]): ShopEvent =>
    makeEvent({ atMs: clock.wallMs(), ...fields });
  const recommend = (request: Partial<RecommendRequest> = {}) =>
    shop.recommend({ k: 10, filter: {}, ...request });
  /** Ids of the items that are recommended, and those the retriever was asked from. */
  const items = async (request: Partial<RecommendRequest> = {}) =>
    (await recommend(request)).items.map(({ item }) => item);
  const asked = () =>
    [...(retriever.queries.at(-1)?.items ?? [])].map((row) => store.itemAt(row)?.id);
  const minutes = (count: number) => clock.advance(count * 60e6);
  return { shop, store, clock, retriever, now, recommend, items, asked, minutes };
}
