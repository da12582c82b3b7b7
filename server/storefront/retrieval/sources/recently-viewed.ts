import { allows } from '../candidates.ts';
import type { Candidates, Source } from '../candidates.ts';
import type { RetrievalQuery } from '../retriever.ts';

/**
 * What the customer looked at in earlier sessions, the latest first: each item counts `decay` to the
 * power of how many ago it was. Repeat consumption follows recency (Anderson et al., "The Dynamics of
 * Repeat Consumption", WWW 2014). Items of this session are `again`'s. Keeps nothing of its own: the
 * customer's record has their newest items.
 */
export class RecentlyViewed implements Source {
  readonly reason = 'recently_viewed';

  constructor(private readonly options: { readonly decay: number }) {}

  find({ items, recent, session, allow, hidden }: RetrievalQuery, into: Candidates): void {
    into.count = 0;
    if (!recent) return;
    let weight = 1;
    for (let i = recent.length - 1; i >= 0; i--, weight *= this.options.decay) {
      const row = recent[i] as number;
      const out = (session !== undefined && items.includes(row)) || hidden?.includes(row);
      if (weight > 0 && !out && allows(allow, row)) into.push(row, weight);
    }
    into.normalise();
  }
}
