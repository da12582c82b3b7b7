import { shareOf } from './assign.ts';
import { type Enough, enough, evaluate, type Estimator, type Evaluated, type Logged } from './estimators.ts';
import type { Line, OutcomeKind } from './log-lines.ts';
import { chosenRow, type Judged, type LoggedSlot, type Policy, widthOf } from './policies.ts';
import { fitReward, type RewardModel } from './reward-model.ts';

export interface OffPolicy {
  readonly enough: Enough;
  /** Null where there is not enough: an estimate would look like one, and be none. */
  readonly estimates: Record<Estimator, Evaluated> | null;
  readonly logged: { readonly slots: number; readonly reward: number }; // mean, of what was done
}

/** What a policy would have got. Pure. */
export function offPolicy({ policy, slots }: Judged): OffPolicy {
  const logged = weighed(slots, policy);
  const found = enough(logged);
  const reward = slots.length === 0 ? 0 : slots.reduce((sum, one) => sum + one.reward, 0) / slots.length;
  return {
    enough: found, estimates: found.ok ? evaluate(logged) : null,
    logged: { slots: slots.length, reward },
  };
}

/** Each slot's weight and what a reward model says; no slot's own visitor is in its model. */
function weighed(slots: readonly LoggedSlot[], policy: Policy): Logged[] {
  const folds = [0, 1].map((fold) => fitReward(
    slots.filter(({ unit }) => foldOf(unit) !== fold).map(chosenRow), widthOf(slots)));
  return slots.map((slot) => {
    const target = policy(slot);
    const model = folds[foldOf(slot.unit)] as RewardModel;
    const modelled = slot.features.map((features) => model.predict(features));
    return {
      cluster: slot.unit,
      reward: slot.reward,
      weight: (target[slot.chosen] as number) / (slot.propensities[slot.chosen] as number),
      modelled: modelled[slot.chosen] as number,
      expected: modelled.reduce((sum, q, i) => sum + q * (target[i] as number), 0),
    };
  });
}

function foldOf(unit: string): 0 | 1 {
  let sum = 0;
  for (let i = 0; i < unit.length; i += 1) sum = (Math.imul(sum, 31) + unit.charCodeAt(i)) | 0;
  return (sum & 1) as 0 | 1;
}

/** The explored slots of a log, each with whether `reward` came of it. Pure. */
export function exploredSlots(
  lines: Iterable<Line>, reward: Exclude<OutcomeKind, 'refund'>,
): LoggedSlot[] {
  const slots: { slot: Omit<LoggedSlot, 'reward'>; reward: number }[] = [];
  const byItem = new Map<string, { reward: number }>();
  for (const line of lines) {
    if (line[0] === 'x') {
      const [, answer, unit, atMs, , items, features, propensities, chosen] = line;
      const one = { slot: { unit, atMs, items, features, propensities, chosen }, reward: 0 };
      slots.push(one);
      byItem.set(`${answer}\n${items[chosen]}`, one);
    } else if (line[0] === 'w' && line[5] === reward) {
      const one = byItem.get(`${line[3]}\n${line[4]}`);
      if (one) one.reward = 1;
    }
  }
  return slots.map(({ slot, reward: got }) => ({ ...slot, reward: got }));
}

/**
 * The units of an A/B experiment's log, each as a slot whose pool is the arms: which it had, with what
 * probability, and whether it did `reward`. Nothing is known of a unit, so an arm's SNIPS is its own rate.
 * Pure.
 */
export function exposedUnits(
  lines: Iterable<Line>, reward: Exclude<OutcomeKind, 'refund'>,
): LoggedSlot[] {
  const units = new Map<string, Omit<LoggedSlot, 'reward'> & { reward: number }>();
  let arms: readonly string[] = [];
  let shares: readonly number[] = [];
  for (const line of lines) {
    if (line[0] === 'begun') {
      const [, , definition] = line;
      arms = definition.arms.map(({ name }) => name);
      shares = arms.map((_, arm) => shareOf(definition, arm));
    } else if (line[0] === 'u') {
      const [, unit, chosen, atMs, propensity] = line;
      const propensities = shares.map((share, arm) => (arm === chosen ? propensity ?? share : share));
      const features = arms.map(() => []);
      units.set(unit, { unit, atMs, items: arms, features, propensities, chosen, reward: 0 });
    } else if (line[0] === 'e' && line[4] === reward) {
      const unit = units.get(line[3]);
      if (unit) unit.reward = 1;
    }
  }
  return [...units.values()];
}
