import type { Describe } from '../explain/describe.ts';
import type { CustomerPurchases } from './purchases.ts';

/** What sets customers apart, in words: every input of the models of customers follows from these. */
export const FACTS: readonly Describe[] = [
  { name: 'recency', en: 'time since the last purchase', zh: '距上次购买', format: 'days' },
  { name: 'purchases', en: 'days with a purchase', zh: '有购买的天数', format: 'count' },
  { name: 'rhythm', en: 'usual time between purchases', zh: '通常的购买间隔', format: 'days' },
  { name: 'spending', en: 'spent at a time', zh: '每次消费金额', format: 'money' },
  { name: 'baskets', en: 'pieces bought at a time', zh: '每次购买件数', format: 'number' },
];
const [RECENCY, PURCHASES, RHYTHM, SPENDING, BASKETS] = [0, 1, 2, 3, 4];

/** Of a customer's purchases, all of which are by the end of the landmark. */
export interface Facts {
  readonly recency: number; // days
  readonly count: number; // days with a purchase
  readonly orders: number; // of which a log that has days only knows none
  readonly gaps: ArrayLike<number>; // days between them, oldest first
  readonly amounts: ArrayLike<number>; // of each
  readonly units: ArrayLike<number>;
  readonly kinds: ArrayLike<number>;
}

export function factsOf(
  { days, amounts, units, kinds, moments }: CustomerPurchases, landmark: number,
): Facts {
  const count = days.length;
  return {
    recency: landmark - (days[count - 1] as number), count, orders: moments.length,
    gaps: days.slice(1).map((day, i) => day - (days[i] as number)), amounts, units, kinds,
  };
}

/** The facts as numbers, in the order of `FACTS`; NaN of who has bought once and has no rhythm. */
export function factValues({ recency, count, gaps, amounts, units }: Facts): number[] {
  return [recency, count, mean(gaps), mean(amounts), mean(units)];
}

/**
 * The customer who has the facts of `mine` that `chosen` has a bit for, by their places in `FACTS`, and
 * those of `other` else: `mine` itself where it has all bits, to the bit. Gaps and baskets for more
 * purchases than there were are theirs again, from the newest; who has bought once has no rhythm, and
 * gets the other's.
 */
export function mixed(mine: Facts, other: Facts, chosen: number, landmark: number): CustomerPurchases {
  const of = (fact: number): Facts => (chosen & (1 << fact) ? mine : other);
  const { count, orders } = of(PURCHASES as number);
  const rhythm = of(RHYTHM as number);
  const { gaps } = rhythm.count > 1 ? rhythm : rhythm === mine ? other : mine;
  const days = new Int32Array(count);
  days[count - 1] = landmark - of(RECENCY as number).recency;
  for (let i = count - 2, back = 0; i >= 0; i -= 1, back += 1) {
    days[i] = (days[i + 1] as number) - newest(gaps, back);
  }
  const again = (values: ArrayLike<number>): Float64Array =>
    Float64Array.from({ length: count }, (_, i) => newest(values, count - 1 - i));
  const basket = of(BASKETS as number);
  return {
    id: '', days, amounts: again(of(SPENDING as number).amounts),
    units: again(basket.units), kinds: again(basket.kinds),
    moments: new Float64Array(orders).fill((days[count - 1] as number) * 86_400_000),
  };
}

/** The value so many places before the newest; from the newest again where there are no more. */
function newest(values: ArrayLike<number>, back: number): number {
  return values[values.length - 1 - (back % values.length)] as number;
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += values[i] as number;
  return sum / values.length;
}
