import type { Columns } from '../../snapshot-file.ts';
import type { Candidates, Source } from '../candidates.ts';
import type { InterestEvent, RetrievalQuery } from '../retriever.ts';
import { PairTable } from './pair-table.ts';
import { RowCounts } from './row-counts.ts';
import { RowSums } from './row-sums.ts';

/** 48 MB at most, and 8 bytes an item. */
const LIMITS = { pairsMax: 6_000_000, ownerPairsMax: 512 };
const ORDER_ROWS_MAX = 50; // of a larger order, as many evenly spread
const LAST = 20; // newest items of the query that have a say

/**
 * What was in one order with the query's items: cosine of the orders that two items are in, damped by
 * `lambda` (item-to-item, Linden, Smith & York, IEEE Internet Computing 2003). An order is one purchase
 * event.
 */
export class BoughtTogether implements Source {
  readonly reason = 'bought_together';
  readonly #pairs: PairTable;
  readonly #orders = new RowCounts(); // that an item is in
  readonly #sums = new RowSums();

  constructor(private readonly options: { readonly lambda: number }, limits = LIMITS) {
    this.#pairs = new PairTable(limits);
  }

  get bytes(): number {
    return this.#pairs.bytes + this.#orders.bytes;
  }

  take({ type, rows }: InterestEvent): void {
    if (type !== 'purchase') return;
    const order = spread([...new Set(rows)], ORDER_ROWS_MAX);
    for (const row of order) this.#orders.add(row, 1);
    for (const a of order) for (const b of order) if (a !== b) this.#pairs.add(a, b, 1);
  }

  find(query: RetrievalQuery, into: Candidates): void {
    const pairs = this.#pairs;
    const [together] = pairs.values as [Float32Array];
    for (const item of query.items.subarray(-LAST)) {
      const end = pairs.start(item) + pairs.count(item);
      for (let place = pairs.start(item); place < end; place++) {
        const row = pairs.rowAt(place);
        const score = (together[place] as number) * this.#damping(row) * this.#damping(item);
        this.#sums.add(row, score, item);
      }
    }
    this.#sums.drop(query.items);
    this.#sums.finish(into, query);
  }

  save(): Columns {
    return { ...this.#pairs.save('together'), togetherOrders: this.#orders.save() };
  }

  load(saved: Columns): void {
    this.#pairs.load('together', saved);
    this.#orders.load(saved['togetherOrders'] as Float64Array);
  }

  #damping(row: number): number {
    return (this.#orders.of(row) + this.options.lambda) ** -0.5;
  }
}

/** At most `max` of them, evenly spread. */
function spread(rows: readonly number[], max: number): readonly number[] {
  if (rows.length <= max) return rows;
  return Array.from({ length: max }, (_, i) => rows[Math.floor((i * rows.length) / max)] as number);
}
