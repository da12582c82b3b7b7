/** An item as `/demo/catalogue.json` lists it. */
export interface ShopItem {
  readonly id: string;
  readonly title: string;
  readonly categories: readonly string[];
  readonly price: number | null;
  readonly in_stock: boolean;
}

/** A category as the list counts it. */
export interface Category {
  readonly id: string;
  readonly count: number; // items
}

interface CatalogueFile {
  readonly currency: string | null; // ISO 4217; null where the data do not say
  readonly transport: string; // what holds the server's sockets
  readonly total: number; // items in the store; `items` may be the most popular of them only
  readonly categories: readonly Category[]; // the first of each item's, largest first
  readonly items: readonly ShopItem[]; // most popular first
}

export const PICTURE_SIZE = 480; // pixels of either side, so that the page can keep their room

/** What the shop sells, as far as this page knows it. */
export class Catalogue {
  readonly #byId = new Map<string, ShopItem>();

  constructor(private readonly file: CatalogueFile) {
    for (const item of file.items) this.#byId.set(item.id, item);
  }

  static async load(): Promise<Catalogue> {
    return new Catalogue(await fetchJson<CatalogueFile>('/demo/catalogue.json'));
  }

  get currency(): string | null {
    return this.file.currency;
  }
  get transport(): string {
    return this.file.transport;
  }
  get total(): number {
    return this.file.total;
  }
  get categories(): readonly Category[] {
    return this.file.categories;
  }
  /** Most popular first. */
  get items(): readonly ShopItem[] {
    return this.file.items;
  }

  /** An item known here; its id stands for it while it is not. */
  item(id: string): ShopItem {
    return this.#byId.get(id) ?? { id, title: id, categories: [], price: null, in_stock: true };
  }

  /** Whether the item is known here; `learn` may make it so. */
  has(id: string): boolean {
    return this.#byId.has(id);
  }

  /** Asks the server for those items that the list did not hold: a large store lists only some. */
  async learn(ids: readonly string[]): Promise<void> {
    const missing = ids.filter((id) => !this.#byId.has(id));
    if (missing.length === 0) return;
    const query = missing.map((id) => `id=${encodeURIComponent(id)}`).join('&');
    const { items } = await fetchJson<{ items: ShopItem[] }>(`/demo/items.json?${query}`);
    for (const item of items) this.#byId.set(item.id, item);
  }

  inCategory(category: string): ShopItem[] {
    return this.items.filter((item) => item.categories.includes(category));
  }

  /** What the category's items are further divided into, largest first. */
  within(category: string): string[] {
    const counts = new Map<string, number>();
    for (const item of this.inCategory(category)) {
      const deeper = item.categories[item.categories.indexOf(category) + 1];
      if (deeper !== undefined) counts.set(deeper, (counts.get(deeper) ?? 0) + 1);
    }
    return [...counts].sort((a, b) => b[1] - a[1]).map(([name]) => name);
  }

  /** Items with every word of the query in their title or a category, best known first. */
  search(query: string): ShopItem[] {
    const words = query.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    return this.items.filter((item) => {
      const text = [item.title, item.id, ...item.categories].join(' ').toLocaleLowerCase();
      return words.every((word) => text.includes(word));
    });
  }
}

export function pictureUrl(item: string): string {
  return `/demo/pictures/${encodeURIComponent(item)}.svg`;
}

async function fetchJson<T>(url: string): Promise<T> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return (await response.json()) as T;
}
