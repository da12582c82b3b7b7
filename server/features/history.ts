import { ownText } from '../core/own-text.ts';
import { isZone, offsetMs } from '../core/zone.ts';
import { DEVICES, type EventItem, type ShopEvent } from '../wire/schema.ts';
import { basketOf, unitsOf } from './basket.ts';
import { countryNumber } from './countries.ts';
import {
  BOUGHT, CARTED, CATEGORY_BUCKETS, DAY, DAY_WIDTH, hash32, HISTORY_LIMITS, ITEM_CELLS, ITEMS_AT,
  SESSION_FLAGS, SESSIONS_MAX, toMills, TOTAL, TOTALS,
} from './layout.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const ROWS_FIRST = 2; // rows that a new customer has room for: most come on one or two days

/** What an event does not say of itself, and the shop knows. */
export interface ShopFacts {
  readonly timeZone: string; // IANA name, of events and customers that have none of their own
  /** The category that an item is counted under; undefined where it has none. */
  categoryOf?(item: string): string | undefined;
}

/**
 * What is remembered of one customer: totals, and rows of their newest days (`layout.ts`). Takes
 * events in any order: those that are late by less than a month leave the same bits as in time, for a
 * row makes room only for 32 later days. The same event twice counts twice: ids are the store's matter.
 */
export class History {
  /** Totals, then `rowCount` rows, then room. */
  cells: Float64Array;
  rowCount: number;
  /** IANA name, of the newest event that says one; '' is the shop's. */
  zone: string;

  constructor() {
    this.cells = emptyCells();
    this.rowCount = 0;
    this.zone = '';
  }

  /** What `save` gave, and the zone. */
  static of(saved: Float64Array, zone: string): History {
    const history = new History();
    history.cells = saved.slice();
    history.rowCount = (saved.length - TOTALS) / DAY_WIDTH;
    history.zone = zone;
    return history;
  }

  /** The cells that are in use: what `of` takes. */
  save(): Float64Array {
    return this.cells.slice(0, TOTALS + this.rowCount * DAY_WIDTH);
  }

  take(event: ShopEvent, facts: ShopFacts): void {
    const { atMs, timeZone, type } = event;
    const { cells } = this;
    if (atMs < at(cells, TOTAL.firstMs)) cells[TOTAL.firstMs] = atMs;
    if (atMs > at(cells, TOTAL.lastMs)) cells[TOTAL.lastMs] = atMs;
    this.#learnPlace(event);
    const localMs = atMs + offsetMs(atMs, zoneOr(timeZone, facts.timeZone));
    const day = Math.floor(localMs / DAY_MS);
    const row = this.#rowOf(day, type === 'purchase'); // -1: what follows is in the totals alone
    if (row >= 0) this.#countSession(row, event);
    switch (type) {
      case 'item_click':
      case 'item_view':
        if (row >= 0) this.cells[row + DAY.views]! += 1;
        this.#view(event.items);
        break;
      case 'list_view':
      case 'search':
        if (row >= 0) this.cells[row + DAY.searches]! += 1;
        break;
      case 'cart_add':
        if (row >= 0) this.cells[row + DAY.cartAdds]! += 1;
        break;
      case 'purchase':
        this.#buy(event, row, day, Math.floor((localMs - day * DAY_MS) / MINUTE_MS), facts);
        break;
      case 'refund':
        this.#refund(event.items);
        break;
      default: // home, wishlist, cart and checkout pages: the visit counts, and its day
    }
    this.#makeRoom();
  }

  /** Newest wins; of one moment, the one that is greater as text or number, whichever came first. */
  #learnPlace({ atMs, timeZone, country, device }: ShopEvent): void {
    const { cells } = this;
    if (timeZone !== undefined && isZone(timeZone)) {
      const since = at(cells, TOTAL.zoneAtMs);
      if (atMs > since || (atMs === since && timeZone > this.zone)) {
        cells[TOTAL.zoneAtMs] = atMs;
        if (timeZone !== this.zone) this.zone = sharedName(timeZone);
      }
    }
    if (country !== undefined) {
      this.#newest(TOTAL.countryAtMs, TOTAL.country, atMs, countryNumber(country));
    }
    if (device !== undefined) {
      this.#newest(TOTAL.deviceAtMs, TOTAL.device, atMs, DEVICES.indexOf(device));
    }
  }

  #newest(sinceAt: number, valueAt: number, atMs: number, value: number): void {
    const { cells } = this;
    const since = at(cells, sinceAt);
    if (value < 0) return; // no country or device that is known: as if it had not been said
    if (atMs < since || (atMs === since && value <= at(cells, valueAt))) return;
    cells[sinceAt] = atMs;
    cells[valueAt] = value;
  }

  #view(items: readonly EventItem[]): void {
    const { cells } = this;
    cells[TOTAL.views]! += 1;
    for (const { price, discount } of items) {
      if (price === undefined) continue;
      cells[TOTAL.viewMills]! += toMills(price);
      cells[TOTAL.pricedViews]! += 1;
      if (discount !== undefined && discount > 0) cells[TOTAL.discountViews]! += 1;
    }
  }

  #buy(event: ShopEvent, row: number, day: number, minute: number, facts: ShopFacts): void {
    const { cells } = this;
    const { atMs, items } = event;
    if (atMs < at(cells, TOTAL.firstBuyMs)) cells[TOTAL.firstBuyMs] = atMs;
    if (atMs > at(cells, TOTAL.lastBuyMs)) cells[TOTAL.lastBuyMs] = atMs;
    if (day < at(cells, TOTAL.firstBuyDay)) cells[TOTAL.firstBuyDay] = day;
    cells[TOTAL.orders]! += 1;
    const { mills, units, kinds } = basketOf(items);
    for (const line of items) {
      const quantity = unitsOf(line);
      if (line.price !== undefined) {
        cells[TOTAL.paidUnits]! += quantity;
        cells[TOTAL.pricedLines]! += 1;
        if (line.discount !== undefined && line.discount > 0) {
          cells[TOTAL.discountMills]! += toMills(line.discount * quantity);
          cells[TOTAL.discountLines]! += 1;
        }
      }
      const bit = hash32(line.item) % (ITEM_CELLS * 32);
      const cell = ITEMS_AT + (bit >> 5);
      cells[cell] = (at(cells, cell) | (1 << (bit & 31))) >>> 0;
      const category = facts.categoryOf?.(line.item);
      if (category === undefined) continue;
      cells[TOTAL.categoryUnits + (hash32(category) % CATEGORY_BUCKETS)]! += quantity;
    }
    cells[TOTAL.paidMills]! += mills;
    cells[TOTAL.boughtUnits]! += units;
    cells[TOTAL.boughtLines]! += items.length;
    if (row < 0) return;
    cells[row + DAY.orders]! += 1;
    cells[row + DAY.mills]! += mills;
    cells[row + DAY.units]! += units;
    cells[row + DAY.lines]! += items.length;
    cells[row + DAY.kinds]! += kinds;
    const first = at(cells, row + DAY.firstMinute);
    if (first < 0 || minute < first) cells[row + DAY.firstMinute] = minute;
  }

  #refund(items: readonly EventItem[]): void {
    const { cells } = this;
    cells[TOTAL.refunds]! += 1;
    for (const { price, quantity } of items) {
      if (price !== undefined) {
        cells[TOTAL.refundMills]! += toMills(price * Math.min(HISTORY_LIMITS.quantity, quantity));
      }
    }
  }

  #countSession(row: number, { session, type }: ShopEvent): void {
    const { cells } = this;
    const flags = (type === 'cart_add' ? CARTED : 0) | (type === 'purchase' ? BOUGHT : 0);
    const hash = hash32(session);
    const end = row + DAY.sessions + SESSIONS_MAX;
    let place = row + DAY.sessions;
    for (; place < end; place++) {
      const entry = at(cells, place);
      const known = Math.floor(entry / SESSION_FLAGS);
      if (known === hash) {
        cells[place] = hash * SESSION_FLAGS + ((entry - hash * SESSION_FLAGS) | flags);
        return;
      }
      if (entry < 0 || known > hash) break;
    }
    if (place === end) return; // others have smaller hashes
    cells.copyWithin(place + 1, place, end - 1);
    cells[place] = hash * SESSION_FLAGS + flags;
  }

  /** Where the day's row begins, made where there is none; -1: it is older than what is remembered. */
  #rowOf(day: number, buys: boolean): number {
    const { cells } = this;
    let row = this.rowCount - 1;
    let newerBuys = 0;
    while (row >= 0 && at(cells, TOTALS + row * DAY_WIDTH) > day) {
      if (at(cells, TOTALS + row * DAY_WIDTH + DAY.orders) > 0) newerBuys += 1;
      row -= 1;
    }
    const place = TOTALS + row * DAY_WIDTH;
    if (row >= 0 && at(cells, place) === day) return place;
    const newer = this.rowCount - 1 - row;
    if (newer >= HISTORY_LIMITS.daysMax && !(buys && newerBuys < HISTORY_LIMITS.buyDaysMax)) return -1;
    return this.#insert(row + 1, day);
  }

  #insert(row: number, day: number): number {
    const used = TOTALS + this.rowCount * DAY_WIDTH;
    if (used + DAY_WIDTH > this.cells.length) {
      const larger = new Float64Array(TOTALS + Math.max(1, this.rowCount * 2) * DAY_WIDTH);
      larger.set(this.cells.subarray(0, used));
      this.cells = larger;
    }
    const place = TOTALS + row * DAY_WIDTH;
    this.cells.copyWithin(place + DAY_WIDTH, place, used);
    this.cells.fill(0, place, place + DAY_WIDTH);
    this.cells[place] = day;
    this.cells[place + DAY.firstMinute] = -1;
    this.cells.fill(-1, place + DAY.sessions, place + DAY_WIDTH);
    this.rowCount += 1;
    return place;
  }

  /** A row stays while it is among the newest days, or among the newest days of a purchase. */
  #makeRoom(): void {
    const { daysMax, buyDaysMax } = HISTORY_LIMITS;
    if (this.rowCount <= daysMax) return;
    const { cells } = this;
    let buys = 0;
    for (let row = this.rowCount - 1, rank = 1; row >= 0; row--, rank++) {
      const place = TOTALS + row * DAY_WIDTH;
      const bought = at(cells, place + DAY.orders) > 0;
      if (bought) buys += 1;
      if (rank <= daysMax || (bought && buys <= buyDaysMax)) continue;
      cells[TOTAL.forgottenDays]! += 1;
      if (bought) {
        cells[TOTAL.forgottenBuyDays]! += 1;
        const most = Math.max(at(cells, TOTAL.forgottenMaxMills), at(cells, place + DAY.mills));
        cells[TOTAL.forgottenMaxMills] = most;
      }
      cells.copyWithin(place, place + DAY_WIDTH, TOTALS + this.rowCount * DAY_WIDTH);
      this.rowCount -= 1;
    }
  }
}

/** A zone that this build's rules do not have, as an older log may name, is the shop's. */
function zoneOr(zone: string | undefined, shops: string): string {
  return zone !== undefined && isZone(zone) ? zone : shops;
}

function at(cells: Float64Array, place: number): number {
  return cells[place] as number;
}

function emptyCells(): Float64Array {
  const cells = new Float64Array(TOTALS + ROWS_FIRST * DAY_WIDTH);
  for (const place of [TOTAL.firstMs, TOTAL.firstBuyMs, TOTAL.firstBuyDay]) cells[place] = Infinity;
  for (const place of [TOTAL.lastMs, TOTAL.lastBuyMs, TOTAL.zoneAtMs, TOTAL.countryAtMs, TOTAL.deviceAtMs]) {
    cells[place] = -Infinity;
  }
  cells[TOTAL.country] = -1;
  cells[TOTAL.device] = -1;
  return cells;
}

const NAMES_MAX = 1000;
const names = new Map<string, string>();

/** One text for all customers of a zone, and no slice of the message that it came in. */
function sharedName(name: string): string {
  const known = names.get(name);
  if (known !== undefined) return known;
  const own = ownText(name);
  if (names.size < NAMES_MAX) names.set(own, own);
  return own;
}
