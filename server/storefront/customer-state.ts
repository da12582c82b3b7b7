import { ownText } from '../core/own-text.ts';
import type { ShopEvent } from '../wire/schema.ts';
import { countBought } from './bought.ts';
import { INTEREST } from './interest.ts';
import { STOREFRONT_LIMITS } from './limits.ts';

/** What is known of one customer over all of their sessions. */
export interface Customer {
  /** How many of each row they have bought and not given back. */
  readonly bought: Map<number, number>;
  /** Rows of interest by event time, oldest first, and those times. */
  readonly rows: number[];
  readonly timesMs: number[];
  /** The session of their newest event. */
  session: string;
  lastMs: number;
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
    countBought(customer.bought, event, this.rowOf);
    if (INTEREST[event.type] === 0) return;
    for (const { item } of event.items) {
      const row = this.rowOf(item);
      if (row !== undefined) addRow(customer, row, event.atMs);
    }
  }

  #oldest(): string {
    return this.#known.keys().next().value as string;
  }
}

function newCustomer(): Customer {
  return { bought: new Map(), rows: [], timesMs: [], session: '', lastMs: -Infinity };
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
