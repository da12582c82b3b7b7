/**
 * What another policy would have got, from a log whose propensities are known (off-policy evaluation).
 * With w = target's probability of the logged choice over the logged one, r its reward, q a model of it:
 *
 *     IPS    mean(w r)                                    Horvitz & Thompson 1952: unbiased, wide
 *     SNIPS  sum(w r) / sum(w)                            Swaminathan & Joachims 2015: nearly, narrower
 *     DR     mean(E_target q + w (r - q))                 Dudík, Langford & Li 2011: unbiased if either
 *                                                         propensities or q are right
 */
export interface Logged {
  readonly cluster: string; // whose: slots of one visitor are not independent
  readonly reward: number;
  readonly weight: number; // w
  readonly modelled: number; // q of the logged choice
  readonly expected: number; // mean of q over the target's choices
}

export interface Evaluated {
  readonly value: number;
  readonly se: number; // clustered
  readonly low: number; // 95 %, asymptotic
  readonly high: number;
}

export const ESTIMATORS = ['ips', 'snips', 'dr'] as const;
export type Estimator = (typeof ESTIMATORS)[number];

/** Of at least one slot. Pure. */
export function evaluate(slots: readonly Logged[]): Record<Estimator, Evaluated> {
  const n = slots.length;
  const weights = total(slots, ({ weight }) => weight);
  const ips = total(slots, ({ weight, reward }) => weight * reward) / n;
  const snips = weights > 0 ? ips * n / weights : 0;
  const doubly = ({ expected, weight, reward, modelled }: Logged): number =>
    expected + weight * (reward - modelled);
  const dr = total(slots, doubly) / n;
  return {
    ips: withBounds(ips, slots, ({ weight, reward }) => weight * reward - ips),
    // The ratio's influence function: what one slot moves it by.
    snips: withBounds(snips, slots, ({ weight, reward }) =>
      weights > 0 ? weight * (reward - snips) * n / weights : 0),
    dr: withBounds(dr, slots, (slot) => doubly(slot) - dr),
  };
}

const Z95 = 1.959963984540054;

/** `influence` of each slot, its mean 0; summed within a cluster, as those are what is independent. */
function withBounds(
  value: number, slots: readonly Logged[], influence: (slot: Logged) => number,
): Evaluated {
  const clusters = new Map<string, number>();
  for (const slot of slots) {
    clusters.set(slot.cluster, (clusters.get(slot.cluster) ?? 0) + influence(slot));
  }
  const g = clusters.size;
  const squares = [...clusters.values()].reduce((sum, one) => sum + one * one, 0);
  const se = g > 1 ? Math.sqrt(squares * g / (g - 1)) / slots.length : Infinity;
  return { value, se, low: value - Z95 * se, high: value + Z95 * se };
}

/** Whether a log says enough about a policy. */
export interface Enough {
  readonly slots: number;
  /** Kish's effective sample size, (sum w)² / sum w²: slots that the weights leave. */
  readonly effective: number;
  /** The same of those with a reward: of rare rewards, most slots say little. */
  readonly effectiveRewarded: number;
  readonly weightMax: number;
  readonly ok: boolean;
  readonly slotsNeeded: number; // about, of this kind, for `ok`
}

export const EFFECTIVE_MIN = 200;
export const EFFECTIVE_REWARDED_MIN = 20;

/** Pure. */
export function enough(slots: readonly Logged[]): Enough {
  const n = slots.length;
  const effective = kish(slots.map(({ weight }) => weight));
  const effectiveRewarded = kish(slots.map(({ weight, reward }) => weight * reward));
  const ok = effective >= EFFECTIVE_MIN && effectiveRewarded >= EFFECTIVE_REWARDED_MIN;
  const times = Math.max(
    EFFECTIVE_MIN / effective, EFFECTIVE_REWARDED_MIN / effectiveRewarded);
  return {
    slots: n, effective, effectiveRewarded, ok,
    weightMax: slots.reduce((max, { weight }) => Math.max(max, weight), 0),
    slotsNeeded: ok ? n : Math.ceil(n * times), // Infinity while nothing was rewarded
  };
}

function kish(values: readonly number[]): number {
  const sum = values.reduce((all, value) => all + value, 0);
  const squares = values.reduce((all, value) => all + value * value, 0);
  return squares === 0 ? 0 : sum * sum / squares;
}

function total<T>(list: readonly T[], of: (one: T) => number): number {
  return list.reduce((sum, one) => sum + of(one), 0);
}
