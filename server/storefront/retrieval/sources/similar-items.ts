import type { Allow } from '../../../ann/binding.ts';
import type { Candidates, Source } from '../candidates.ts';
import type { RetrievalQuery } from '../retriever.ts';
import type { ItemVectorIndex } from './item-vectors.ts';

/**
 * Items near to the session's last one by the cosine of learned item vectors (item2vec, Barkan &
 * Koenigstein 2016): item-to-item, as Linden, Smith & York 2003 had it by shared customers.
 */
export class SimilarItems implements Source {
  readonly reason = 'similar';

  constructor(
    private readonly vectors: ItemVectorIndex,
    private readonly options: { readonly temperature: number },
  ) {}

  find({ items, allow }: RetrievalQuery, into: Candidates): void {
    into.count = 0;
    const last = items[items.length - 1];
    if (last === undefined) return;
    this.near(last, allow, into);
    into.softmax(this.options.temperature);
  }

  /** Cosines, best first, without the item itself. None when it has no vector. */
  near(row: number, allow: Allow | undefined, into: Candidates): void {
    into.count = 0;
    const vector = this.vectors.vectorOf(row);
    if (!vector) return;
    this.vectors.nearest(vector, allow, into);
    const { rows, scores, because } = into;
    const own = rows.subarray(0, into.count).indexOf(row);
    if (own >= 0) {
      rows.copyWithin(own, own + 1, into.count);
      scores.copyWithin(own, own + 1, into.count);
      into.count -= 1;
    }
    because.fill(row, 0, into.count);
  }
}
