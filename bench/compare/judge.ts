import { mean, quantile, type Block } from './block.ts';
import { bounds, evidence, type Bounds } from './sign-flip.ts';
import { witnessDifferences } from './witness.ts';

export type Pair = readonly [a: Block, b: Block];

/** One figure of both sides. Changes are B's over A's less one, in percent; of `failed` in points. */
export interface MetricVerdict {
  readonly name: string;
  readonly unit: string;
  readonly a: number; // middle of the blocks
  readonly b: number;
  readonly change: number; // middle of the pairs
  /** Bounds of the change that hold at every moment, each with probability 1 - alpha. */
  readonly low: number;
  readonly high: number;
  /** Wealth of who bet on a difference in this figure alone. */
  readonly evidence: number;
  /** Shown by itself, with all figures counted. */
  readonly shown: boolean;
  /** "No difference beyond the tolerance" must hold of it. */
  readonly judged: boolean;
}

export interface Verdict {
  readonly pairs: number;
  readonly decision: 'different' | 'none beyond tolerance' | 'undecided';
  readonly tolerance: number; // percent
  readonly alpha: number;
  /** Wealth from 1 against "it makes no difference which is which"; 1 / alpha and more refutes it. */
  readonly evidence: number;
  /** Smallest percentage that no judged figure's bounds go beyond. */
  readonly within: number;
  readonly metrics: readonly MetricVerdict[];
}

export interface Rule {
  readonly alpha: number; // 0.05
  readonly tolerance: number; // percent
  readonly judged: readonly string[];
}

export const JUDGED = ['p50', 'p90', 'p99', 'throughput', 'CPU/request'] as const;

interface Metric {
  readonly name: string;
  readonly unit: string;
  readonly topic: keyof typeof WEIGHTS;
  readonly as: 'ratio' | 'points';
  of(block: Block): number;
}

/** What each topic's bettors begin with: of the whole, where all are told. */
const WEIGHTS = { latency: 0.5, throughput: 0.2, cpu: 0.2, failed: 0.1 } as const;

const at = (name: string, share: number): Metric => ({
  name, unit: 'us', topic: 'latency', as: 'ratio', of: ({ latencies }) => quantile(latencies, share),
});

export const METRICS: readonly Metric[] = [
  at('p10', 0.1), at('p25', 0.25), at('p50', 0.5), at('p75', 0.75), at('p90', 0.9), at('p95', 0.95),
  at('p99', 0.99), at('p99.9', 0.999),
  { name: 'mean', unit: 'us', topic: 'latency', as: 'ratio', of: ({ latencies }) => mean(latencies) },
  { name: 'throughput', unit: '1/s', topic: 'throughput', as: 'ratio', of: ({ answeredPerS }) => answeredPerS },
  { name: 'CPU/request', unit: 'us', topic: 'cpu', as: 'ratio', of: ({ cpuUs }) => cpuUs },
  { name: 'failed', unit: '%', topic: 'failed', as: 'points', of: ({ failedShare }) => 100 * failedShare },
];

const ANSWERS_FOR_P999 = 2000;

/** What the pairs so far say. May be asked after every pair: `alpha` is spent once, over all looks. */
export function judge(pairs: readonly Pair[], rule: Rule): Verdict {
  const told = METRICS.filter((metric) => isTold(metric, pairs[0]));
  const series = new Map(told.map((metric) => [metric, pairs.map((pair) => differenceOf(metric, pair))]));
  const threshold = (told.length + 1) / rule.alpha; // the witness is one more
  const metrics = told.map((metric): MetricVerdict => {
    const all = series.get(metric) as number[];
    const said = metric.as === 'ratio' ? (log: number) => 100 * Math.expm1(log) : (points: number) => points;
    const { low, high } = boundsOf(all, rule.alpha);
    const wealth = evidence(all);
    return {
      name: metric.name, unit: metric.unit,
      a: median(pairs.map(([a]) => metric.of(a))), b: median(pairs.map(([, b]) => metric.of(b))),
      change: said(median(all)), low: said(low), high: said(high),
      evidence: wealth, shown: wealth >= threshold, judged: rule.judged.includes(metric.name),
    };
  });
  return {
    ...decide(pairs, rule), pairs: pairs.length, tolerance: rule.tolerance, alpha: rule.alpha, metrics,
    within: Math.max(0, ...metrics.filter(({ judged }) => judged)
      .flatMap(({ low, high }) => [Math.abs(low), Math.abs(high)])),
  };
}

/** The decision alone. A difference that is shown to be within the tolerance is none that was asked for. */
export function decide(pairs: readonly Pair[], rule: Rule): Pick<Verdict, 'decision' | 'evidence'> {
  const told = METRICS.filter((metric) => isTold(metric, pairs[0]));
  const series = told.map((metric) => pairs.map((pair) => differenceOf(metric, pair)));
  const all = togetherOf(told, series, pairs);
  const judged = told.flatMap(({ name, as }, i) =>
    (as === 'ratio' && rule.judged.includes(name) ? [series[i] as number[]] : []));
  if (judged.length > 0 && judged.every((one) => isWithin(one, rule))) {
    return { decision: 'none beyond tolerance', evidence: all };
  }
  return { decision: all >= 1 / rule.alpha ? 'different' : 'undecided', evidence: all };
}

/** Wealth of all bettors together: a half bets on latencies, of any quantile and of any place. */
function togetherOf(told: readonly Metric[], series: readonly number[][], pairs: readonly Pair[]): number {
  const latency = [evidence(witnessDifferences(pairs))];
  let [sum, weights] = [0, WEIGHTS.latency as number];
  told.forEach(({ topic }, i) => {
    const wealth = evidence(series[i] as number[]);
    if (topic === 'latency') latency.push(wealth);
    else [sum, weights] = [sum + WEIGHTS[topic] * wealth, weights + WEIGHTS[topic]];
  });
  return (sum + WEIGHTS.latency * latency.reduce((a, b) => a + b, 0) / latency.length) / weights;
}

function isWithin(logs: readonly number[], { tolerance, alpha }: Rule): boolean {
  const [low, high] = [Math.log1p(-tolerance / 100), Math.log1p(tolerance / 100)];
  const refuted = (shift: number): boolean => evidence(logs.map((one) => one - shift)) >= 1 / alpha;
  if (!refuted(low) || !refuted(high)) return logs.every((one) => one === 0); // cheap, and usual
  const found = boundsOf(logs, alpha);
  return found.low >= low && found.high <= high;
}

/** What never differs at all, such as a rate that both keep to, is as narrow as can be. */
function boundsOf(differences: readonly number[], alpha: number): Bounds {
  return differences.every((one) => one === 0) ? { low: 0, high: 0 } : bounds(differences, alpha);
}

/** By the first pair, and alike for both of its sides, so that it tells nothing of which is which. */
function isTold(metric: Metric, first: Pair | undefined): boolean {
  if (!first) return false;
  if (metric.name === 'p99.9' && first.some(({ latencies }) => latencies.length < ANSWERS_FOR_P999)) return false;
  return first.every((block) => Number.isFinite(metric.of(block)));
}

function differenceOf(metric: Metric, [a, b]: Pair): number {
  const [one, other] = [metric.of(a), metric.of(b)];
  return metric.as === 'points' ? other - one : Math.log(other / one);
}

function median(values: readonly number[]): number {
  const sorted = values.filter((one) => !Number.isNaN(one)).sort((a, b) => a - b);
  const half = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(half)] ?? NaN) + (sorted[Math.ceil(half)] ?? NaN)) / 2;
}
