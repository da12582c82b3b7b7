import { GeneratorLate, LoadProblem } from '../lab/problem.ts';
import type { Block } from './block.ts';
import { judge, type Pair, type Rule, type Verdict } from './judge.ts';

export interface PairsOptions {
  readonly rule: Rule;
  readonly pairsMax: number;
  /** True with probability 1/2, whatever came before. */
  coin(): boolean;
  /** One block of a side; what is sent in it depends on the pair alone. */
  measure(side: 'A' | 'B', pair: number): Promise<Block>;
  /** After each pair. */
  say(text: string): void;
  /** True ends it after the pair that is under way. */
  ended?(): boolean;
}

export interface PairsFound {
  readonly verdict: Verdict;
  readonly pairs: readonly Pair[];
  readonly orders: readonly ('AB' | 'BA')[];
  readonly evidence: readonly number[];
  readonly late: number;
}

const LATE_IN_A_ROW_MAX = 5;

/**
 * Pairs of blocks, a coin saying which side is first, until the judge knows or there are enough. A pair
 * in which the generator was late is thrown away whole, so that a side's label has no say in it.
 */
export async function comparePairs(options: PairsOptions): Promise<PairsFound> {
  const { rule, pairsMax, coin, measure, say } = options;
  const pairs: Pair[] = [];
  const orders: ('AB' | 'BA')[] = [];
  const evidence: number[] = [];
  let [late, row, verdict] = [0, 0, judge([], rule)];
  while (pairs.length < pairsMax && !options.ended?.()) {
    const order = coin() ? 'AB' : 'BA';
    const found: { A?: Block; B?: Block } = {};
    try {
      for (const side of order as Iterable<'A' | 'B'>) found[side] = await measure(side, pairs.length + late);
    } catch (error) {
      if (!(error instanceof GeneratorLate)) throw error;
      [late, row] = [late + 1, row + 1];
      say(`thrown away: ${error.message}`);
      if (row >= LATE_IN_A_ROW_MAX) throw new LoadProblem(`the generator was late in ${row} pairs in a row`, 3);
      continue;
    }
    row = 0;
    const pair = [found.A as Block, found.B as Block] as const;
    pair.forEach(({ latencies }, side) => {
      if (latencies.length === 0) throw new LoadProblem(`${side === 0 ? 'A' : 'B'} answered nothing`);
    });
    pairs.push(pair);
    orders.push(order);
    verdict = judge(pairs, rule);
    evidence.push(verdict.evidence);
    say(progressText(pairs.length, order, verdict));
    if (verdict.decision !== 'undecided') break;
  }
  return { verdict, pairs, orders, evidence, late };
}

function progressText(pair: number, order: string, { metrics, evidence, within, tolerance, alpha }: Verdict): string {
  const told = ['p50', 'p99', 'throughput', 'CPU/request'].flatMap((name) => {
    const one = metrics.find((metric) => metric.name === name);
    return one ? [`${name} ${one.change > 0 ? '+' : ''}${one.change.toFixed(1)} %`] : [];
  });
  const open = Number.isFinite(within) ? `${within.toFixed(1)} %` : 'any size';
  return `pair ${pair} (${order}): B over A so far ${told.join(', ')}; evidence ${Number(evidence.toPrecision(3))} ` +
    `of ${1 / alpha}; open up to ${open} of ${tolerance} %`;
}
