import type { NativeSessionIndex, NeighbourOptions } from '../../../ann/binding.ts';
import type { Candidates, Source } from '../candidates.ts';
import { NO_ROW } from '../candidates.ts';
import type { RetrievalQuery } from '../retriever.ts';

/**
 * What visitors with a like session looked at. VMIS-kNN (Kersbergen, Sprangers & Schelter,
 * "Serenade", SIGMOD 2022) with the weights of STAN (Garg et al., SIGIR 2019), after V-SkNN
 * (Ludewig & Jannach, UMUAI 2018). The work is in `native/session/`.
 */
export class SessionNeighbours implements Source {
  readonly reason = 'session_neighbours';

  constructor(
    private readonly index: NativeSessionIndex,
    private readonly options: NeighbourOptions,
  ) {}

  find({ items, allow, session }: RetrievalQuery, into: Candidates): void {
    const { rows, scores, because } = into;
    into.count = this.index.search(items, rows, scores, {
      ...this.options,
      ...(allow && { allow }),
      ...(session !== undefined && { exclude: session }),
    });
    because.fill(NO_ROW, 0, into.count);
    into.normalise();
  }
}
