import { Prng } from '../core/prng.ts';
import { pick } from './assign.ts';
import { greedyShares, LinUcb } from './linucb.ts';
import { Posteriors, propensities, type Tried } from './thompson.ts';

/** Made-up slots, each with all items as its pool, of visitors of two kinds that like other items. */
export interface ExploringWorld {
  readonly runs: number;
  readonly slots: number; // of one run
  readonly items: number;
  readonly uniform: number;
  readonly width: number; // of LinUCB's bounds
  readonly seed: number;
}

/** What came of a method, on average of a run. */
export interface Explored {
  readonly method: 'uniform' | 'thompson' | 'linucb';
  readonly clicks: number;
  readonly regret: number; // expected clicks that the best choice for each visitor had got beside
  /** What its log says, by IPS, of always showing the item that is best for all; and what that gets. */
  readonly ips: number;
  readonly truth: number;
}

const METHODS = ['uniform', 'thompson', 'linucb'] as const;

/** The same choosers as a server's, in the same slots. The same seed gives the same answer. */
export function simulateExploring(world: ExploringWorld): Explored[] {
  const sums = METHODS.map((method) => ({ method, clicks: 0, regret: 0, ips: 0, truth: 0 }));
  for (let run = 0; run < world.runs; run += 1) {
    METHODS.forEach((method, m) => {
      const one = runOnce(world, method, new Prng((world.seed + 7919 * run) >>> 0));
      const sum = sums[m]!;
      for (const name of ['clicks', 'regret', 'ips', 'truth'] as const) sum[name] += one[name] / world.runs;
    });
  }
  return sums;
}

function runOnce(
  { slots, items, uniform, width }: ExploringWorld, method: Explored['method'], prng: Prng,
): Omit<Explored, 'method'> {
  // Of each item, how often visitors of either kind click it.
  const rates = Array.from({ length: items }, () => [0.02 + 0.16 * prng.float(), 0.02 + 0.16 * prng.float()]);
  const means = rates.map(([one, two]) => (one! + two!) / 2);
  const truth = Math.max(...means);
  const forAll = means.indexOf(truth);
  const visitors = new Prng(prng.below(2 ** 31));
  const choices = new Prng(prng.below(2 ** 31));
  const tried: { shown: number; clicked: number }[] = rates.map(() => ({ shown: 0, clicked: 0 }));
  const posteriors = method === 'thompson' ? new Posteriors(choices) : null;
  const linear = new LinUcb(3, items);
  const found = { clicks: 0, regret: 0, ips: 0, truth };
  for (let slot = 0; slot < slots; slot += 1) {
    const kind = visitors.float() < 0.5 ? 0 : 1;
    const x = [1, kind, visitors.float()]; // and something that says nothing
    const shares = method === 'uniform'
      ? rates.map(() => 1 / items)
      : posteriors
        ? propensities(tried.map((one: Tried) => posteriors.of(one)), uniform)
        : greedyShares(rates.map((_, i) => linear.bound(String(i), x, width)), uniform);
    const chosen = pick(choices.float(), shares);
    const rate = rates[chosen]![kind]!;
    const clicked = visitors.float() < rate;
    tried[chosen]!.shown += 1;
    if (method === 'linucb') linear.shown(String(chosen), x);
    if (clicked) {
      tried[chosen]!.clicked += 1;
      if (method === 'linucb') linear.rewarded(String(chosen), x);
      found.clicks += 1;
      if (chosen === forAll) found.ips += 1 / shares[chosen]! / slots;
    }
    found.regret += Math.max(...rates.map((of) => of[kind]!)) - rate;
  }
  return found;
}
