import { Prng } from '../../server/core/prng.ts';
import { Histories } from '../../server/features/histories.ts';

const DAY_MS = 86_400_000;

/** `count` remembered customers with 1 to 12 purchases in the two years up to `nowMs`, 3.3 on average. */
export function manyCustomers(count: number, nowMs: number, seed = 5): Histories {
  const prng = new Prng(seed);
  const histories = new Histories({ timeZone: 'UTC' }, count);
  for (let customer = 0; customer < count; customer += 1) {
    const purchases = 1 + Math.min(11, Math.floor(-Math.log(1 - prng.float()) * 2.8));
    const gap = 5 + prng.below(50);
    let ageDays = Math.min(730, 1 + prng.below(120) + purchases * gap);
    for (let n = 0; n < purchases && ageDays > 0; n += 1) {
      histories.take(`customer-${customer}`, {
        id: '', type: 'purchase', atMs: nowMs - ageDays * DAY_MS + prng.below(DAY_MS / 2), session: `s-${n}`,
        items: [{ item: `item-${prng.below(50)}`, quantity: 1 + prng.below(3), price: 5 + prng.below(90) }],
      }, nowMs);
      ageDays -= 1 + Math.floor(gap * (0.5 + prng.float()));
    }
  }
  return histories;
}
