import { cIndex } from '../learn/metrics/c-index.ts';
import { rocAuc } from '../learn/metrics/ranking.ts';
import { bootstrapScore, type ScoreInterval } from '../learn/paired.ts';
import { Prng } from '../../server/core/prng.ts';
import { fitChance } from './chance.ts';
import { hazardSamples } from './hazard/samples.ts';
import { boughtWithin, featureTable } from './horizon.ts';
import { meanOdds } from './mean-odds.ts';
import type { PurchaseLog } from './purchases.ts';

/** How well the inputs tell customers apart, whatever learns from them. */
export interface Ceiling {
  readonly auc: ScoreInterval; // 95 %: how far chance alone moves a score on so many customers
  readonly cIndex: number;
}

const FOLDS = 5;
const REACH = 60; // days to either side of the scored one
const APART = 10;

/**
 * No model, but a bound to compare models with: a fifth of the customers is scored by what the others
 * did at landmarks on both sides of the day, the day itself and the outcomes of the window among
 * them. It knows the season and the cohort as nobody could on that day; what it cannot tell is not
 * in the inputs, or not to be had from so few customers. Nothing may be chosen by it.
 */
export function ceiling(log: PurchaseLog, day: number, days: number, seed: number): Ceiling {
  const landmarks: number[] = [];
  for (let at = day - REACH; at <= day + REACH; at += APART) {
    if (at >= log.firstDay + 30 && at + days <= log.lastDay) landmarks.push(at);
  }
  const samples = hazardSamples(log, [day], log.lastDay);
  const fold = foldsOf(log.customers.length, seed);
  const said = new Float64Array(samples.rows);
  for (let held = 0; held < FOLDS; held += 1) {
    const others = { ...log, customers: log.customers.filter((_, place) => fold[place] !== held) };
    const parts = fitChance(
      others, hazardSamples(others, landmarks, log.lastDay), days, seed);
    const table = featureTable(samples);
    const chances = meanOdds(parts.map((part) => part.predict(table)));
    chances.forEach((chance, row) => {
      if (fold[samples.customers[row] as number] === held) said[row] = chance;
    });
  }
  const labels = boughtWithin(log, samples, days);
  const known = boughtWithin(log, samples, log.lastDay - day);
  return {
    auc: { ...bootstrapScore('auc', said, Float64Array.from(labels), { seed }), value: rocAuc(said, labels) },
    cIndex: cIndex(said, samples.days, known),
  };
}

export function ceilingLine(days: number, { auc, cIndex: c }: Ceiling): string {
  return `  bound within ${days} days (told of other customers' days after): AUC ${auc.value.toFixed(4)}` +
    ` (${auc.low.toFixed(3)} to ${auc.high.toFixed(3)} by chance of the customers), c-index ${c.toFixed(4)}`;
}

function foldsOf(count: number, seed: number): Uint8Array {
  const prng = new Prng(seed);
  return Uint8Array.from({ length: count }, () => prng.below(FOLDS));
}
