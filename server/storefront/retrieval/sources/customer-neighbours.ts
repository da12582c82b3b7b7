import type { Candidates, Source } from '../candidates.ts';
import type { RetrievalQuery } from '../retriever.ts';
import type { CustomerSlots } from './customer-slots.ts';
import type { Purchases } from './purchases.ts';
import { RowSums } from './row-sums.ts';

const OWN_ROWS_MAX = 100; // of the customer's own items, the ones worth most

/**
 * What customers bought that buy alike: the mean of the nearest customers' purchases, by the cosine of
 * decayed purchases, to which the query's items are added (the neighbours of TIFU-KNN, Hu et al., SIGIR
 * 2020). Found through the lists of who bought an item, so that a purchase counts in the next answer.
 */
export class CustomerNeighbours implements Source {
  readonly reason = 'customer_neighbours';
  readonly #sums = new RowSums();
  #likeness = new Float64Array(1024); // by customer number

  constructor(
    private readonly slots: CustomerSlots,
    private readonly purchases: Purchases,
    private readonly options: { readonly neighbours: number },
  ) {}

  find(query: RetrievalQuery, into: Candidates): void {
    into.count = 0;
    const { own } = this.purchases;
    const [worths] = own.values as [Float64Array];
    for (const near of this.#nearest(this.slots.get(query.customer), query.items)) {
      const say = (this.#likeness[near] as number) / this.purchases.norm(near);
      const end = own.start(near) + own.count(near);
      for (let place = own.start(near); place < end; place++) {
        this.#sums.add(own.rowAt(place), say * (worths[place] as number));
      }
      this.#likeness[near] = 0;
    }
    this.#sums.finish(into, query);
  }

  /** Customer numbers, with their likeness; that of all others is 0. */
  #nearest(slot: number | undefined, items: Uint32Array): number[] {
    const { own, buyers } = this.purchases;
    const [worths] = own.values as [Float64Array];
    const [theirs] = buyers.values as [Float64Array];
    if (this.#likeness.length < own.owners) this.#likeness = new Float64Array(2 * own.owners);
    const likeness = this.#likeness;
    const found: number[] = [];
    const speak = (row: number, say: number): void => {
      const end = buyers.start(row) + buyers.count(row);
      for (let at = buyers.start(row); at < end; at++) {
        const other = buyers.rowAt(at);
        if (other === slot) continue;
        if (likeness[other] === 0) found.push(other);
        likeness[other] = (likeness[other] as number) + say * (theirs[at] as number);
      }
    };
    const now = this.purchases.worthNow;
    if (slot !== undefined) {
      for (const place of this.#ownPlaces(slot)) speak(own.rowAt(place), (worths[place] as number) / now);
    }
    // What the customer looks at now counts as if bought now.
    for (const row of new Set(items)) if (slot === undefined || own.find(slot, row) < 0) speak(row, 1);
    for (const other of found) likeness[other] = (likeness[other] as number) / this.purchases.norm(other);
    return this.#best(found);
  }

  /** As many as may vote, ties by lower number; forgets the likeness of the others. */
  #best(found: readonly number[]): number[] {
    const { neighbours } = this.options;
    const likeness = this.#likeness;
    const order = Float64Array.from(found, (other) => likeness[other] as number).sort();
    const least = order[Math.max(0, order.length - neighbours)] ?? 0;
    const above = found.filter((other) => (likeness[other] as number) > least);
    const ties = found.filter((other) => likeness[other] === least).sort((a, b) => a - b);
    const best = [...above, ...ties.slice(0, neighbours - above.length)];
    const kept = new Set(best);
    for (const other of found) if (!kept.has(other)) likeness[other] = 0;
    return best;
  }

  #ownPlaces(slot: number): number[] {
    const { own } = this.purchases;
    const [worths] = own.values as [Float64Array];
    const places = Array.from({ length: own.count(slot) }, (_, i) => own.start(slot) + i);
    if (places.length <= OWN_ROWS_MAX) return places;
    return places
      .sort((a, b) => (worths[b] as number) - (worths[a] as number) || a - b)
      .slice(0, OWN_ROWS_MAX);
  }
}
