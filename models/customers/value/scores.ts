import { TIMING_FEATURES } from '../../../server/customers/timing-inputs.ts';
import { expectedPurchases } from '../btyd/counting.ts';
import { expectedAmount, fitSpend } from '../btyd/gamma-gamma.ts';
import { type Chance, fitChance } from '../chance.ts';
import { countedChances, type TimingModels } from '../chances.ts';
import { hazardSamples, type HazardSamples } from '../hazard/samples.ts';
import { featureTable, spentWithin, windowSamples } from '../horizon.ts';
import type { PurchaseLog } from '../purchases.ts';
import { fitValue, values, type ValueNetwork } from './network.ts';
import { fitTwoPart, twoPartValues, type TwoPartValue } from './two-part.ts';

export interface ValueScore {
  readonly name: string;
  readonly gini: number; // of the ranking, over that of the best one: 1 is perfect, 0 is chance
  readonly totalError: number; // of all that was spent: .1 is a tenth too much
  readonly mae: number; // a customer, in the shop's currency
}

/** Every way's score, and what it was made of. */
export interface ValueScores {
  readonly scores: readonly ValueScore[];
  readonly said: ReadonlyMap<string, Float64Array>; // by the way's name, of each customer
  readonly spent: Float64Array;
}

/** The ways to learn it; `card` is how scores name them. */
export const VALUE_WAYS = {
  network: 'zero-inflated log-normal network', twoPart: 'two parts, regression and trees',
} as const;
/** What must be beaten. */
export const VALUE_RULE = 'past spend a day';
export type ValueWay = keyof typeof VALUE_WAYS;

export interface ValueModels {
  readonly network: ValueNetwork;
  readonly twoPart: TwoPartValue;
}

/** From windows that had ended by `knownTo`. `chance` was learned from the same ones, by `fitChance`. */
export function fitValueModels(
  log: PurchaseLog, knownTo: number, days: number, seed: number, chance?: Chance,
): ValueModels {
  const learning = windowSamples(log, knownTo, days);
  const spent = spentWithin(log, learning, days);
  return {
    network: fitValue(learning.features, TIMING_FEATURES.length, spent, seed),
    twoPart: fitTwoPart(
      chance ?? fitChance(log, learning, days, seed), featureTable(learning), spent, seed),
  };
}

function saidBy(
  { network, twoPart }: ValueModels, samples: HazardSamples,
): Record<ValueWay, Float64Array> {
  return {
    network: values(network, samples.features),
    twoPart: twoPartValues(twoPart, featureTable(samples)),
  };
}

/** The way that ranks best at `day`, whose window had ended when the scored day came. */
export function chooseValue(
  log: PurchaseLog, day: number, days: number, seed: number,
): { readonly way: ValueWay; readonly gini: Readonly<Record<ValueWay, number>> } {
  const samples = hazardSamples(log, [day], day + days);
  const spent = spentWithin(log, samples, days);
  const said = saidBy(fitValueModels(log, day, days, seed), samples);
  const gini = {
    network: normalisedGini(said.network, spent), twoPart: normalisedGini(said.twoPart, spent),
  };
  return { way: gini.network > gini.twoPart ? 'network' : 'twoPart', gini };
}

/** On what customers spent in the `days` after the landmark. */
export function valueScores(
  log: PurchaseLog, models: TimingModels, learned: ValueModels, days: number,
): ValueScores {
  const { summary, samples, bgNbd } = models;
  const { model: spend } = fitSpend(summary);
  const said = saidBy(learned, samples);
  const spent = spentWithin(log, samples, days);
  const past = spentSoFar(log, models);
  const rate = past.map((amount, i) => (amount * days) / (7 * (summary.age[i] as number) + days));
  const counted = countedChances(
    summary, days, (x, tx, T, h) => expectedPurchases(bgNbd, x, tx, T, h));
  const product = counted.map((count, i) => count *
    expectedAmount(spend, summary.repeats[i] as number, summary.meanAmount[i] as number));
  const each = new Map([
    [VALUE_RULE, rate],
    ['BG/NBD x Gamma-Gamma', product],
    [VALUE_WAYS.network, said.network],
    [VALUE_WAYS.twoPart, said.twoPart],
  ]);
  const scores = Array.from(each, ([name, value]): ValueScore => ({
    name, gini: normalisedGini(value, spent), totalError: total(value) / total(spent) - 1,
    mae: value.reduce((sum, one, i) => sum + Math.abs(one - (spent[i] as number)), 0) /
      value.length,
  }));
  return { scores, said: each, spent };
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
