import type { Candidates, Source } from '../candidates.ts';
import type { RetrievalQuery } from '../retriever.ts';
import type { CustomerSlots } from './customer-slots.ts';
import type { Purchases } from './purchases.ts';
import { RowSums } from './row-sums.ts';

const TIE_SHARE = 1e-6; // what all bought of late, against one's own

export interface BuyAgainOptions {
  readonly repeatPower: number; // of how likely an item is bought again at all
  readonly duePower: number; // of how due it is
}

/**
 * What the customer has bought, as often and lately as they did: personal item frequency with decay
 * (TIFU-KNN, Hu et al., SIGIR 2020), times how likely the item is bought again (the RCP model), times
 * the rate that their own interval gives it now (the modified Poisson-gamma model; both Bhagat et al.,
 * "Buy It Again", KDD 2018). Equals are settled by what all bought of late.
 */
export class BuyAgain implements Source {
  readonly reason = 'buy_again';
  readonly #sums = new RowSums();

  constructor(
    private readonly slots: CustomerSlots,
    private readonly purchases: Purchases,
    private readonly options: BuyAgainOptions,
  ) {}

  find(query: RetrievalQuery, into: Candidates): void {
    const slot = this.slots.get(query.customer);
    into.count = 0;
    if (slot === undefined) return;
    const { purchases, options } = this;
    const { own } = purchases;
    const [worths, counts, firsts, lasts] = own.values as [
      Float64Array, Float32Array, Float32Array, Float32Array,
    ];
    const start = own.start(slot);
    const end = start + own.count(slot);
    let most = 0;
    for (let place = start; place < end; place++) most = Math.max(most, worths[place] as number);
    for (let place = start; place < end; place++) {
      const row = own.rowAt(place);
      const count = counts[place] as number;
      let score = (worths[place] as number) / most + TIE_SHARE * purchases.sales(row);
      if (options.repeatPower > 0) score *= purchases.repeatShare(row) ** options.repeatPower;
      if (options.duePower > 0) {
        const span = (lasts[place] as number) - (firsts[place] as number);
        const since = purchases.nowDay - (lasts[place] as number);
        score *= dueRate(count, span, since, purchases.meanGapDays(row)) ** options.duePower;
      }
      this.#sums.add(row, score);
    }
    this.#sums.finish(into, query);
  }
}

/**
 * Purchases a day that are to be expected now of an item bought `count` times over `spanDays`, last
 * `sinceDays` ago: highest when as many days have gone by as usually do between two. The item's mean gap
 * is the prior: one purchase in that time. Pure.
 */
export function dueRate(
  count: number, spanDays: number, sinceDays: number, meanGapDays: number,
): number {
  const prior = Math.max(meanGapDays, 1);
  const gap = (spanDays + prior) / count; // `count - 1` own gaps and the prior's one
  const waited = sinceDays < 2 * gap ? spanDays + 2 * Math.abs(gap - sinceDays) : spanDays + sinceDays;
  return (count + 1) / (waited + prior);
}
