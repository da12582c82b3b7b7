import { TIMING_FEATURES } from '../../../server/customers/timing-inputs.ts';
import { expectedPurchases } from '../btyd/counting.ts';
import { expectedAmount, fitSpend, type SpendModel } from '../btyd/gamma-gamma.ts';
import { countedChances, type TimingModels } from '../chances.ts';
import { spentWithin, windowSamples } from '../horizon.ts';
import type { PurchaseLog } from '../purchases.ts';
import { fitValue, values, type ValueNetwork } from './network.ts';

export interface ValueScore {
  readonly name: string;
  readonly gini: number; // of the ranking, over that of the best one: 1 is perfect, 0 is chance
  readonly totalError: number; // of all that was spent: .1 is a tenth too much
  readonly mae: number; // a customer, in the shop's currency
}

export interface ValueModels {
  readonly spend: SpendModel;
  readonly network: ValueNetwork;
}

export function fitValueModels(
  log: PurchaseLog, { knownTo, summary }: Pick<TimingModels, 'knownTo' | 'summary'>, days: number,
  seed: number,
): ValueModels {
  const learning = windowSamples(log, knownTo, days);
  const network = fitValue(
    learning.features, TIMING_FEATURES.length, spentWithin(log, learning, days), seed);
  return { spend: fitSpend(summary).model, network };
}

/** On what customers spent in the `days` after the landmark. */
export function valueScores(
  log: PurchaseLog, models: TimingModels, { spend, network }: ValueModels, days: number,
): ValueScore[] {
  const { summary, samples, bgNbd } = models;
  const spent = spentWithin(log, samples, days);
  const past = spentSoFar(log, models);
  const rate = past.map((amount, i) => (amount * days) / (7 * (summary.age[i] as number) + days));
  const counted = countedChances(
    summary, days, (x, tx, T, h) => expectedPurchases(bgNbd, x, tx, T, h));
  const product = counted.map((count, i) => count *
    expectedAmount(spend, summary.repeats[i] as number, summary.meanAmount[i] as number));
  const score = (name: string, said: Float64Array): ValueScore => ({
    name, gini: normalisedGini(said, spent), totalError: total(said) / total(spent) - 1,
    mae: said.reduce((sum, value, i) => sum + Math.abs(value - (spent[i] as number)), 0) /
      said.length,
  });
  return [
    score('past spend a day', rate),
    score('BG/NBD x Gamma-Gamma', product),
    score('zero-inflated log-normal network', values(network, samples.features)),
  ];
}

function spentSoFar(log: PurchaseLog, { samples, knownTo }: TimingModels): Float64Array {
  return Float64Array.from(samples.customers, (customer) => {
    const { days, amounts } = log.customers[customer]!;
    let sum = 0;
    days.forEach((day, i) => { if (day <= knownTo) sum += amounts[i] as number; });
    return sum;
  });
}

/** The Gini of what happened in the order of `said`, over the Gini of the best order. */
export function normalisedGini(said: Float64Array, happened: Float64Array): number {
  return gini(said, happened) / gini(happened, happened);
}

function gini(score: Float64Array, amounts: Float64Array): number {
  const order = Uint32Array.from(score, (_, i) => i)
    .sort((a, b) => (score[b] as number) - (score[a] as number));
  const all = total(amounts);
  let found = 0;
  let area = 0;
  for (const row of order) {
    found += amounts[row] as number;
    area += found / all;
  }
  return area / order.length - (order.length + 1) / (2 * order.length);
}

function total(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}
