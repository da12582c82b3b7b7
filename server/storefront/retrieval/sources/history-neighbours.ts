import type { NativeSessionIndex, NeighbourOptions } from '../../../ann/binding.ts';
import { NO_ROW } from '../candidates.ts';
import type { Candidates, Source } from '../candidates.ts';
import type { RetrievalQuery } from '../retriever.ts';
import type { CustomerSlots } from './customer-slots.ts';
import type { Histories } from './histories.ts';

/**
 * What customers with a like history chose: the session neighbours of `session-neighbours.ts` (VMIS-kNN,
 * Kersbergen et al., SIGMOD 2022), with a customer's whole history for a session.
 */
export class HistoryNeighbours implements Source {
  readonly reason = 'history_neighbours';

  constructor(
    private readonly index: NativeSessionIndex, // by customer number
    private readonly slots: CustomerSlots,
    private readonly histories: Histories,
    private readonly options: NeighbourOptions,
  ) {}

  get bytes(): number {
    return this.index.bytes;
  }

  find(query: RetrievalQuery, into: Candidates): void {
    const { rows, scores, because } = into;
    const own = this.slots.get(query.customer);
    into.count = this.index.search(this.histories.line(query), rows, scores, {
      ...this.options,
      ...(query.allow && { allow: query.allow }),
      ...(own !== undefined && { exclude: own }),
    });
    let kept = 0; // the customer's own are often hidden: their shares go to the others
    for (let i = 0; i < into.count; i++) {
      if (query.hidden?.includes(rows[i] as number)) continue;
      rows[kept] = rows[i] as number;
      scores[kept++] = scores[i] as number;
    }
    into.count = kept;
    because.fill(NO_ROW, 0, kept);
    into.normalise();
  }
}
