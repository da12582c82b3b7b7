import type { PairTable } from './pairs.ts';
import type { Scorer, Scores } from './scores.ts';

export interface Recency {
  readonly last: number; // items from the end that have a say
  readonly decay: number; // 0..1; each earlier item's say is multiplied by it
}

/** Lets the last items speak through a table of pairs. */
export class PairScorer implements Scorer {
  readonly settings: string;

  constructor(
    readonly name: string,
    private readonly table: PairTable,
    private readonly recency: Recency,
  ) {
    this.settings = `last ${recency.last}, decay ${recency.decay}`;
  }

  score(items: Uint32Array, into: Scores): void {
    const { starts, rows, weights } = this.table;
    let say = 1;
    const stop = Math.max(0, items.length - this.recency.last);
    for (let at = items.length - 1; at >= stop; at--) {
      const item = items[at] as number;
      const end = starts[item + 1] as number;
      for (let i = starts[item] as number; i < end; i++) {
        into.add(rows[i] as number, say * (weights[i] as number));
      }
      say *= this.recency.decay;
    }
  }
}
