import { Prng } from '../../../server/core/prng.ts';
import { gammaDraw } from '../../../server/core/draws.ts';
import type { PurchaseRow } from '../../../server/customers/purchases.ts';
import { purchaseLog, type PurchaseLog } from '../purchases.ts';
import type { CountingModel } from './counting.ts';
import type { SpendModel } from './gamma-gamma.ts';

export interface SimulatedBuyers {
  readonly seed: number;
  readonly customers: number;
  readonly firstDays: number; // first purchases fall evenly over so many days
  readonly days: number; // the log's length
  readonly buying: CountingModel; // per week
  readonly spend: SpendModel;
}

/** Buyers who do exactly what the models say, for tests: their parameters are known. */
export function simulateBuyers(options: SimulatedBuyers): PurchaseLog {
  const { seed, customers, firstDays, days, buying, spend } = options;
  const rows: (PurchaseRow & { customer: string })[] = [];
  for (let i = 0; i < customers; i += 1) {
    const prng = new Prng(seed * 1_000_003 + i);
    const customer = `c${String(i).padStart(6, '0')}`;
    const rate = gammaDraw(prng, buying.r) / buying.alpha;
    const one = gammaDraw(prng, buying.a);
    const leaves = one / (one + gammaDraw(prng, buying.b));
    const price = gammaDraw(prng, spend.q) / spend.v;
    let at = prng.float() * firstDays;
    for (let n = 0; at < days; n += 1) {
      const amount = gammaDraw(prng, spend.p) / price;
      rows.push({ customer, day: Math.floor(at), amount, units: 1, kinds: 1, moment: at * 86_400_000 });
      if ((n > 0 || buying.leavesAtOnce) && prng.float() < leaves) break;
      at += (7 * gammaDraw(prng, buying.k)) / rate;
    }
  }
  return purchaseLog('simulated', rows, days - 1);
}
