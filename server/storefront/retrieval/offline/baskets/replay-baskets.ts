import type { RecommendInput } from '../../../../client/types.ts';
import { AS_FOUND } from '../replay-sequences.ts';
import { measureBaskets } from './basket-quality.ts';
import type { BasketQuality } from './basket-quality.ts';
import type { NextBasket } from './baskets.ts';

/**
 * The next basket of each customer, asked of a server that has seen all before the cut. `newOnly`: of
 * items that they have not bought before.
 */
export function basketRequests(
  { questions, customers }: NextBasket, newOnly: boolean,
): Omit<RecommendInput, 'k'>[] {
  return questions.map(({ customer }) => ({
    customer: customers[customer] as string,
    ...AS_FOUND,
    again: !newOnly,
    filter: { excludeBought: newOnly },
  }));
}

/** The server has its codes in capitals. */
export function scoreBaskets(
  data: NextBasket, newOnly: boolean, answers: readonly (readonly string[])[],
): BasketQuality {
  const rows = new Map<string, number>();
  data.codes.forEach((code, row) => {
    const id = code.toUpperCase();
    if (code === id || !rows.has(id)) rows.set(id, row);
  });
  return measureBaskets(data, newOnly, (_customer, at) => {
    const scores = new Float64Array(data.itemCount);
    const answer = answers[at] as readonly string[];
    answer.forEach((id, place) => {
      const row = rows.get(id);
      if (row !== undefined) scores[row] = answer.length - place;
    });
    return scores;
  });
}
