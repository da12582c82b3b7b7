import { allows } from '../candidates.ts';
import type { Candidates, Source } from '../candidates.ts';
import type { RetrievalQuery } from '../retriever.ts';

/**
 * The session's own items, the latest first: people compare. Each time an item was looked at counts
 * `decay` to the power of how many items ago that was. It is the S-POP baseline (Hidasi et al.,
 * ICLR 2016) with recency.
 */
export class Again implements Source {
  readonly reason = 'again';

  constructor(private readonly options: { readonly decay: number }) {}

  find({ items, allow }: RetrievalQuery, into: Candidates): void {
    const weights = new Map<number, number>();
    let weight = 1;
    for (let i = items.length - 1; i >= 0; i--, weight *= this.options.decay) {
      const row = items[i] as number;
      if (allows(allow, row)) weights.set(row, (weights.get(row) ?? 0) + weight);
    }
    into.count = 0;
    const best = [...weights].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
    for (const [row, sum] of best) if (sum > 0) into.push(row, sum);
    into.normalise();
  }
}
