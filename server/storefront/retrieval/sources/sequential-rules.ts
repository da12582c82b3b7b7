import type { FollowOptions, NativeSessionIndex } from '../../../ann/binding.ts';
import type { Candidates, Source } from '../candidates.ts';
import type { RetrievalQuery } from '../retriever.ts';

/**
 * What came soon after the session's last items: sequential rules, weight 1/distance (Kamehkhosh,
 * Jannach & Ludewig, RecTemp 2017), an item's followers as shares, older rules decayed. An item may
 * follow itself: on some shops going back is what visitors do most.
 */
export class SequentialRules implements Source {
  readonly reason = 'followed_by';

  constructor(
    private readonly index: NativeSessionIndex,
    private readonly options: FollowOptions,
  ) {}

  find({ items, allow }: RetrievalQuery, into: Candidates): void {
    const { rows, scores, because } = into;
    into.count = this.index.follow(items, rows, scores, {
      ...this.options,
      because,
      ...(allow && { allow }),
    });
    into.normalise();
  }
}
