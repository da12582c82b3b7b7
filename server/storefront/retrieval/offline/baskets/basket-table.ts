import { systemClock } from '../../../../core/clock.ts';
import { climbLadders } from '../ladder.ts';
import { basketKnn, buyAgain, customerKnn, popularBaskets, repeated } from './basket-sources.ts';
import type { BasketScorer } from './basket-sources.ts';
import { measureBaskets } from './basket-quality.ts';
import type { Basket, NextBasket } from './baskets.ts';
import { cutBaskets } from './baskets.ts';

const HALF_LIVES = [30, 45, 60, 90, 120, 180, 365]; // days
const WEIGHTS = [0, 0.03, 0.06, 0.1, 0.2, 0.35, 0.6, 1, 1.6];
const START = [1, 0.1, 0.1, 0.1, 0.03]; // as `sources`
const VALIDATION_DAYS = 30;
const DAY_MS = 86_400_000;
const RECENT_DAYS = 30; // half-life of what is popular now

/** What the blend adds up, in the order of its weights. */
function sources(data: NextBasket, halfLifeDays: number): readonly BasketScorer[] {
  return [
    buyAgain(data, halfLifeDays),
    repeated(data, halfLifeDays),
    basketKnn(data, halfLifeDays),
    customerKnn(data, halfLifeDays),
    popularBaskets(data, RECENT_DAYS, 'popularity, 30-day half-life'),
  ];
}

/** Each source's scores as shares of 1, by source and question; weights are tried on these. */
function rehearse(data: NextBasket, scorers: readonly BasketScorer[]): Float32Array[][] {
  return scorers.map((scorer) => data.questions.map(({ customer }) => {
    const scores = scorer.score(customer);
    const all = scores.reduce((a, b) => a + b, 0) || 1;
    return Float32Array.from(scores, (score) => score / all);
  }));
}

/** The weighted sum of the shares for question `at`. */
function blended(shares: readonly Float32Array[][], weights: readonly number[]) {
  return (_customer: number, at: number): Float64Array => {
    const sums = new Float64Array((shares[0]?.[at] as Float32Array).length);
    shares.forEach((bySource, source) => {
      const weight = weights[source] as number;
      const its = bySource[at] as Float32Array;
      if (weight > 0) for (let row = 0; row < its.length; row++) sums[row]! += weight * its[row]!;
    });
    return sums;
  };
}

export interface BasketSettings {
  readonly halfLifeDays: number;
  readonly weights: readonly number[]; // of all items
  readonly newWeights: readonly number[]; // where one's own items are left out
}

/** Chooses by recall@20 on a cut 30 days before `cutMs`; nothing after `cutMs` is looked at. */
export function chooseBaskets(baskets: readonly Basket[], cutMs: number): BasketSettings {
  const data = cutBaskets(baskets, cutMs - VALIDATION_DAYS * DAY_MS, cutMs);
  const [halfLifeDays] = climbLadders([60], [HALF_LIVES], 1, ([tried]) => {
    const own = buyAgain(data, tried as number);
    return measureBaskets(data, false, (customer) => own.score(customer)).recall;
  }) as [number];
  const shares = rehearse(data, sources(data, halfLifeDays));
  const ladders = START.map(() => WEIGHTS);
  const choose = (newOnly: boolean): number[] => climbLadders(START, ladders, 2, (weights) =>
    measureBaskets(data, newOnly, blended(shares, weights)).recall);
  return { halfLifeDays, weights: choose(false), newWeights: choose(true) };
}

/** Prints each source and the blend, all items and new ones apart. */
export function printBaskets(
  baskets: readonly Basket[],
  cutMs: number,
  print: (line: string) => void,
): void {
  const data = cutBaskets(baskets, cutMs, Infinity);
  const startUs = systemClock.nowUs();
  const settings = chooseBaskets(baskets, cutMs);
  print(`${data.histories.length} customers, ${data.itemCount} items, ${data.questions.length} asked`);
  print(`chosen in ${((systemClock.nowUs() - startUs) / 1e6).toFixed(1)} s on a cut ` +
    `${VALIDATION_DAYS} days earlier: ${JSON.stringify(settings)}`);
  const scorers = sources(data, settings.halfLifeDays);
  const all = popularBaskets(data, Infinity, 'popularity, all time');
  const reference = buyAgain(data, 60);
  const shares = rehearse(data, scorers);
  for (const newOnly of [false, true]) {
    print(`\n${newOnly ? 'new items only' : 'all items'}`.padEnd(40) +
      [
        'asked', 'HR@20', 'recall', 'precision', 'NDCG', 'coverage', 'novelty', 'top 1 %',
      ].map((head) => head.padStart(10)).join(''));
    const weights = newOnly ? settings.newWeights : settings.weights;
    const rows: [string, (customer: number, at: number) => ArrayLike<number>][] = [
      ...[all, ...(newOnly ? [] : [reference]), ...scorers.slice(newOnly ? 2 : 0)].map(
        (scorer): [string, (customer: number) => Float64Array] =>
          [scorer.name, (customer) => scorer.score(customer)],
      ),
      ['blend', blended(shares, weights)],
    ];
    for (const [name, scoresOf] of rows) {
      const { asked, ...numbers } = measureBaskets(data, newOnly, scoresOf);
      print(name.padEnd(39) + String(asked).padStart(10) +
        Object.values(numbers).map((share) => share.toFixed(4).padStart(10)).join(''));
    }
  }
}
