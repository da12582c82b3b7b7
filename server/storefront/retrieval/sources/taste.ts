import { ROOM } from '../candidates.ts';
import type { Batched, Candidates } from '../candidates.ts';
import type { RetrievalQuery } from '../retriever.ts';
import type { ItemVectorIndex, VectorQuery } from './item-vectors.ts';

/** Items found for an answer of usual size: more cost time and changed no score (README). */
export const NEAREST_TASTE = 128;

/** Whether a vector can be searched for. */
export function isSound(vector: Float32Array, dim: number): boolean {
  return vector.length === dim && vector.every(Number.isFinite);
}

/**
 * Items near to what the session encoder expects next: its output against the learned item vectors
 * by inner product, as it was trained (GRU4Rec, Hidasi et al., ICLR 2016, with full softmax). The
 * scores are its logits, so their softmax over what was found is its own belief.
 */
export class TasteSource implements Batched {
  readonly reason = 'taste';
  readonly #places: number[] = []; // of the queries that have a taste, in the batch; or -1

  constructor(
    private readonly vectors: ItemVectorIndex,
    private readonly options: { readonly temperature: number },
  ) {}

  search(queries: readonly RetrievalQuery[], room: number): void {
    const batch: VectorQuery[] = [];
    queries.forEach(({ taste, allow, explain }, i) => {
      const sound = taste && isSound(taste, this.vectors.dim);
      this.#places[i] = sound ? batch.length : -1;
      if (!sound) return;
      this.vectors.query(batch.length).set(taste);
      batch.push({ allow, explain: explain && (explain.taste = {}) });
    });
    this.vectors.search(batch, room > ROOM ? room : Math.min(room, NEAREST_TASTE));
  }

  take(at: number, into: Candidates): void {
    into.count = 0;
    const place = this.#places[at] ?? -1;
    if (place < 0) return;
    this.vectors.copy(place, into);
    into.softmax(this.options.temperature);
  }

  find(query: RetrievalQuery, into: Candidates): void {
    this.search([query], into.room);
    this.take(0, into);
  }
}
