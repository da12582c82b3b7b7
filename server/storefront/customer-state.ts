import { ownText } from '../core/own-text.ts';
import type { ShopEvent } from '../wire/schema.ts';
import { countBought } from './bought.ts';
import { INTEREST } from './interest.ts';
import { STOREFRONT_LIMITS } from './limits.ts';

/** What is known of one customer over all of their sessions. */
export interface Customer {
  /** How many of each row they have bought and not given back. */
  readonly bought: Map<number, number>;
  /** When they last bought each. */
  readonly boughtMs: Map<number, number>;
  /** Rows of interest by event time, oldest first, and those times. */
  readonly rows: number[];
  readonly timesMs: number[];
  /** The session of their newest event. */
  session: string;
  lastMs: number;
}

/** Customer i's rows are the next `rowCounts[i]` of `rows`, and so on. */
export interface SavedCustomers {
  readonly ids: readonly string[];
  readonly sessions: readonly string[];
  readonly lastMs: Float64Array;
  readonly rowCounts: Uint32Array;
  readonly rows: Uint32Array;
  readonly timesMs: Float64Array;
  readonly boughtCounts: Uint32Array;
  readonly boughtRows: Uint32Array;
  readonly bought: Float64Array;
  readonly boughtMs: Float64Array; // -Infinity: only given back so far
}

/** Customers by id, the least recently active first to go. */
export class Customers {
  readonly #known = new Map<string, Customer>(); // least recently active first

  constructor(
    private readonly rowOf: (item: string) => number | undefined,
    private readonly customersMax: number = STOREFRONT_LIMITS.customersMax,
  ) {}

  get count(): number {
    return this.#known.size;
  }

  get(id: string | undefined): Customer | undefined {
    return id === undefined ? undefined : this.#known.get(id);
  }

  /** Drops all that is known of a customer; whether anything was. */
  forget(id: string): boolean {
    return this.#known.delete(id);
  }

  /** Credits an event to a customer, whether or not it names them itself. */
  take(id: string, event: ShopEvent): void {
    const known = this.#known.get(id);
    const customer = known ?? newCustomer();
    // To the end of the order. Moving costs more than all the rest of this, so it waits until there
    // is some prospect of the order being used.
    const move = known !== undefined && this.#known.size > this.customersMax / 2;
    if (move) this.#known.delete(id);
    if (move || !known) this.#known.set(ownText(id), customer);
    if (this.#known.size > this.customersMax) this.#known.delete(this.#oldest());

    if (event.atMs >= customer.lastMs) {
      customer.lastMs = event.atMs;
      if (customer.session !== event.session) customer.session = ownText(event.session);
    }
    countBought(customer.bought, event, this.rowOf, customer.boughtMs);
    if (INTEREST[event.type] === 0) return;
    for (const { item } of event.items) {
      const row = this.rowOf(item);
      if (row !== undefined) addRow(customer, row, event.atMs);
    }
  }

  /** All of them in their order, as columns. */
  save(): SavedCustomers {
    const known = [...this.#known.values()];
    const all = <T>(of: (customer: Customer) => Iterable<T>): T[] => known.flatMap((one) => [...of(one)]);
    return {
      ids: [...this.#known.keys()],
      sessions: known.map(({ session }) => session),
      lastMs: Float64Array.from(known, ({ lastMs }) => lastMs),
      rowCounts: Uint32Array.from(known, ({ rows }) => rows.length),
      rows: Uint32Array.from(all(({ rows }) => rows)),
      timesMs: Float64Array.from(all(({ timesMs }) => timesMs)),
      boughtCounts: Uint32Array.from(known, ({ bought }) => bought.size),
      boughtRows: Uint32Array.from(all(({ bought }) => bought.keys())),
      bought: Float64Array.from(all(({ bought }) => bought.values())),
      boughtMs: Float64Array.from(all(({ bought, boughtMs }) =>
        Array.from(bought.keys(), (row) => boughtMs.get(row) ?? -Infinity))),
    };
  }

  /** What `save` gave, in place of all that is here. */
  load(saved: SavedCustomers): void {
    this.#known.clear();
    let [row, bought] = [0, 0];
    saved.ids.forEach((id, i) => {
      const rowEnd = row + (saved.rowCounts[i] as number);
      const held = new Map<number, number>();
      const boughtMs = new Map<number, number>();
      for (const end = bought + (saved.boughtCounts[i] as number); bought < end; bought++) {
        const boughtRow = saved.boughtRows[bought] as number;
        held.set(boughtRow, saved.bought[bought] as number);
        const atMs = saved.boughtMs[bought] as number;
        if (atMs > -Infinity) boughtMs.set(boughtRow, atMs);
      }
      this.#known.set(id, {
        bought: held,
        boughtMs,
        rows: [...saved.rows.subarray(row, rowEnd)],
        timesMs: [...saved.timesMs.subarray(row, rowEnd)],
        session: saved.sessions[i] as string,
        lastMs: saved.lastMs[i] as number,
      });
      row = rowEnd;
    });
  }

  #oldest(): string {
    return this.#known.keys().next().value as string;
  }
}

function newCustomer(): Customer {
  return { bought: new Map(), boughtMs: new Map(), rows: [], timesMs: [], session: '', lastMs: -Infinity };
}

/** Each row once, at its newest time: over sessions what matters is which items, not how often. */
function addRow({ rows, timesMs }: Customer, row: number, atMs: number): void {
  let at = rows.indexOf(row);
  if (at >= 0) {
    if ((timesMs[at] as number) > atMs) return;
  } else if (rows.length < STOREFRONT_LIMITS.customerItemsMax) {
    at = rows.push(row) - 1;
    timesMs.push(atMs);
  } else {
    at = 0; // takes the oldest one's place
    if ((timesMs[0] as number) > atMs) return;
  }
  // In place: this runs with every event, and splicing leaves garbage behind.
  const move = (from: number): void => {
    rows[at] = rows[from] as number;
    timesMs[at] = timesMs[from] as number;
    at = from;
  };
  while (at + 1 < rows.length && (timesMs[at + 1] as number) <= atMs) move(at + 1);
  while (at > 0 && (timesMs[at - 1] as number) > atMs) move(at - 1);
  rows[at] = row;
  timesMs[at] = atMs;
}
