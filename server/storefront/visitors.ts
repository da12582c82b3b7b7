import { ownText } from '../core/own-text.ts';
import type { ShopEvent } from '../wire/schema.ts';
import { STOREFRONT_LIMITS } from './limits.ts';

/** A browser or app, as far as it is known whose it is. */
interface Visitor {
  customer: string | undefined;
  shared: boolean; // two customers have used it
  held: ShopEvent[]; // what nobody has been credited with yet, in order of arrival
}

/** Least recently seen first. */
export type SavedVisitors = readonly {
  readonly id: string; readonly customer?: string; readonly shared: boolean; readonly held: readonly ShopEvent[];
}[];

export interface VisitorLimits {
  readonly visitorsMax: number;
  readonly visitorEventsMax: number; // newest events that are held of one
  readonly heldEventsMax: number; // of all of them
}

/**
 * Whose a visitor is. The first customer that is named by a visitor's event, or by a session that it takes
 * part in, is theirs from then on: what they did before, in whatever session, is told then, and what they
 * do without a name is that customer's. When another customer is named the visitor is shared, for good:
 * then only what names a customer, or stands in a session that does, is anybody's. Nothing of this ever
 * moves from one customer to another. All of it is the log played again, in order of arrival.
 */
export class Visitors {
  readonly counts = { joined: 0, shared: 0 };
  readonly #known = new Map<string, Visitor>(); // least recently seen first
  readonly #holding = new Map<string, Visitor>(); // those of them of whom something is held
  #heldEvents = 0;

  constructor(private readonly limits: VisitorLimits = STOREFRONT_LIMITS) {}

  get count(): number {
    return this.#known.size;
  }

  customerOf(id: string | undefined): string | undefined {
    return id === undefined ? undefined : this.#known.get(id)?.customer;
  }

  /** An event that is nobody's yet. */
  hold(id: string, event: ShopEvent): void {
    const visitor = this.#touch(id);
    if (visitor.held.length === 0) this.#holding.set(ownText(id), visitor);
    visitor.held.push(event);
    this.#heldEvents += 1;
    if (visitor.held.length > this.limits.visitorEventsMax) {
      visitor.held.shift();
      this.#heldEvents -= 1;
    }
    this.#makeRoom();
  }

  /** The visitor is found to be a customer's: what they did before that is now theirs, oldest first. */
  name(id: string, customer: string): readonly ShopEvent[] {
    const visitor = this.#touch(id);
    if (visitor.shared || visitor.customer === customer) return [];
    const { held } = visitor;
    visitor.held = [];
    this.#heldEvents -= held.length;
    this.#holding.delete(id);
    if (visitor.customer !== undefined) {
      visitor.customer = undefined;
      visitor.shared = true;
      this.counts.shared += 1;
      return [];
    }
    visitor.customer = ownText(customer);
    if (held.length > 0) this.counts.joined += 1;
    this.#makeRoom();
    return held;
  }

  /** Whether an event of a session that names its customer is still nobody's: it is theirs then. */
  release(event: ShopEvent): boolean {
    if (event.visitor === undefined) return true;
    const visitor = this.#known.get(event.visitor);
    if (!visitor) return true;
    const at = visitor.held.findIndex(({ id }) => id === event.id);
    if (at < 0) return false;
    visitor.held.splice(at, 1);
    if (visitor.held.length === 0) this.#holding.delete(event.visitor);
    this.#heldEvents -= 1;
    return true;
  }

  /** The visitors of a customer are nobody's again. */
  forgetCustomer(customer: string): void {
    for (const [id, visitor] of this.#known) if (visitor.customer === customer) this.#drop(id, visitor);
  }

  save(): SavedVisitors {
    return [...this.#known].map(([id, { customer, shared, held }]) =>
      ({ id, ...(customer !== undefined && { customer }), shared, held }));
  }

  /** What `save` gave, in place of all that is here. */
  load(saved: SavedVisitors): void {
    this.#known.clear();
    this.#holding.clear();
    this.#heldEvents = 0;
    for (const { id, customer, shared, held } of saved) {
      const visitor = { customer, shared, held: [...held] };
      this.#known.set(id, visitor);
      if (held.length > 0) this.#holding.set(id, visitor);
      this.#heldEvents += held.length;
    }
  }

  #touch(id: string): Visitor {
    const known = this.#known.get(id);
    if (known) {
      // To the end of the order; while there is room enough that is of no use.
      if (this.#known.size > this.limits.visitorsMax / 2) {
        this.#known.delete(id);
        this.#known.set(id, known);
      }
      return known;
    }
    const visitor = { customer: undefined, shared: false, held: [] };
    this.#known.set(ownText(id), visitor);
    return visitor;
  }

  #makeRoom(): void {
    const { visitorsMax, heldEventsMax } = this.limits;
    while (this.#known.size > visitorsMax) this.#drop(...this.#oldest());
    while (this.#heldEvents > heldEventsMax) {
      const [id, visitor] = this.#holding.entries().next().value as [string, Visitor];
      this.#holding.delete(id);
      this.#heldEvents -= visitor.held.length;
      visitor.held = [];
    }
  }

  #oldest(): [string, Visitor] {
    return this.#known.entries().next().value as [string, Visitor];
  }

  #drop(id: string, visitor: Visitor): void {
    this.#heldEvents -= visitor.held.length;
    this.#known.delete(id);
    this.#holding.delete(id);
  }
}
