import type { SearchExplanation } from '../../../ann/binding.ts';
import { ROOM } from '../candidates.ts';
import type { Batched, Candidates } from '../candidates.ts';
import type { RetrievalQuery, SimilarQuery } from '../retriever.ts';
import type { ItemVectorIndex, VectorQuery } from './item-vectors.ts';

/** Items found for an answer of usual size: more cost time and changed no score (README). */
export const NEAREST_SIMILAR = 32;

/**
 * Items near to the session's last one by the cosine of learned item vectors (item2vec, Barkan &
 * Koenigstein 2016): item-to-item, as Linden, Smith & York 2003 had it by shared customers.
 */
export class SimilarItems implements Batched {
  readonly reason = 'similar';
  readonly #batch: VectorQuery[] = [];
  readonly #rows: number[] = []; // of the batch, that are looked for
  readonly #places: number[] = []; // of the queries whose row has a vector, in the batch; or -1

  constructor(
    private readonly vectors: ItemVectorIndex,
    private readonly options: { readonly temperature: number },
  ) {}

  search(queries: readonly RetrievalQuery[], room: number): void {
    this.#begin();
    queries.forEach(({ items, allow, explain }, i) =>
      this.#add(i, items[items.length - 1], allow, explain && (explain.similar = {})));
    this.vectors.search(this.#batch, room > ROOM ? room : Math.min(room, NEAREST_SIMILAR));
  }

  /** The same for items, to be had by `near`; the item itself may be among the `room`. */
  searchItems(queries: readonly SimilarQuery[], room: number): void {
    this.#begin();
    queries.forEach(({ row, allow, explain }, i) =>
      this.#add(i, row, allow, explain && (explain.similar = {})));
    this.vectors.search(this.#batch, room);
  }

  /** Shares, best first. */
  take(at: number, into: Candidates): void {
    this.near(at, into);
    into.softmax(this.options.temperature);
  }

  /** Cosines, best first, without the item itself. None when it has no vector. */
  near(at: number, into: Candidates): void {
    into.count = 0;
    const place = this.#places[at] ?? -1;
    if (place < 0) return;
    const row = this.#rows[place] as number;
    this.vectors.copy(place, into);
    const { rows, scores, because } = into;
    const own = rows.subarray(0, into.count).indexOf(row);
    if (own >= 0) {
      rows.copyWithin(own, own + 1, into.count);
      scores.copyWithin(own, own + 1, into.count);
      into.count -= 1;
    }
    because.fill(row, 0, into.count);
  }

  find(query: RetrievalQuery, into: Candidates): void {
    this.search([query], into.room);
    this.take(0, into);
  }

  #begin(): void {
    this.#batch.length = 0;
    this.#rows.length = 0;
    this.#places.length = 0;
  }

  #add(
    at: number, row: number | undefined, allow: VectorQuery['allow'],
    explain: Partial<SearchExplanation> | undefined,
  ): void {
    const place = this.#batch.length;
    const found = row !== undefined && this.vectors.queryByRow(place, row);
    this.#places[at] = found ? place : -1;
    if (!found) return;
    this.#batch.push({ allow, explain });
    this.#rows.push(row);
  }
}
