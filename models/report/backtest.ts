import { calibrationCurve, calibrationError, type CalibrationPoint } from
  '../learn/metrics/calibration-error.ts';
import { brier } from '../learn/metrics/probability.ts';
import { liftAt, rocAuc } from '../learn/metrics/ranking.ts';
import { gini, totalError } from '../learn/metrics/value.ts';
import type { PurchaseLog } from '../customers/purchases.ts';
import { outlook } from './outlook.ts';

/** What the outlook would have said some time ago, and what then happened. */
export interface Backtest {
  readonly landmark: number; // the last day that the models saw
  readonly days: number;
  readonly customers: number;
  readonly bought: number; // of them, within those days
  readonly auc: number;
  readonly recencyAuc: number; // of the rule "who bought last buys next"
  readonly lift10: number;
  readonly brier: number;
  readonly ece: number;
  readonly curve: readonly CalibrationPoint[];
  /** By tenths of the customers, those with the highest chance first: share that bought. */
  readonly tenths: readonly number[];
  readonly value: { readonly gini: number; readonly totalError: number };
}

const MIN_OF_EACH = 20; // buyers and others, or scores mean nothing

/** Null where the log is too short, or too few bought or did not. */
export function backtest(log: PurchaseLog, days: number): Backtest | null {
  const landmark = log.lastDay - days;
  if (landmark - log.firstDay < days) return null;
  const then = outlook(log, landmark, days);
  const bought = new Float64Array(then.customers.length);
  const spent = new Float64Array(then.customers.length);
  const recency = new Float64Array(then.customers.length);
  then.customers.forEach((at, row) => {
    const { days: when, amounts } = log.customers[at]!;
    when.forEach((day, i) => {
      if (day <= landmark) recency[row] = day;
      else if (day <= landmark + days) {
        bought[row] = 1;
        spent[row] = (spent[row] as number) + (amounts[i] as number);
      }
    });
  });
  const buyers = bought.reduce((sum, one) => sum + one, 0);
  if (Math.min(buyers, bought.length - buyers) < MIN_OF_EACH) return null;
  const { chance } = then;
  return {
    landmark, days, customers: bought.length, bought: buyers,
    auc: rocAuc(chance, bought),
    recencyAuc: rocAuc(recency, bought),
    lift10: liftAt(chance, bought, 0.1),
    brier: brier(chance, bought),
    ece: calibrationError(chance, bought),
    curve: calibrationCurve(chance, bought),
    tenths: tenths(chance, bought),
    value: { gini: gini(then.value, spent), totalError: totalError(then.value, spent) },
  };
}

function tenths(chance: Float64Array, bought: Float64Array): number[] {
  const order = Array.from(chance, (_, row) => row).sort((a, b) => chance[b]! - chance[a]!);
  return Array.from({ length: 10 }, (_, tenth) => {
    const rows = order.slice(Math.floor((tenth * order.length) / 10), Math.floor(((tenth + 1) * order.length) / 10));
    return rows.reduce((sum, row) => sum + bought[row]!, 0) / Math.max(1, rows.length);
  });
}
