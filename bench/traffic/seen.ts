/** A visit as a data set, or the simulator, shows it. What it does not show is absent. */
export interface SeenVisit {
  readonly items?: readonly string[]; // viewed, in order
  readonly pages?: number; // where pages are counted and not named
  readonly seconds?: number; // from the first page to the last
  readonly gaps?: readonly number[]; // seconds between the items
  readonly startMs?: number; // milliseconds since 1970
  readonly wallMs?: number; // the visitor's clock at the start, read as if it were UTC
  readonly customer?: string;
  readonly country?: string;
  readonly zone?: string;
  readonly bought?: boolean;
  /** What was ordered, where the visit is an order: `items` then. */
  readonly order?: readonly { readonly item: string; readonly quantity: number; readonly price: number }[];
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const GAP_SECONDS_MAX = 1800; // after more silence it is another visit
const GAPS_KEPT = 200_000;
const MONDAY = 4; // days from Thursday, 1 January 1970

/** What many visits show together: all that laws are fitted to, and compared by. */
export class Seen {
  visits = 0;
  named = 0; // of them, by who is known
  readonly views = new Map<string, number>(); // by item
  readonly lengths: number[] = []; // visits by item views
  readonly steps = { all: 0, again: 0, canGoBack: 0, back: 0, fresh: 0 };
  readonly #pairs = new Set<string>(); // of items one after the other, of fresh steps
  readonly #newPairs: number[] = []; // share of new ones among fresh steps, after so many thousand visits
  readonly gaps: number[] = []; // single ones, seconds
  /** Gaps of a visit and their mean, seconds: pairs, one after the other. */
  readonly means: number[] = [];
  readonly week = new Float64Array(168);
  readonly countries = new Map<string, { zone: string; visits: number }>();
  readonly #times = new Map<string, number[]>(); // of a customer's visits, ms
  firstMs = 0; // 0: there are no times
  #lastMs = 0;
  readonly buying: { readonly pages: number; readonly bought: boolean }[] = [];

  add(visit: SeenVisit): void {
    this.visits += 1;
    if (this.visits % 1000 === 0) this.#newPairs.push(this.newPairs);
    const { items, gaps, startMs, wallMs, customer, country, bought } = visit;
    if (items) this.#addItems(items, visit.order !== undefined);
    const pages = visit.pages ?? items?.length ?? 0;
    const known = gaps?.filter((gap) => gap > 0 && gap <= GAP_SECONDS_MAX) ??
      (visit.seconds !== undefined && pages === 2 && visit.seconds > 0 ? [visit.seconds] : []);
    if (this.gaps.length < GAPS_KEPT) this.gaps.push(...known);
    const [count, sum] = gaps ? [known.length, known.reduce((a, b) => a + b, 0)] : [pages - 1, visit.seconds ?? 0];
    if (count >= 1 && sum > 0) this.means.push(count, sum / count);
    if (wallMs !== undefined) {
      const day = (Math.floor(wallMs / DAY_MS) + 7 - MONDAY) % 7;
      this.week[24 * day + Math.floor((wallMs % DAY_MS) / HOUR_MS)]! += 1;
    }
    if (country !== undefined && visit.zone !== undefined) {
      const there = this.countries.get(country) ?? { zone: visit.zone, visits: 0 };
      there.visits += 1;
      this.countries.set(country, there);
    }
    if (startMs !== undefined) {
      this.firstMs = this.firstMs === 0 ? startMs : Math.min(this.firstMs, startMs);
      this.#lastMs = Math.max(this.#lastMs, startMs);
    }
    if (customer !== undefined && startMs !== undefined) {
      this.named += 1;
      const times = this.#times.get(customer);
      if (times) times.push(startMs);
      else this.#times.set(customer, [startMs]);
    }
    if (bought !== undefined && pages > 0) this.buying.push({ pages, bought });
  }

  #addItems(items: readonly string[], unordered: boolean): void {
    this.lengths[items.length] = (this.lengths[items.length] ?? 0) + 1;
    for (const item of items) this.views.set(item, (this.views.get(item) ?? 0) + 1);
    if (unordered) return;
    const before = new Set<string>();
    items.forEach((item, at) => {
      const last = items[at - 1];
      if (last !== undefined) {
        this.steps.all += 1;
        if (before.size > 1) this.steps.canGoBack += 1;
        if (item === last) this.steps.again += 1;
        else if (before.has(item)) this.steps.back += 1;
        else {
          this.steps.fresh += 1;
          this.#pairs.add(`${last} ${item}`);
        }
      }
      before.add(item);
    });
  }

  /** Of the steps to an item that is new to the visit, the share between two items that nobody had gone before. */
  get newPairs(): number {
    return this.#pairs.size / Math.max(1, this.steps.fresh);
  }

  /** The same after the first `visits` of them. */
  newPairsOf(visits: number): number {
    return visits >= this.visits ? this.newPairs : this.#newPairs[Math.round(visits / 1000) - 1] ?? this.newPairs;
  }

  /** Customers' gaps between visits, in days; `open`: from a last visit to the end of the data. */
  returns(): { seen: number[]; open: number[] } {
    const [seen, open]: [number[], number[]] = [[], []];
    for (const times of this.#times.values()) {
      times.sort((a, b) => a - b);
      for (let i = 1; i < times.length; i += 1) {
        const ms = (times[i] as number) - (times[i - 1] as number);
        if (ms > 0) seen.push(ms / DAY_MS); // two at once are one
      }
      open.push(Math.max(1e-3, (this.#lastMs - (times.at(-1) as number)) / DAY_MS));
    }
    return { seen, open };
  }

  /** Between first and last visit; 0 where there are no times. */
  get days(): number {
    return (this.#lastMs - this.firstMs) / DAY_MS;
  }

  get customers(): number {
    return this.#times.size;
  }

  /** Views of items, most viewed first. */
  ranked(): number[] {
    return [...this.views.values()].sort((a, b) => b - a);
  }
}
