import { BIN_ENDS, expectedDay, survivalOf } from '../../server/customers/survival.ts';
import { fullScores } from '../learn/metrics/binary-scores.ts';
import { cIndex } from '../learn/metrics/c-index.ts';
import { calibrationCurve, type CalibrationPoint } from '../learn/metrics/calibration-error.ts';
import { rocAuc, prAuc } from '../learn/metrics/ranking.ts';
import { countingChances, ruleChances, type TimingModels } from './chances.ts';
import { buyChances } from './hazard/train.ts';
import { boughtWithin } from './horizon.ts';
import type { PurchaseLog } from './purchases.ts';
import { integratedBrier } from './survival-metrics.ts';
import { fitWindow, WAY_NAMES, windowChances } from './window-blend.ts';

/** How well one way of telling says who buys within a window. */
export interface TimingScore {
  readonly name: string;
  readonly auc: number;
  readonly prAuc: number;
  readonly cIndex: number; // of the same chance, against the days to the next purchase
  readonly logLoss?: number; // of what gives chances
  readonly ece?: number;
  readonly integratedBrier?: number; // over the window, weighted for censoring
}

type Chances = (days: number) => Float64Array;

/** Every way's score, and what it was made of: what each said of each customer, and what happened. */
export interface TimingScores {
  readonly scores: readonly TimingScore[];
  readonly said: ReadonlyMap<string, Float64Array>; // by the way's name; of rules, any ranking
  readonly labels: Uint8Array; // 1: bought within the window
}

/** All of them on the customers at `models.knownTo`; needs `days` of log after it. */
export function timingScores(
  log: PurchaseLog, models: TimingModels, days: number, seed: number,
): TimingScores {
  const { samples, summary, hazards } = models;
  const labels = boughtWithin(log, samples, days);
  const known = boughtWithin(log, samples, log.lastDay - models.knownTo);
  const said = new Map<string, Float64Array>();
  const ranked = (name: string, score: Float64Array): TimingScore => {
    said.set(name, score);
    return {
      name, auc: rocAuc(score, labels), prAuc: prAuc(score, labels),
      cIndex: cIndex(score, samples.days, known),
    };
  };
  const told = (name: string, chances: Float64Array): TimingScore => {
    const { logLoss, ece } = fullScores(chances, labels);
    return { ...ranked(name, chances), logLoss, ece };
  };
  const curve = (name: string, chances: Chances): TimingScore => ({
    ...told(name, chances(days)),
    integratedBrier: integratedBrier(samples.days, known, (day) =>
      chances(day).map((chance) => 1 - chance), days),
  });
  const learned = windowChances(
    fitWindow(log, models.knownTo, days, models.network, seed), samples);
  const scores = [
    ranked('recency alone', summary.age.map((age, i) => (summary.recency[i] as number) - age)),
    ranked('frequency alone', summary.repeats),
    curve('regularity rule', (day) => ruleChances(models, day)),
    curve('BG/NBD', (day) => countingChances(models, models.bgNbd, day)),
    curve(`MBG/CNBD-${models.regular.k}`, (day) => countingChances(models, models.regular, day)),
    told(WAY_NAMES.line, learned.line),
    told(WAY_NAMES.trees, learned.trees),
    curve(WAY_NAMES.network, (day) => buyChances(hazards, day)),
    told(WAY_NAMES.blend, learned.blend),
  ];
  return { scores, said, labels };
}

/** Tenths of the customers by the network's chance, for a window that the log has seen to its end. */
export function networkCalibration(
  log: PurchaseLog, { samples, hazards }: TimingModels, days: number,
): CalibrationPoint[] {
  return calibrationCurve(buyChances(hazards, days), boughtWithin(log, samples, days));
}

export interface DateScore {
  readonly horizon: number; // days
  readonly buyers: number; // who bought within it
  readonly coverage: number; // of the 80 % interval
  readonly maeDays: number; // of the expected day
  readonly maeAlike: number; // of the buyers' own median day for all: what must be beaten
}

/** The expected dates of those who did buy within the horizon. */
export function dateScore(
  log: PurchaseLog, { samples, hazards, knownTo }: TimingModels, horizonMax: number,
): DateScore {
  const horizon = Math.min(horizonMax, log.lastDay - knownTo);
  const bins = BIN_ENDS.length;
  const happened: number[] = [];
  let covered = 0;
  let off = 0;
  boughtWithin(log, samples, horizon).forEach((bought, row) => {
    if (bought !== 1) return;
    const day = samples.days[row] as number;
    const survival = survivalOf(hazards.subarray(row * bins, (row + 1) * bins));
    const expected = expectedDay(survival, horizon);
    if (day >= expected.from && day <= expected.to) covered += 1;
    off += Math.abs(day - expected.day);
    happened.push(day);
  });
  const median = happened.sort((a, b) => a - b)[happened.length >> 1] ?? NaN;
  const alike = happened.reduce((sum, day) => sum + Math.abs(day - median), 0);
  const buyers = happened.length;
  return {
    horizon, buyers, coverage: covered / buyers, maeDays: off / buyers, maeAlike: alike / buyers,
  };
}
