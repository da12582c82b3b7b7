import { buyChance, fitCounting, fitRegular, type CountingModel } from './btyd/counting.ts';
import { buyingSummary, type BuyingSummary } from './btyd/summary.ts';
import { hazardSamples, learningLandmarks, type HazardSamples } from './hazard/samples.ts';
import {
  HAZARD_DEFAULTS, hazardsOf, trainHazard, type HazardModel, type HazardOptions,
} from './hazard/train.ts';
import type { PurchaseLog } from './purchases.ts';
import { dueChance, fitRegularity, type RegularityRule } from './regularity.ts';

/** Everything that says who buys when, fitted on what was known at the end of the day `knownTo`. */
export interface TimingModels {
  readonly knownTo: number;
  readonly summary: BuyingSummary; // of the customers known then, as everything below
  readonly samples: HazardSamples; // outcomes: what the whole log knows
  readonly rule: RegularityRule;
  readonly bgNbd: CountingModel;
  readonly regular: CountingModel;
  readonly network: HazardModel;
  readonly hazards: Float64Array; // of the network, [customers, bins]
}

export function fitTiming(
  log: PurchaseLog, knownTo: number, options: HazardOptions = HAZARD_DEFAULTS,
  progress: (share: number) => void = () => undefined,
): TimingModels {
  const summary = buyingSummary(log, knownTo);
  const network = fitNetwork(log, knownTo, options, progress);
  const samples = hazardSamples(log, [knownTo], log.lastDay);
  return {
    knownTo, summary, samples, network,
    rule: fitRegularity(summary),
    bgNbd: fitCounting(summary, 1, false).model,
    regular: fitRegular(summary).model,
    hazards: hazardsOf(network, samples),
  };
}

export function fitNetwork(
  log: PurchaseLog, knownTo: number, options: HazardOptions,
  progress: (share: number) => void = () => undefined,
): HazardModel {
  const learning = hazardSamples(log, learningLandmarks(log, knownTo), knownTo);
  return trainHazard(learning, options, (_epoch, _loss, share) => progress(share));
}

/** A chance a customer by a model of one customer's counts; `days` from the landmark. */
export function countedChances(
  summary: BuyingSummary, days: number,
  chance: (x: number, tx: number, T: number, h: number) => number,
): Float64Array {
  const { repeats, recency, age } = summary;
  return Float64Array.from({ length: summary.rows }, (_, i) =>
    chance(repeats[i] as number, recency[i] as number, age[i] as number, days / 7));
}

export const ruleChances = ({ summary, rule }: TimingModels, days: number): Float64Array =>
  countedChances(summary, days, (...at) => dueChance(rule, ...at));

export const countingChances = (
  { summary }: TimingModels, model: CountingModel, days: number,
): Float64Array => countedChances(summary, days, (...at) => buyChance(model, ...at));
