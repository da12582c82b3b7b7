import type { Candidates, Source } from '../candidates.ts';
import type { RetrievalQuery } from '../retriever.ts';
import type { ItemVectorIndex } from './item-vectors.ts';

/**
 * Items near to what the session encoder expects next: its output against the learned item vectors
 * by inner product, as it was trained (GRU4Rec, Hidasi et al., ICLR 2016, with full softmax). The
 * scores are its logits, so their softmax over what was found is its own belief.
 */
export class TasteSource implements Source {
  readonly reason = 'taste';

  constructor(
    private readonly vectors: ItemVectorIndex,
    private readonly options: { readonly temperature: number },
  ) {}

  find({ taste, allow }: RetrievalQuery, into: Candidates): void {
    into.count = 0;
    if (!taste || taste.length !== this.vectors.dim || !taste.every(Number.isFinite)) return;
    this.vectors.nearest(taste, allow, into);
    into.softmax(this.options.temperature);
  }
}
