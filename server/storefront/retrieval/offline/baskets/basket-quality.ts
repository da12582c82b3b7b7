import { QualityCount } from '../quality.ts';
import type { NextBasket } from './baskets.ts';

export const BASKET_ITEMS = 20; // recommended

/** Means over those asked, 0..1. */
export interface BasketQuality {
  readonly asked: number;
  readonly hitRate: number;
  readonly recall: number; // of at most 20: a basket of 30 can be met in full
  readonly precision: number;
  readonly ndcg: number;
  readonly coverage: number; // what the first 10 show: `../quality.ts`
  readonly novelty: number; // bits
  readonly popularityBias: number;
}

/** Rows by score, best first, the lower row where equal; rows with a score of -Infinity never. Pure. */
export function bestRows(scores: ArrayLike<number>, k: number): number[] {
  const best: number[] = [];
  for (let row = 0; row < scores.length; row++) {
    const score = scores[row] as number;
    if (score === -Infinity) continue;
    let at = best.length;
    if (at === k && !(score > (scores[best[k - 1] as number] as number))) continue;
    while (at > 0 && score > (scores[best[at - 1] as number] as number)) at -= 1;
    best.splice(at, 0, row);
    if (best.length > k) best.pop();
  }
  return best;
}

/** What the customer's own past rows are; with `newOnly` they are neither answered nor asked for. */
export function measureBaskets(
  data: NextBasket,
  newOnly: boolean,
  scoresOf: (customer: number, at: number) => ArrayLike<number>,
): BasketQuality {
  const seen = new Float64Array(data.itemCount);
  for (const { rows } of data.histories.flat()) for (const row of rows) seen[row]! += 1;
  const shown = new QualityCount(seen);
  let asked = 0;
  let hits = 0;
  let recall = 0;
  let precision = 0;
  let ndcg = 0;
  data.questions.forEach(({ customer, target }, at) => {
    const own = new Set(newOnly ? data.histories[customer]?.flatMap(({ rows }) => rows) : []);
    const wanted = new Set([...target].filter((row) => !own.has(row)));
    if (wanted.size === 0) return;
    const scores = Float64Array.from(scoresOf(customer, at));
    for (const row of own) scores[row] = -Infinity;
    const best = bestRows(scores, BASKET_ITEMS);
    shown.add(best, -1);
    const right = best.map((row) => wanted.has(row));
    const found = right.filter(Boolean).length;
    const most = Math.min(BASKET_ITEMS, wanted.size);
    const gain = (place: number): number => 1 / Math.log2(place + 2);
    const ideal = Array.from({ length: most }, (_, place) => gain(place));
    asked += 1;
    hits += found > 0 ? 1 : 0;
    recall += found / most;
    precision += found / BASKET_ITEMS;
    ndcg += sum(right.map((is, place) => (is ? gain(place) : 0))) / sum(ideal);
  });
  const mean = (total: number): number => total / Math.max(1, asked);
  const { coverage, novelty, popularityBias } = shown.result();
  return {
    asked, hitRate: mean(hits), recall: mean(recall), precision: mean(precision), ndcg: mean(ndcg),
    coverage, novelty, popularityBias,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
