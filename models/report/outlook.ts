import { buyChance, expectedPurchases, fitCounting, fitRegular, type CountingModel } from
  '../customers/btyd/counting.ts';
import { expectedAmount, fitSpend, type SpendModel } from '../customers/btyd/gamma-gamma.ts';
import { buyingSummary, type BuyingSummary } from '../customers/btyd/summary.ts';
import type { PurchaseLog } from '../customers/purchases.ts';

const WEEK_DAYS = 7;

/** What is expected of each customer within `days` after the landmark, by what was known then. */
export interface Outlook {
  readonly landmark: number; // day
  readonly days: number;
  readonly customers: readonly number[]; // place in the log, of those who had bought by then
  readonly model: CountingModel;
  readonly chance: Float64Array; // of at least one purchase
  readonly purchases: Float64Array; // expected
  readonly amount: Float64Array; // expected of one purchase
  /** Expected, and what it would be if they went on as they did until their last purchase. */
  readonly value: Float64Array;
  readonly usual: Float64Array;
}

/**
 * BG/NBD, or MBG/CNBD-k where its likelihood is greater, with Gamma-Gamma for the amounts; fitted on
 * purchases up to the landmark.
 */
export function outlook(log: PurchaseLog, landmark: number, days: number): Outlook {
  const summary = buyingSummary(log, landmark);
  const places: number[] = [];
  log.customers.forEach((one, at) => { if ((one.days[0] as number) <= landmark) places.push(at); });
  const model = bestModel(summary);
  const spend = fitSpend(summary).model;
  const firsts = firstAmounts(log, places);
  const horizon = days / WEEK_DAYS;
  const column = (of: (row: number) => number): Float64Array =>
    Float64Array.from({ length: summary.rows }, (_, row) => of(row));
  const at = (row: number): [number, number, number] =>
    [summary.repeats[row] as number, summary.recency[row] as number, summary.age[row] as number];
  const amount = column((row) => amountOf(spend, summary, firsts, row));
  const chance = column((row) => buyChance(model, ...at(row), horizon));
  const purchases = column((row) => expectedPurchases(model, ...at(row), horizon));
  return {
    landmark, days, customers: places, model, chance, purchases, amount,
    value: column((row) => (purchases[row] as number) * (amount[row] as number)),
    usual: column((row) => {
      const [x, tx] = at(row);
      // As on the day of the last purchase: alive for sure, the silence since unseen.
      return expectedPurchases(model, x, tx, tx, horizon) * (amount[row] as number);
    }),
  };
}

function bestModel(summary: BuyingSummary): CountingModel {
  const regular = fitRegular(summary);
  // Likelihoods for k of 1 alone count the same thing: numbers and times of purchases.
  const simple = fitCounting(summary, 1, false);
  return regular.model.k === 1 && simple.logLikelihood > regular.logLikelihood
    ? simple.model
    : regular.model;
}

/** Who has bought once has no repeat purchase: then all that is known is what everyone pays. */
function amountOf(
  spend: SpendModel, summary: BuyingSummary, firsts: Float64Array, row: number,
): number {
  const x = summary.repeats[row] as number;
  const mean = x > 0 ? summary.meanAmount[row] as number : firsts[row] as number;
  const expected = expectedAmount(spend, Math.max(1, x), mean);
  return Number.isFinite(expected) && expected > 0 ? expected : Math.max(0, mean);
}

function firstAmounts(log: PurchaseLog, places: readonly number[]): Float64Array {
  return Float64Array.from(places, (at) => log.customers[at]!.amounts[0] as number);
}
