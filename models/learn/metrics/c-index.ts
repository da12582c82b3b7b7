import { descending, eachTie } from './order.ts';

/**
 * Harrell's concordance index (1982) of scores with times that may be censored: of the pairs whose
 * order is known, the share in which the one that happened first has the higher score; equal scores
 * count half. `happened` is 1 where the time is the event's, 0 where the watch merely ended then.
 * A pair's order is known where the earlier one happened; at equal times, where one happened and
 * the other did not, which lasted longer. NaN without such a pair. O(rows log rows).
 */
export function cIndex(
  scores: ArrayLike<number>, times: ArrayLike<number>, happened: ArrayLike<number>,
): number {
  const rank = ranks(scores);
  const later = new Counts(scores.length); // ranks of rows known to last longer
  const order = descending(times);
  let concordant = 0;
  let pairs = 0;
  eachTie(times, order, (from, end) => {
    const here = order.subarray(from, end);
    for (const row of here) if (happened[row] === 0) later.add(rank[row] as number);
    for (const row of here) {
      if (happened[row] === 0) continue;
      const below = later.below(rank[row] as number);
      const upTo = later.below((rank[row] as number) + 1);
      concordant += (below + upTo) / 2;
      pairs += later.count;
    }
    for (const row of here) if (happened[row] !== 0) later.add(rank[row] as number);
  });
  return concordant / pairs;
}

/** 0 for the lowest score; equal scores have equal ranks. */
function ranks(scores: ArrayLike<number>): Uint32Array {
  const order = descending(scores).reverse();
  const rank = new Uint32Array(order.length);
  eachTie(scores, order, (from, end) => {
    for (let at = from; at < end; at += 1) rank[order[at] as number] = from;
  });
  return rank;
}

/** How many of the numbers added so far are below a bound (Fenwick 1994). */
class Counts {
  count = 0;
  readonly #sums: Float64Array;

  constructor(private readonly size: number) {
    this.#sums = new Float64Array(size + 1);
  }

  add(number: number): void {
    this.count += 1;
    for (let at = number + 1; at <= this.size; at += at & -at) {
      this.#sums[at] = (this.#sums[at] as number) + 1;
    }
  }

  below(bound: number): number {
    let sum = 0;
    for (let at = bound; at > 0; at -= at & -at) sum += this.#sums[at] as number;
    return sum;
  }
}
