import type { PastBasket } from './baskets.ts';

/**
 * What a customer bought, each purchase worth half after `halfLifeDays`: personal item frequency with
 * recency (Hu et al., TIFU-KNN, SIGIR 2020, show that it carries next-basket prediction). By row.
 */
export function ownFrequency(
  history: readonly PastBasket[],
  itemCount: number,
  halfLifeDays: number,
): Float64Array {
  const scores = new Float64Array(itemCount);
  for (const { ageDays, rows } of history) {
    const worth = 0.5 ** (ageDays / halfLifeDays);
    for (const row of rows) scores[row] = (scores[row] as number) + worth;
  }
  return scores;
}

/**
 * How likely an item is bought again by one who bought it: repeat customers over customers, drawn
 * towards 0.2 where few have bought it (Bhagat et al., "Buy It Again", KDD 2018, the RCP model).
 */
export function repeatShare(
  histories: readonly (readonly PastBasket[])[],
  itemCount: number,
): Float64Array {
  const customers = new Float64Array(itemCount);
  const repeaters = new Float64Array(itemCount);
  for (const history of histories) {
    const times = new Map<number, number>();
    for (const { rows } of history) for (const row of rows) times.set(row, (times.get(row) ?? 0) + 1);
    for (const [row, count] of times) {
      customers[row] = (customers[row] as number) + 1;
      if (count > 1) repeaters[row] = (repeaters[row] as number) + 1;
    }
  }
  return customers.map((count, row) => ((repeaters[row] as number) + 2) / (count + 10));
}
