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
    if (known && this.#known.size > this.customersMax / 2) this.#known.delete(id);
    this.#known.set(id, customer);
    if (this.#known.size > this.customersMax) this.#known.delete(this.#oldest());

    if (event.atMs >= customer.lastMs) {
      customer.lastMs = event.atMs;
      customer.session = event.session;
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
function addRow(customer: Customer, row: number, atMs: number): void {
  const { rows, timesMs } = customer;
  const before = rows.indexOf(row);
  if (before >= 0) {
    if ((timesMs[before] as number) > atMs) return;
    rows.splice(before, 1);
    timesMs.splice(before, 1);
  }
  let at = rows.length;
  while (at > 0 && (timesMs[at - 1] as number) > atMs) at -= 1;
  rows.splice(at, 0, row);
  timesMs.splice(at, 0, atMs);
  if (rows.length <= STOREFRONT_LIMITS.customerItemsMax) return;
  rows.shift();
  timesMs.shift();
}
