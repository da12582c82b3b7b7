import { Prng } from '../../server/core/prng.ts';
import { categories, numbers } from '../learn/table.ts';
import type { Trial } from './trial.ts';

/** What a coupon does to a customer. */
export const KINDS = ['persuadable', 'sure thing', 'lost cause', 'sleeping dog'] as const;
export type Kind = (typeof KINDS)[number];

export interface SimulatedTrial extends Trial {
  readonly values: Float64Array;
  readonly kinds: readonly Kind[];
  /** What the coupon truly adds to the chance of a purchase, at the moment it came. */
  readonly effects: Float64Array;
  /** The same by moment, `MOMENTS.length` a row: no learner sees it. */
  readonly effectsAt: Float64Array;
}

export const MOMENTS = ['morning', 'midday', 'evening'] as const;

/** Chance of a purchase without the coupon, and what it adds. */
const CHANCES: Readonly<Record<Kind, { readonly without: number; readonly adds: number }>> = {
  persuadable: { without: 0.08, adds: 0.22 },
  'sure thing': { without: 0.75, adds: 0.01 },
  'lost cause': { without: 0.02, adds: 0.005 },
  'sleeping dog': { without: 0.55, adds: -0.12 }, // reminded of what they pay for
};

/**
 * Customers of four kinds, drawn by lot into two arms; which kind somebody is shows in what is known
 * of them, but not fully. Loyal customers buy anyway: the chance of a purchase says little of what a
 * coupon adds. Commuters are moved in the evening, others at midday.
 */
export function simulateTrial(
  { rows, seed, treatedShare = 0.5 }: { rows: number; seed: number; treatedShare?: number },
): SimulatedTrial {
  const prng = new Prng(seed);
  const made = Array.from({ length: rows }, () => {
    const kind = prng.pick(KINDS);
    const loyal = kind === 'sure thing' || kind === 'sleeping dog';
    const commuter = prng.float() < 0.4;
    const treated = prng.float() < treatedShare ? 1 : 0;
    const moment = prng.pick(MOMENTS);
    const { without, adds } = CHANCES[kind];
    const at = MOMENTS.map((each) => adds * (each === (commuter ? 'evening' : 'midday') ? 1.6 : 0.7));
    const effect = at[MOMENTS.indexOf(moment)] as number;
    return {
      kind, treated, moment, at, effect,
      outcome: prng.float() < without + treated * effect ? 1 : 0,
      value: Math.round(2000 * Math.exp(0.6 * prng.normal() + (loyal ? 0.3 : 0))) / 100,
      orders: Math.max(0, Math.round((loyal ? 9 : 2) + 2.5 * prng.normal())),
      recency: Math.max(1, Math.round((loyal ? 20 : kind === 'lost cause' ? 160 : 70) + 25 * prng.normal())),
      opens: Math.max(0, Math.min(1, (kind === 'persuadable' ? 0.6 : 0.25) + 0.2 * prng.normal())),
      unsubscribed: prng.float() < (kind === 'sleeping dog' ? 0.6 : 0.1) ? 1 : 0,
      commuter: commuter ? 1 : 0,
      noise: prng.normal(),
    };
  });
  const column = (of: (row: (typeof made)[number]) => number): Float64Array => Float64Array.from(made, of);
  return {
    table: {
      rows,
      columns: [
        numbers('orders', column((row) => row.orders)),
        numbers('recency', column((row) => row.recency)),
        numbers('opens', column((row) => row.opens)),
        numbers('quiet', column((row) => row.unsubscribed)),
        numbers('commuter', column((row) => row.commuter)),
        numbers('noise', column((row) => row.noise)),
        categories('moment', made.map((row) => row.moment)),
      ],
    },
    treated: Uint8Array.from(made, (row) => row.treated),
    outcomes: column((row) => row.outcome),
    values: column((row) => row.value),
    kinds: made.map((row) => row.kind),
    effects: column((row) => row.effect),
    effectsAt: Float64Array.from(made.flatMap((row) => row.at)),
  };
}
