import { leastFrom } from './nelder-mead.ts';
import { hyp2f1, logBeta, logGamma } from './special.ts';
import type { BuyingSummary } from './summary.ts';

/**
 * Buying until one quietly leaves. While a customer is alive, times between purchases are
 * Erlang(k, λ); after each purchase (and with `leavesAtOnce` after the first one too) the customer
 * leaves with probability p; λ ~ Gamma(r, α) and p ~ Beta(a, b) over the customers.
 *  - k 1 without `leavesAtOnce` is BG/NBD (Fader, Hardie & Lee 2005);
 *  - any k with it is MBG/CNBD-k (Platzer & Reutterer 2016): larger k is more regular buying.
 */
export interface CountingModel extends Rates {
  readonly k: number;
  readonly leavesAtOnce: boolean;
}
export interface Rates {
  readonly r: number;
  readonly alpha: number; // in the unit of time of the summary: weeks
  readonly a: number;
  readonly b: number;
}

export interface CountingFit {
  readonly model: CountingModel;
  readonly logLikelihood: number; // of all rows
}

const STARTS: readonly (readonly number[])[] = [
  [0, 0, 0, 0], [-1, 1.5, -0.5, 1], [0.5, 3, -2, 2],
];
const LOG_BOUND = 12; // e^12: where a likelihood has no maximum (nobody seems to leave) it ends here

/** Maximum likelihood, from several starts, over logarithms of the parameters. */
export function fitCounting(
  summary: BuyingSummary, k: number, leavesAtOnce: boolean,
): CountingFit {
  const rows = distinctRows(summary);
  const ratesAt = (at: readonly number[]): Rates => {
    const [r, alpha, a, b] = at.map((x) => Math.exp(Math.max(-LOG_BOUND, Math.min(LOG_BOUND, x))));
    return { r: r!, alpha: alpha!, a: a!, b: b! };
  };
  const loss = (at: readonly number[]): number => {
    // A wall beyond the bounds, so that the simplex does not wander where nothing changes.
    const beyond = at.reduce((sum, x) => sum + Math.max(0, Math.abs(x) - LOG_BOUND), 0);
    return beyond - logLikelihood({ ...ratesAt(at), k, leavesAtOnce }, rows) / summary.rows;
  };
  const { at, value } = leastFrom(loss, STARTS);
  return { model: { ...ratesAt(at), k, leavesAtOnce }, logLikelihood: -value * summary.rows };
}

/** MBG/CNBD-k with the k of the greatest likelihood, of 1..`kMax`: they are tried while it rises. */
export function fitRegular(summary: BuyingSummary, kMax = 6): CountingFit {
  let best = fitCounting(summary, 1, true);
  for (let k = 2; k <= kMax; k += 1) {
    const next = fitCounting(summary, k, true);
    if (next.logLikelihood <= best.logLikelihood) break;
    best = next;
  }
  return best;
}

export interface CountedRows extends BuyingSummary {
  readonly counts: Float64Array; // customers that the row stands for
}

/** Customers alike in all that the likelihood sees are one row: half of a young cohort. */
export function distinctRows(summary: BuyingSummary): CountedRows {
  const { repeats, recency, age, logGaps } = summary;
  const placeOf = new Map<string, number>();
  const first: number[] = [];
  const counts: number[] = [];
  for (let i = 0; i < summary.rows; i += 1) {
    const key = `${repeats[i]} ${recency[i]} ${age[i]} ${logGaps[i]}`;
    const place = placeOf.get(key);
    if (place !== undefined) {
      counts[place] = (counts[place] as number) + 1;
      continue;
    }
    placeOf.set(key, first.length);
    first.push(i);
    counts.push(1);
  }
  const pick = (from: Float64Array): Float64Array =>
    Float64Array.from(first, (i) => from[i] as number);
  return {
    rows: first.length, repeats: pick(repeats), recency: pick(recency), age: pick(age),
    logGaps: pick(logGaps), meanAmount: pick(summary.meanAmount), counts: Float64Array.from(counts),
  };
}

/** Sum over the customers. For k > 1 it counts the times between purchases too, not just how many. */
export function logLikelihood(model: CountingModel, rows: CountedRows): number {
  const { k, leavesAtOnce, r, alpha, a, b } = model;
  const extra = leavesAtOnce ? 1 : 0;
  const most = rows.repeats.reduce((top, x) => Math.max(top, x), 0);
  // What depends on x alone.
  const byCount = Float64Array.from({ length: most + 1 }, (_, x) =>
    -x * logGamma(k) + logBeta(a, b + x + extra) - logBeta(a, b) +
    logGamma(r + k * x) - logGamma(r) + r * Math.log(alpha));
  let sum = 0;
  for (let i = 0; i < rows.rows; i += 1) {
    const x = rows.repeats[i] as number;
    const tx = rows.recency[i] as number;
    const T = rows.age[i] as number;
    const power = r + k * x;
    const logAlive = Math.log(alpha + T);
    const gone = goneWeight(model, x, tx, T);
    const stages = k === 1 ? 1 : stageWeights(model, x, T - tx, T).total;
    const each = (byCount[x] as number) + (k - 1) * (rows.logGaps[i] as number) -
      power * logAlive + Math.log(gone + stages);
    sum += (rows.counts[i] as number) * each;
  }
  return sum;
}

/** How likely it is to have left right after the last purchase, beside being alive and at stage 0. */
function goneWeight({ k, leavesAtOnce, r, alpha, a, b }: CountingModel, x: number, tx: number,
  T: number): number {
  if (x === 0 && !leavesAtOnce) return 0;
  const left = a / (leavesAtOnce ? b + x : b + x - 1);
  return left * Math.exp((r + k * x) * Math.log((alpha + T) / (alpha + tx)));
}

/**
 * Erlang's k stages: how likely it is that j of the k are past, of those still alive, beside j = 0.
 */
function stageWeights(
  { k, r, alpha }: CountingModel, x: number, silence: number, T: number,
): { each: Float64Array; total: number } {
  const each = new Float64Array(k);
  let weight = 1;
  let total = 0;
  for (let j = 0; j < k; j += 1) {
    each[j] = weight;
    total += weight;
    weight *= ((r + k * x + j) * silence) / ((j + 1) * (alpha + T));
  }
  return { each, total };
}

/** The chance that a customer has not left by T. */
export function aliveChance(model: CountingModel, x: number, tx: number, T: number): number {
  const stages = stageWeights(model, x, T - tx, T).total;
  return stages / (stages + goneWeight(model, x, tx, T));
}

/** The chance of at least one purchase in (T, T + h]. */
export function buyChance(
  model: CountingModel, x: number, tx: number, T: number, h: number,
): number {
  return aliveChance(model, x, tx, T) * (1 - silenceOfAlive(model, x, tx, T, h));
}

/** Of those alive at T, the chance of no purchase until T + h. */
function silenceOfAlive(
  model: CountingModel, x: number, tx: number, T: number, h: number,
): number {
  const { k, r, alpha } = model;
  const { each, total } = stageWeights(model, x, T - tx, T);
  const share = h / (alpha + T + h);
  let silent = 0;
  each.forEach((weight, j) => {
    // Fewer than k - j events of the posterior's negative binomial.
    const size = r + k * x + j;
    let chance = (1 - share) ** size;
    for (let n = 0; n < k - j; n += 1) {
      silent += weight * chance;
      chance *= ((size + n) * share) / (n + 1);
    }
  });
  return silent / total;
}

/** Purchases expected in (T, T + h], for any k: a sum over the first, the second, … of them. */
export function expectedPurchases(
  model: CountingModel, x: number, tx: number, T: number, h: number,
): number {
  const { k, leavesAtOnce, r, alpha, a, b } = model;
  const { each, total } = stageWeights(model, x, T - tx, T);
  const share = h / (alpha + T + h);
  const stayed = b + x + (leavesAtOnce ? 1 : 0);
  let sum = 0;
  each.forEach((weight, j) => {
    const size = r + k * x + j;
    let chance = (1 - share) ** size; // of n events
    let tail = 1; // of at least n
    let here = 1; // chance to be there still for the m-th purchase
    let purchases = 0;
    for (let n = 0, m = 1; n < EVENTS_MAX; n += 1) {
      if (n === m * k - j) {
        purchases += tail * here;
        if (tail * here < 1e-12) break;
        here *= (stayed + m - 1) / (a + stayed + m - 1);
        m += 1;
      }
      tail = Math.max(0, tail - chance);
      chance *= ((size + n) * share) / (n + 1);
    }
    sum += weight * purchases;
  });
  return (aliveChance(model, x, tx, T) * sum) / total;
}

const EVENTS_MAX = 100_000;

/** The same for BG/NBD in closed form (Fader, Hardie & Lee 2005, eq. 10). */
export function expectedByBgNbd(
  { r, alpha, a, b }: Rates, x: number, tx: number, T: number, h: number,
): number {
  const z = h / (alpha + T + h);
  const hyper = hyp2f1(r + x, b + x, a + b + x - 1, z);
  const most = ((a + b + x - 1) / (a - 1)) * (1 - (1 - z) ** (r + x) * hyper);
  const gone = x === 0 ? 0 : (a / (b + x - 1)) * ((alpha + T) / (alpha + tx)) ** (r + x);
  return most / (1 + gone);
}
