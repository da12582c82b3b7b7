import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../core/clock.ts';
import { ServeError } from '../core/errors.ts';
import { type Answer, jsonAnswer, type Router } from '../routes/router.ts';
import { StaticFiles } from '../routes/static.ts';
import { isListed } from '../store/listed.ts';
import type { Item, Store } from '../store/store.ts';
import type { Storefront } from '../storefront/storefront.ts';
import { LIMITS } from '../wire/schema.ts';
import { pictureSvg } from './picture.ts';
import { plainPictureSvg } from './plain-picture.ts';

export interface DemoParts {
  readonly store: Store;
  readonly storefront: Storefront;
  readonly clock: Clock;
  /** As the transport calls itself; asked for when the page loads. */
  readonly transport: () => string;
}

const LISTED_MAX = 600; // items in the list: the demo store's all, the best known of a large store
const LEARN_MAX = 100; // ids in one question
const LIST_FRESH_MS = 5000; // popularity moves slowly; a crowd of new pages costs one list
const PICTURE_CACHE = 'public, max-age=3600';

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..'); // from dist/server/demo
/** Folders of built code that the page's modules import from each other. */
const BROWSER_FOLDERS = ['page', 'client', 'core', 'wire'];

/** The demo store at `/`: the page, its code, and the items and pictures it shows. */
export function addDemoRoutes(router: Router, parts: DemoParts): void {
  const page = new StaticFiles(join(root, 'server/page/static'));
  router.on('GET', '/', (request) => page.answer(request, 'index.html'));
  for (const folder of BROWSER_FOLDERS) {
    new StaticFiles(join(root, 'dist/server', folder)).addTo(router, `/page/app/${folder}/`);
  }
  page.addTo(router, '/page/');
  new StaticFiles(join(root, 'node_modules/msgpackr')).addTo(router, '/vendor/msgpackr/');

  const list = new ItemList(parts);
  router.on('GET', '/demo/catalogue.json', () => list.answer());
  router.on('GET', '/demo/items.json', ({ query }) => itemsAnswer(parts.store, query));
  router.on('GET', '/demo/pictures/:file', (_, { file = '' }) => pictureAnswer(parts.store, file));
}

/** What the page lists, made anew when it is older than `LIST_FRESH_MS`. */
class ItemList {
  #made: Promise<Answer> | null = null;
  #madeUs = 0;

  constructor(private readonly parts: DemoParts) {}

  answer(): Promise<Answer> {
    const nowUs = this.parts.clock.nowUs();
    if (this.#made && nowUs - this.#madeUs < LIST_FRESH_MS * 1000) return this.#made;
    const made = this.#make();
    made.catch(() => { this.#made = null; }); // the next one tries again
    this.#made = made;
    this.#madeUs = nowUs;
    return made;
  }

  async #make(): Promise<Answer> {
    const { store, storefront, transport } = this.parts;
    // Without a session and a customer, a recommendation is what is popular.
    const filter = { inStock: false, excludeBought: false };
    const k = Math.min(LISTED_MAX, LIMITS.kMax);
    const popular = store.itemCount > 0 ? (await storefront.recommend({ k, filter })).items : [];
    const items = new Map<string, Item>();
    for (const { item: id } of popular) {
      const item = store.item(id);
      if (item) items.set(id, item);
    }
    for (const item of store.items()) {
      if (items.size >= LISTED_MAX) break;
      if (!isListed(item, store)) continue;
      items.set(item.id, item);
    }
    return jsonAnswer(JSON.stringify({
      currency: currencyOf(store),
      transport: transport(),
      total: store.declaredCount || store.itemCount,
      categories: countCategories(store),
      items: [...items.values()].map(shown),
    }));
  }
}

/** ISO 4217, where the data are known to be in one; else null, and prices are bare numbers. */
function currencyOf(store: Store): string | null {
  if (store.note('demo') !== undefined) return 'EUR';
  return store.note('import online-retail') === undefined ? null : 'GBP';
}

/** The first category of each item, largest first. */
function countCategories(store: Store): { id: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const { categories: [first] } of store.items()) {
    if (first !== undefined) counts.set(first, (counts.get(first) ?? 0) + 1);
  }
  return [...counts].map(([id, count]) => ({ id, count })).sort((a, b) => b.count - a.count);
}

/** The items that the query names by `id=…`, as often as it likes; unknown ones are left out. */
function itemsAnswer(store: Store, query: string): Answer {
  const ids = new URLSearchParams(query).getAll('id');
  if (ids.length > LEARN_MAX) {
    throw new ServeError('bad_argument', `${ids.length} ids, at most ${LEARN_MAX} in one question`);
  }
  const items = ids.map((id) => store.item(id)).filter((item) => item !== undefined);
  return jsonAnswer(JSON.stringify({ items: items.map(shown) }));
}

function shown({ id, title, categories, price, inStock }: Item): object {
  return { id, title, categories, price: price ?? null, in_stock: inStock };
}

/** The demo's own drawing, a parcel, or the way to where the shop keeps its picture. */
function pictureAnswer(store: Store, file: string): Answer {
  if (!file.endsWith('.svg')) throw new ServeError('unknown_path', file.slice(0, 200));
  const id = file.slice(0, -'.svg'.length);
  const item = store.item(id);
  if (!item) throw new ServeError('unknown_item', `'${id.slice(0, 200)}'`);
  const picture = item.picture ?? '';
  if (picture.startsWith('https://') && URL.canParse(picture)) {
    // Escaped by URL: a header takes no other letters than ASCII's, and no line breaks.
    return { status: 302, headers: { location: new URL(picture).href }, body: '' };
  }
  const headers = { 'content-type': 'image/svg+xml', 'cache-control': PICTURE_CACHE };
  return { status: 200, headers, body: pictureSvg(picture) ?? plainPictureSvg(id, item.title) };
}
