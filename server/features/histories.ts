import { ownText } from '../core/own-text.ts';
import type { ShopEvent } from '../wire/schema.ts';
import { dayFacts } from './calendar.ts';
import { COUNTRIES } from './countries.ts';
import { History, type ShopFacts } from './history.ts';
import { DAY_WIDTH, TOTAL, TOTALS } from './layout.ts';
import { featuresAt } from './registry.ts';

export const HISTORIES_LIMITS = {
  customersMax: 500_000, // the least recently active goes first; about 1 KB each
  aheadMax: 4096, // events whose time has not come; more are taken at once
} as const;

/** Histories as columns. Customer i's cells are the next `historyCells[i]` of `historyData`, and so on. */
export interface SavedHistories {
  readonly ids: readonly string[]; // least recently active first
  readonly zones: readonly string[]; // every zone once
  readonly ahead: readonly Ahead[];
  readonly historyZones: Uint32Array; // places in `zones`
  readonly historyCells: Uint32Array;
  readonly historyData: Float64Array;
}

/** An event from a clock that is ahead: it waits until its time has come. */
export interface Ahead {
  readonly customer: string;
  readonly event: ShopEvent;
}

/** What a live server remembers of its customers, for `featuresAt` at any moment from now on. */
export class Histories {
  #known = new Map<string, History>(); // least recently active first
  #ahead: Ahead[] = []; // by time

  constructor(
    private readonly shop: ShopFacts,
    private readonly customersMax: number = HISTORIES_LIMITS.customersMax,
  ) {}

  get count(): number {
    return this.#known.size;
  }

  /** Of all that is counted in them, but for the map of ids. */
  get bytes(): number {
    let bytes = 0;
    for (const { cells } of this.#known.values()) bytes += cells.byteLength;
    return bytes;
  }

  take(customer: string, event: ShopEvent, nowMs: number): void {
    if (this.#ahead.length > 0) this.#catchUp(nowMs);
    if (event.atMs > nowMs && this.#ahead.length < HISTORIES_LIMITS.aheadMax) {
      let place = this.#ahead.length;
      while (place > 0 && (this.#ahead[place - 1] as Ahead).event.atMs > event.atMs) place -= 1;
      this.#ahead.splice(place, 0, { customer: ownText(customer), event });
      return;
    }
    this.#take(customer, event);
  }

  /** Features of `registry.ts`; undefined of who is unknown. Moments before the last `take` see too much. */
  features(customer: string, nowMs: number, out?: Float64Array): Float64Array | undefined {
    if (this.#ahead.length > 0) this.#catchUp(nowMs);
    const history = this.#known.get(customer);
    return history && featuresAt(history, nowMs, this.shop, out);
  }

  /** With what has come by `nowMs`, and so nothing of later. Valid until the next `take`. */
  at(customer: string, nowMs: number): History | undefined {
    if (this.#ahead.length > 0) this.#catchUp(nowMs);
    return this.#known.get(customer);
  }

  get(customer: string): History | undefined {
    return this.#known.get(customer);
  }

  /**
   * Looks up the calendar of every country that a customer is of, so that no request waits for it: the
   * first takes 0.3 s, each other 1 to 60 ms.
   */
  warm(nowMs: number): void {
    const day = Math.floor(nowMs / 86_400_000);
    const places = new Set<number>();
    for (const { cells } of this.#known.values()) places.add(cells[TOTAL.country] as number);
    for (const place of places) for (const near of [day, day + 1]) dayFacts(near, COUNTRIES[place]);
  }

  /** All customers, least recently active first. Valid until the next `take`. */
  all(): IterableIterator<[string, History]> {
    return this.#known.entries();
  }

  /** Drops all that is remembered of a customer; whether anything was. */
  forget(customer: string): boolean {
    this.#ahead = this.#ahead.filter((one) => one.customer !== customer);
    return this.#known.delete(customer);
  }

  save(): SavedHistories {
    const histories = [...this.#known.values()];
    const zones = [...new Set(histories.map(({ zone }) => zone))];
    const numbers = new Map(zones.map((zone, number) => [zone, number]));
    const cells = histories.map(({ rowCount }) => TOTALS + rowCount * DAY_WIDTH);
    const data = new Float64Array(cells.reduce((sum, count) => sum + count, 0));
    let from = 0;
    histories.forEach((history, i) => {
      data.set(history.cells.subarray(0, cells[i]), from);
      from += cells[i] as number;
    });
    return {
      ids: [...this.#known.keys()], zones, ahead: this.#ahead.slice(),
      historyZones: Uint32Array.from(histories, ({ zone }) => numbers.get(zone) as number),
      historyCells: Uint32Array.from(cells),
      historyData: data,
    };
  }

  /** What `save` gave, in place of all that is here. */
  load(saved: SavedHistories): void {
    this.#known = new Map();
    this.#ahead = saved.ahead.slice();
    let from = 0;
    saved.ids.forEach((id, i) => {
      const end = from + (saved.historyCells[i] as number);
      const zone = saved.zones[saved.historyZones[i] as number] as string;
      this.#known.set(id, History.of(saved.historyData.subarray(from, end), zone));
      from = end;
    });
  }

  #catchUp(nowMs: number): void {
    let due = 0;
    while (due < this.#ahead.length && (this.#ahead[due] as Ahead).event.atMs <= nowMs) due += 1;
    for (const { customer, event } of this.#ahead.splice(0, due)) this.#take(customer, event);
  }

  #take(customer: string, event: ShopEvent): void {
    let history = this.#known.get(customer);
    // To the end of the order. Moving costs as much as all the rest, so it waits until there is some
    // prospect of the order being used.
    if (history && this.#known.size > this.customersMax / 2) {
      this.#known.delete(customer);
      this.#known.set(customer, history);
    }
    if (!history) {
      history = new History();
      this.#known.set(ownText(customer), history);
      if (this.#known.size > this.customersMax) {
        this.#known.delete(this.#known.keys().next().value as string);
      }
    }
    history.take(event, this.shop);
  }
}
