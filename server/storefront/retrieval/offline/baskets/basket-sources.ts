import type { NextBasket, PastBasket } from './baskets.ts';
import { ownFrequency, repeatShare } from './buy-again.ts';

/** Scores of all rows for a customer, none below 0. */
export interface BasketScorer {
  readonly name: string;
  score(customer: number): Float64Array;
}

/** Purchases of all customers, each worth half after `halfLifeDays` (Infinity: all the same). */
export function popularBaskets(data: NextBasket, halfLifeDays: number, name: string): BasketScorer {
  const scores = ownFrequency(data.histories.flat(), data.itemCount, halfLifeDays);
  return { name, score: () => scores };
}

const TIE_SHARE = 1e-9; // a purchase by anyone of late, against one's own
const RECENT_DAYS = 30;

/** One's own purchases; equals, and what one never bought, by what all bought in the last 30 days. */
export function buyAgain(data: NextBasket, halfLifeDays: number): BasketScorer {
  const recent = data.histories.flat().filter(({ ageDays }) => ageDays < RECENT_DAYS);
  const ties = ownFrequency(recent, data.itemCount, Infinity);
  return {
    name: `own frequency, ${halfLifeDays}-day half-life`,
    score: (customer) => ownFrequency(historyOf(data, customer), data.itemCount, halfLifeDays)
      .map((score, row) => score + TIE_SHARE * (ties[row] as number)),
  };
}

/** The same, times how likely the item is bought again at all. */
export function repeated(data: NextBasket, halfLifeDays: number): BasketScorer {
  const shares = repeatShare(data.histories, data.itemCount);
  return {
    name: 'own frequency x repeat share',
    score: (customer) => ownFrequency(historyOf(data, customer), data.itemCount, halfLifeDays)
      .map((score, row) => score * (shares[row] as number)),
  };
}

const LAMBDA = 20; // purchases; damps the cosine of rare items

/** Items bought together with one's own: damped cosine over baskets (Linden et al. 2003). */
export function basketKnn(data: NextBasket, halfLifeDays: number): BasketScorer {
  const { itemCount } = data;
  const together = new Float32Array(itemCount * itemCount);
  const counts = new Float64Array(itemCount);
  for (const { rows } of data.histories.flat()) {
    for (const a of rows) {
      counts[a] = (counts[a] as number) + 1;
      for (const b of rows) if (a !== b) together[a * itemCount + b]! += 1;
    }
  }
  const norms = counts.map((count) => Math.sqrt(count + LAMBDA));
  return {
    name: 'item-item kNN',
    score(customer) {
      const own = ownFrequency(historyOf(data, customer), itemCount, halfLifeDays);
      const scores = new Float64Array(itemCount);
      own.forEach((worth, a) => {
        if (worth === 0) return;
        const say = worth / (norms[a] as number);
        for (let b = 0; b < itemCount; b++) scores[b]! += say * together[a * itemCount + b]!;
      });
      return scores.map((score, row) => score / (norms[row] as number));
    },
  };
}

/**
 * What like customers bought: the mean of the `k` nearest customers' own frequencies, by cosine
 * (the neighbours' part of TIFU-KNN, Hu et al., SIGIR 2020).
 */
export function customerKnn(data: NextBasket, halfLifeDays: number, k = 300): BasketScorer {
  const { histories, itemCount } = data;
  const vectors = histories.map((history) => {
    const dense = ownFrequency(history, itemCount, halfLifeDays);
    const norm = Math.hypot(...dense.filter((worth) => worth > 0));
    const rows = Uint32Array.from([...dense.keys()].filter((row) => (dense[row] as number) > 0));
    return { rows, worths: Float64Array.from(rows, (row) => (dense[row] as number) / norm) };
  });
  return {
    name: `customer kNN (TIFU-KNN), k ${k}`,
    score(customer) {
      const own = new Float64Array(itemCount);
      const { rows, worths } = vectors[customer] as (typeof vectors)[number];
      rows.forEach((row, i) => { own[row] = worths[i] as number; });
      const likeness = vectors.map((other) => {
        let sum = 0;
        for (let i = 0; i < other.rows.length; i++) sum += own[other.rows[i]!]! * other.worths[i]!;
        return sum;
      });
      likeness[customer] = 0;
      const nearest = [...likeness.keys()]
        .sort((a, b) => (likeness[b] as number) - (likeness[a] as number) || a - b)
        .slice(0, k);
      const scores = new Float64Array(itemCount);
      for (const other of nearest) {
        const { rows: its, worths: says } = vectors[other] as (typeof vectors)[number];
        its.forEach((row, i) => { scores[row]! += likeness[other]! * says[i]!; });
      }
      return scores;
    },
  };
}

function historyOf({ histories }: NextBasket, customer: number): readonly PastBasket[] {
  return histories[customer] as readonly PastBasket[];
}
