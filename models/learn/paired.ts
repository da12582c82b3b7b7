import { Prng } from '../../server/core/prng.ts';

/** A score of two models on the same rows, and how sure their difference is. */
export interface PairedInterval {
  readonly with: number; // of the first model
  readonly without: number; // of the second
  readonly difference: number; // first minus second
  readonly low: number; // of the difference: 95 % of the draws are above, or below `high`,
  readonly high: number; // 2.5 % on each side
}

export interface BootstrapOptions {
  readonly seed: number;
  readonly rounds?: number; // 400
  readonly groups?: Uint32Array; // whose rows they are: drawn together
}

export type PairedScore = 'auc' | 'logLoss' | 'ece' | 'gini'; // of gini, labels are amounts

const ROUNDS = 400;
const BINS = 10;

/**
 * The paired percentile bootstrap (Efron and Tibshirani 1993, ch. 16): rows are drawn with
 * repetition, both models are scored on the same draw, and the interval is of their difference.
 * Customers whose rows go together are drawn whole: `groups`. Draws without both labels are left
 * out. A draw is a count for each row, so rows are put in order once and not once a draw.
 */
export function bootstrapPair(
  score: PairedScore, first: Float64Array, second: Float64Array, labels: Float64Array,
  options: BootstrapOptions,
): PairedInterval {
  const [a, b] = [first, second].map((scores) => SCORERS[score](scores, labels)) as [Scorer, Scorer];
  const once = new Float64Array(labels.length).fill(1);
  const differences = drawn((counts) => a(counts) - b(counts), labels.length, options);
  return {
    with: a(once),
    without: b(once),
    difference: a(once) - b(once),
    low: quantile(differences, 0.025),
    high: quantile(differences, 0.975),
  };
}

/** A score of one model, and how sure it is. */
export interface ScoreInterval {
  readonly value: number;
  readonly low: number; // 2.5 % of the draws are below,
  readonly high: number; // and 2.5 % above
}

/** The same of one model. */
export function bootstrapScore(
  score: PairedScore, scores: Float64Array, labels: Float64Array, options: BootstrapOptions,
): ScoreInterval {
  const scorer = SCORERS[score](scores, labels);
  const found = drawn(scorer, labels.length, options);
  return {
    value: scorer(new Float64Array(labels.length).fill(1)),
    low: quantile(found, 0.025),
    high: quantile(found, 0.975),
  };
}

/** The statistic of each draw, sorted. */
function drawn(
  statistic: Scorer, rows: number, { seed, rounds = ROUNDS, groups }: BootstrapOptions,
): number[] {
  const draw = drawer(rows, groups, new Prng(seed));
  return Array.from({ length: rounds }, () => statistic(draw()))
    .filter((value) => !Number.isNaN(value)).sort((x, y) => x - y);
}

/** The score of rows that are each there `counts` times. */
type Scorer = (counts: Float64Array) => number;

const SCORERS: Record<PairedScore, (scores: Float64Array, labels: Float64Array) => Scorer> = {
  /** Share of pairs of a one and a zero that are in order; ties count half. */
  auc(scores, labels) {
    const order = ascending(scores);
    return (counts) => {
      let zeros = 0;
      let ones = 0;
      let inOrder = 0;
      for (let at = 0; at < order.length;) {
        const value = scores[order[at] as number];
        let tiedZeros = 0;
        let tiedOnes = 0;
        for (; at < order.length && scores[order[at] as number] === value; at += 1) {
          const row = order[at] as number;
          const count = counts[row] as number;
          if (labels[row] === 1) tiedOnes += count;
          else tiedZeros += count;
        }
        inOrder += tiedOnes * (zeros + tiedZeros / 2);
        zeros += tiedZeros;
        ones += tiedOnes;
      }
      return inOrder / (ones * zeros);
    };
  },

  logLoss(scores, labels) {
    const losses = scores.map((p, row) =>
      -Math.log(Math.max(1e-12, labels[row] === 1 ? p : 1 - p)));
    return (counts) => {
      let sum = 0;
      let rows = 0;
      losses.forEach((loss, row) => {
        sum += loss * (counts[row] as number);
        rows += counts[row] as number;
      });
      return sum / rows;
    };
  },

  /** Ten bins of as many rows of the draw each; a tie is not cut apart. */
  ece(scores, labels) {
    const order = ascending(scores);
    return (counts) => {
      const rows = counts.reduce((sum, count) => sum + count, 0);
      let seen = 0;
      let bin = 1;
      let gap = 0;
      let error = 0;
      order.forEach((row, at) => {
        const count = counts[row] as number;
        seen += count;
        gap += count * ((scores[row] as number) - (labels[row] as number));
        const tied = scores[row] === scores[order[at + 1] ?? row] && at + 1 < order.length;
        if (tied || seen < (bin * rows) / BINS) return;
        error += Math.abs(gap);
        gap = 0;
        while (seen >= (bin * rows) / BINS) bin += 1;
      });
      return (error + Math.abs(gap)) / rows;
    };
  },

  /** What the amounts' own order would find, and how much of that the scores' order does. */
  gini(scores, amounts) {
    const [told, best] = [scores, amounts].map((each) => ascending(each).reverse());
    return (counts) => gini(told!, amounts, counts) / gini(best!, amounts, counts);
  },
};

/** The area between the curve of what is found and the straight line, rows in this order. */
function gini(order: Uint32Array, amounts: Float64Array, counts: Float64Array): number {
  let [rows, found, area] = [0, 0, 0];
  for (const row of order) {
    const count = counts[row] as number;
    const amount = amounts[row] as number;
    area += count * found + (amount * count * (count + 1)) / 2;
    found += count * amount;
    rows += count;
  }
  return area / (found * rows) - (rows + 1) / (2 * rows);
}

function drawer(rows: number, groups: Uint32Array | undefined, prng: Prng): () => Float64Array {
  const counts = new Float64Array(rows);
  if (!groups) {
    return () => {
      counts.fill(0);
      for (let at = 0; at < rows; at += 1) {
        const row = prng.below(rows);
        counts[row] = (counts[row] as number) + 1;
      }
      return counts;
    };
  }
  const numbers = new Map<number, number>();
  const of = groups.map((group) => {
    if (!numbers.has(group)) numbers.set(group, numbers.size);
    return numbers.get(group) as number;
  });
  const times = new Float64Array(numbers.size);
  return () => {
    times.fill(0);
    for (let at = 0; at < times.length; at += 1) {
      const group = prng.below(times.length);
      times[group] = (times[group] as number) + 1;
    }
    of.forEach((group, row) => (counts[row] = times[group] as number));
    return counts;
  };
}

function ascending(scores: Float64Array): Uint32Array {
  return Uint32Array.from(scores, (_, row) => row)
    .sort((a, b) => (scores[a] as number) - (scores[b] as number));
}

function quantile(sorted: readonly number[], share: number): number {
  if (sorted.length === 0) return NaN;
  return sorted[Math.round(share * (sorted.length - 1))] as number;
}
