import { newEventId } from '../client/chance.ts';
import type { Clock } from '../core/clock.ts';

/** As much of `localStorage` as is used. A private window may refuse it: then nothing is kept. */
export interface Storage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

export interface CartLine {
  readonly item: string;
  readonly quantity: number;
}

interface Remembered {
  readonly customer: string | null; // given at the first purchase
  readonly session: string;
  readonly lastMs: number; // of the last event, by this machine's clock
  readonly viewed: readonly string[]; // newest first, this session's
  readonly cart: readonly CartLine[];
}

/** Where the storage keeps it; another tab's `storage` event names it. */
export const VISITOR_KEY = 'vitrine.visitor.1';
const SESSION_SILENCE_MS = 30 * 60_000; // as the server, GA4 and Google Retail cut sessions
const VIEWED_MAX = 20;
const QUANTITY_MAX = 99;

/** Who is shopping: ids, what was looked at, and the cart; kept across reloads in this browser. */
export class Visitor {
  #now: Remembered;
  readonly #storage: Storage | null;

  constructor(
    storage: Storage | null,
    private readonly clock: Clock,
    private readonly newId: () => string = newEventId,
  ) {
    this.#storage = storage;
    const old = this.#load();
    const alive = old !== null && clock.wallMs() - old.lastMs < SESSION_SILENCE_MS;
    this.#now = {
      customer: old?.customer ?? null,
      session: alive ? old.session : newId(),
      lastMs: clock.wallMs(),
      viewed: alive ? old.viewed : [],
      cart: old?.cart ?? [],
    };
    this.#save();
  }

  get session(): string {
    return this.#now.session;
  }
  /** What requests and events say of who this is. */
  get identity(): { readonly session: string; readonly customer?: string } {
    const { session, customer } = this.#now;
    return customer === null ? { session } : { session, customer };
  }
  /** Items looked at in this session, newest first. */
  get viewed(): readonly string[] {
    return this.#now.viewed;
  }
  get cart(): readonly CartLine[] {
    return this.#now.cart;
  }
  get cartCount(): number {
    return this.#now.cart.reduce((sum, line) => sum + line.quantity, 0);
  }

  /** Takes over what other tabs have done: the cart and who the customer is are everyone's. */
  reread(): void {
    const kept = this.#load();
    if (kept) this.#now = { ...this.#now, cart: kept.cart, customer: kept.customer };
  }

  saw(item: string): void {
    this.reread();
    const viewed = [item, ...this.#now.viewed.filter((other) => other !== item)];
    this.#change({ viewed: viewed.slice(0, VIEWED_MAX) });
  }

  /** Sets how many of an item are in the cart; 0 takes it out. */
  setQuantity(item: string, quantity: number): void {
    this.reread();
    const wanted = Math.max(0, Math.min(QUANTITY_MAX, Math.floor(quantity)));
    const there = this.#now.cart.some((line) => line.item === item);
    const cart = there
      ? this.#now.cart.map((line) => (line.item === item ? { item, quantity: wanted } : line))
      : [...this.#now.cart, { item, quantity: wanted }];
    this.#change({ cart: cart.filter((line) => line.quantity > 0) });
  }

  /** One more of an item, however many there are by now. */
  add(item: string): void {
    this.reread();
    this.setQuantity(item, this.quantityOf(item) + 1);
  }

  quantityOf(item: string): number {
    return this.#now.cart.find((line) => line.item === item)?.quantity ?? 0;
  }

  emptyCart(): void {
    this.#change({ cart: [] });
  }

  /** Who buys leaves a name: from now on what is bought is remembered across sessions. */
  becomeCustomer(): void {
    this.reread();
    if (this.#now.customer === null) this.#change({ customer: `customer-${this.newId()}` });
  }

  #change(change: Partial<Remembered>): void {
    this.#now = { ...this.#now, ...change, lastMs: this.clock.wallMs() };
    this.#save();
  }

  #load(): Remembered | null {
    try {
      const kept = JSON.parse(this.#storage?.getItem(VISITOR_KEY) ?? 'null') as Remembered | null;
      return kept && typeof kept.session === 'string' && Array.isArray(kept.cart) ? kept : null;
    } catch {
      return null;
    }
  }

  #save(): void {
    try {
      this.#storage?.setItem(VISITOR_KEY, JSON.stringify(this.#now));
    } catch {
      // A full or forbidden storage costs the memory across reloads, nothing else.
    }
  }
}
