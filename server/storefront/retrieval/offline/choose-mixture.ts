import { alike } from './item-knn.ts';
import { climbLadders } from './ladder.ts';
import type { LeaveOneOut } from './leave-one-out.ts';
import { Mixture, Rehearsal } from './mixture.ts';
import { neighbours } from './neighbours.ts';
import { PairScorer } from './pair-scorer.ts';
import { damp } from './pairs.ts';
import { followers, forerunners } from './rules.ts';
import type { Scorer } from './scores.ts';

const QUESTIONS_MAX = 5000; // users asked, evenly spread
const DECAYS = [0.5, 0.6, 0.7, 0.8];
const WEIGHTS = [0, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 1, 1.5];
const POPULARITY = [0, 0.003, 0.01, 0.03, 0.1, 0.3];
const START = [1, 0.1, 0.35, 0.5, 0.01]; // as the scorers of `chooseMixture`, then popularity

/**
 * Rules forward (as shares of what followed) and backward, item-kNN and session neighbours, with the
 * decay and the weights that are best for the last but one item of each user.
 */
export function chooseMixture(data: LeaveOneOut, counts: Float64Array): Scorer {
  const { past, itemCount, validation } = data;
  const all = counts.reduce((a, b) => a + b, 0);
  const popular = counts.map((count) => count / all);
  const step = Math.ceil(validation.length / QUESTIONS_MAX);
  const rehearsal = new Rehearsal(validation.filter((_, i) => i % step === 0), popular);

  const forward = damp(followers(past, itemCount), counts, { lambda: 20, from: 0.5, to: 0 });
  const backward = damp(forerunners(past, itemCount), counts, { lambda: 20, from: 0.5, to: 0 });
  const together = alike(past, counts, { lambda: 20, from: 0.5, to: 0.5 }, 0.5);
  const rules = (decay: number): Scorer =>
    new PairScorer('rules, damped', forward, { last: 5, decay });
  const scorers = [
    rules(0.6),
    new PairScorer('rules backward', backward, { last: 5, decay: 0.6 }),
    new PairScorer('Item-KNN', together, { last: 10, decay: 0.8 }),
    neighbours(past, {
      neighbours: 500, sample: 5000, queryDecay: 2, itemDecay: 2, ageDecay: 0, lengthPower: 0.3,
    }),
  ];
  for (const scorer of scorers) rehearsal.add(scorer);
  const ladders = [...scorers.map(() => WEIGHTS), POPULARITY];
  let weights = climbLadders(START, ladders, 1, (tried) => rehearsal.judge(tried));
  const [decay] = climbLadders([0.6], [DECAYS], 1, ([tried]) => {
    rehearsal.replace(0, rules(tried as number));
    return rehearsal.judge(weights);
  });
  scorers[0] = rules(decay as number);
  rehearsal.replace(0, scorers[0]);
  weights = climbLadders(weights, ladders, 2, (tried) => rehearsal.judge(tried));
  return new Mixture(scorers, weights, popular);
}
