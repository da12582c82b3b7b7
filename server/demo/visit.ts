import type { Prng } from '../core/prng.ts';
import type { EventItem, EventType, ShopEvent } from '../wire/schema.ts';
import type { Promotions } from './calendar.ts';
import type { DemoItem } from './catalogue.ts';
import type { Shelves } from './shelves.ts';
import {
  drawPlace, pickCategory, pickMission, suits, type Mission, type Shopper,
} from './shopper.ts';

/** What stays the same while one shopper is in the shop. */
export interface VisitSetting {
  readonly shelves: Shelves;
  readonly promotions: Promotions;
  readonly shopper: Shopper;
  readonly session: string;
  readonly startMs: number;
}

const VIEWS_MAX = 60;
const RELOAD = 0.06; // share of views that show the same item once more
const PURSE_LINES_MAX = 8; // different items in one cart

/** One visit from the first page to the last, as its events in time order. */
export function visit(prng: Prng, setting: VisitSetting): ShopEvent[] {
  return new Visit(prng, setting).run();
}

class Visit {
  readonly #events: ShopEvent[] = [];
  readonly #seen: number[] = []; // places viewed, oldest first, repeats included
  readonly #cart = new Map<number, number>(); // place -> quantity
  readonly #mission: Mission;
  #category: number;
  #atMs: number;

  constructor(private readonly prng: Prng, private readonly setting: VisitSetting) {
    this.#mission = pickMission(prng);
    this.#category = pickCategory(prng, setting.shopper, setting.startMs);
    this.#atMs = setting.startMs;
  }

  run(): ShopEvent[] {
    this.#arrive();
    const views = 1 + Math.min(VIEWS_MAX, geometric(this.prng, this.#mission.views));
    for (let i = 0; i < views; i += 1) this.#look();
    if (this.#cart.size > 0) this.#leaveWithCart();
    return this.#events;
  }

  #arrive(): void {
    const way = this.prng.float();
    if (way < 0.45) this.#log('home_view', 8);
    else if (way < 0.65) this.#search();
    else if (way < 0.85) this.#log('list_view', 14);
    // The rest lands on an item's page, from an advertisement or a link.
  }

  /** Views one item, and perhaps takes it. */
  #look(): void {
    const place = this.#next();
    const times = this.#seen.filter((seen) => seen === place).length;
    const item = this.#item(place);
    const price = this.#price(place);
    const suitsWell = suits(this.setting.shopper, item, price);
    this.#seen.push(place);
    // Who likes what they see stays longer: the only hint of taste that a shop gets for free.
    this.#log('item_view', 22 * Math.exp(0.35 * suitsWell), [this.#line(place, 1)]);

    const { shopper, promotions } = this.setting;
    const wants = this.#mission.cart + shopper.ease + 0.9 * suitsWell +
      0.7 * Math.min(times, 3) + 4 * (promotions.discounts.get(place) ?? 0);
    if (!this.#cart.has(place) && item.inStock && this.#cart.size < PURSE_LINES_MAX) {
      if (this.#happens(wants)) this.#add(place);
      else if (this.#happens(wants - 1.2)) this.#log('wishlist_add', 5, [this.#line(place, 1)]);
    }
    if (this.#cart.size > 0 && this.prng.float() < 0.05) this.#remove();
  }

  /** Where the shopper goes from here. */
  #next(): number {
    const last = this.#seen.at(-1);
    if (last === undefined) return this.#fromShelf();
    const step = this.prng.float();
    if (step < RELOAD) return last; // reloads, or comes back from the pictures
    if (step < RELOAD + this.#mission.revisit) return this.prng.pick(this.#seen);
    if (step < 0.72) return this.#fromRelated(last);
    if (this.prng.float() > this.#mission.focus) {
      this.#category = pickCategory(this.prng, this.setting.shopper, this.#atMs);
    }
    if (this.prng.float() < 0.3) this.#search();
    else this.#log('list_view', 12);
    return this.#fromShelf();
  }

  #fromShelf(): number {
    return this.#choose(this.setting.shelves.byCategory[this.#category] ?? [], 0.5);
  }

  #fromRelated(place: number): number {
    const chosen = this.#choose(this.setting.shelves.related[place] ?? [], 0.8);
    this.#category = this.#item(chosen).category;
    return chosen;
  }

  /** One of `places`: sought-after items, offers and what suits the shopper come first. */
  #choose(places: readonly number[], pull: number): number {
    const { shopper, promotions } = this.setting;
    const weights = places.map((place) => {
      const item = this.#item(place);
      const offer = 3 * (promotions.discounts.get(place) ?? 0);
      return Math.exp(item.appeal + offer + pull * suits(shopper, item, this.#price(place)));
    });
    return places[drawPlace(this.prng, weights)] as number;
  }

  #add(place: number): void {
    const quantity = this.#price(place) < 45 && this.prng.float() < 0.25 ? 2 : 1;
    this.#cart.set(place, quantity);
    this.#log('cart_add', 9, [this.#line(place, quantity)]);
    if (this.prng.float() < 0.35) this.#log('cart_view', 11);
  }

  #remove(): void {
    const place = this.prng.pick([...this.#cart.keys()]);
    this.#log('cart_remove', 6, [this.#line(place, this.#cart.get(place) as number)]);
    this.#cart.delete(place);
  }

  /** Three doors on the way out, and at each some turn back: a full cart is not yet a purchase. */
  #leaveWithCart(): void {
    const { shopper } = this.setting;
    let value = 0;
    for (const [place, quantity] of this.#cart) value += quantity * this.#price(place);
    const ready = this.#mission.purchase + shopper.ease -
      0.5 * Math.log(value / (120 * shopper.budget));

    if (!this.#happens(ready + 1.6)) return;
    this.#log('cart_view', 18);
    if (!this.#happens(ready + 1.4)) return;
    this.#log('checkout_start', 55);
    if (!this.#happens(ready + 1.8)) return;
    this.#log('purchase', 20, [...this.#cart].map(([place, count]) => this.#line(place, count)));
  }

  #search(): void {
    const words = this.setting.shelves.byCategory[this.#category] ?? [];
    const query = this.#item(words[0] ?? 0).categories.at(-1)?.toLowerCase() ?? '';
    this.#log('search', 10, [], query);
  }

  /** Notes an event, then lets about `seconds` pass (log-normal, as think times are). */
  #log(type: EventType, seconds: number, items: readonly EventItem[] = [], query?: string): void {
    const { session, shopper } = this.setting;
    this.#events.push({
      id: `${session}-${this.#events.length + 1}`,
      type,
      atMs: this.#atMs,
      session,
      ...(shopper.customer === undefined ? {} : { customer: shopper.customer }),
      items,
      ...(query === undefined ? {} : { query }),
    });
    const thought = Math.min(600, seconds * Math.exp(0.8 * this.prng.normal()));
    this.#atMs += Math.max(400, Math.round(thought * 1000));
  }

  #line(place: number, quantity: number): EventItem {
    return { item: this.#item(place).id, quantity, price: this.#price(place) };
  }

  #item(place: number): DemoItem {
    return this.setting.shelves.catalogue[place]!;
  }

  #price(place: number): number {
    const off = this.setting.promotions.discounts.get(place) ?? 0;
    return Math.round(this.#item(place).price * (1 - off) * 100) / 100;
  }

  #happens(logOdds: number): boolean {
    return this.prng.float() < 1 / (1 + Math.exp(-logOdds));
  }
}

/** Whole number >= 0 with the mean `mean`. */
function geometric(prng: Prng, mean: number): number {
  return Math.floor(Math.log(1 - prng.float()) / Math.log(mean / (1 + mean)));
}
