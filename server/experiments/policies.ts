import { ServeError } from '../core/errors.ts';
import { FEATURES } from './log-lines.ts';
import { fitReward } from './reward-model.ts';

/** One explored slot of a log, with what came of it. */
export interface LoggedSlot {
  readonly unit: string;
  readonly atMs: number;
  readonly items: readonly string[];
  readonly features: readonly (readonly number[])[]; // of each item, as `FEATURES` names them
  readonly propensities: readonly number[];
  readonly chosen: number;
  readonly reward: number; // 0 or 1
}

/** The probability of each item of a slot's pool, summing to 1. */
export type Policy = (slot: LoggedSlot) => readonly number[];

/** A policy, and the slots that it may be judged on: none that it was learned from. */
export interface Judged {
  readonly policy: Policy;
  readonly slots: readonly LoggedSlot[];
}

export const POLICIES: Readonly<Record<string, string>> = {
  logged: 'what was done: its estimate is the mean reward',
  blend: 'what the list had there: no exploring',
  uniform: 'any of the pool, evenly',
  clicked: 'the item with the highest click rate so far',
  learned: 'the item that a reward model likes best; learned on the older half, judged on the newer',
};

/** Of what is known of an item in these slots. */
export function widthOf(slots: readonly LoggedSlot[]): number {
  return slots[0]?.features[0]?.length ?? 0;
}

/** The policies of an A/B experiment's log: each gives everybody one arm. */
export function armPolicies(slots: readonly LoggedSlot[]): string[] {
  return (slots[0]?.items ?? []).map((arm) => `arm:${arm}`);
}

/** A policy by its name. Fails with `bad_argument`. */
export function policyNamed(name: string, slots: readonly LoggedSlot[]): Judged {
  const arm = /^arm:(.*)$/.exec(name)?.[1];
  if (arm !== undefined) {
    const names = slots[0]?.items ?? [];
    const at = names.indexOf(arm);
    if (at < 0) throw new ServeError('bad_argument', `there is no arm '${arm}'; there are ${names.join(', ')}`);
    return { slots, policy: ({ items }) => only(items.length, at) };
  }
  switch (name) {
    case 'logged': return { slots, policy: ({ propensities }) => propensities };
    case 'blend': return { slots, policy: ({ items }) => only(items.length, 0) };
    case 'uniform': return { slots, policy: ({ items }) => items.map(() => 1 / items.length) };
    case 'clicked': {
      const clicked = FEATURES.indexOf('clicked');
      return { slots, policy: ({ features }) => best(features.map((of) => of[clicked] as number)) };
    }
    case 'learned': {
      const byTime = [...slots].sort((a, b) => a.atMs - b.atMs);
      const half = Math.floor(byTime.length / 2);
      const model = fitReward(byTime.slice(0, half).map(chosenRow), widthOf(slots));
      return {
        slots: byTime.slice(half),
        policy: ({ features }) => best(features.map((of) => model.predict(of))),
      };
    }
    default:
      throw new ServeError('bad_argument',
        `there is no policy '${name}'; there are ${Object.keys(POLICIES).join(', ')}, or a file`);
  }
}

/**
 * `{"weights": {"score": 1, …}, "temperature": 0.1}`: a softmax over the weighted features; without a
 * temperature, the best. Fails with `bad_argument` naming the field.
 */
export function policyOf(value: unknown): Policy {
  const given = (typeof value === 'object' && value !== null ? value : {}) as {
    weights?: Record<string, unknown>; temperature?: unknown };
  const { weights, temperature } = given;
  if (typeof weights !== 'object' || weights === null) throw wrong('weights', FEATURES.join(', '));
  const odd = Object.entries(weights).find(([name, weight]) =>
    !(FEATURES as readonly string[]).includes(name) || typeof weight !== 'number');
  if (odd) throw wrong(`weights.${odd[0]}`, `a number for one of ${FEATURES.join(', ')}`);
  if (temperature !== undefined && !(typeof temperature === 'number' && temperature > 0)) {
    throw wrong('temperature', 'a number above 0');
  }
  const vector = FEATURES.map((name) => (weights[name] ?? 0) as number);
  return ({ features }) => {
    const scores = features.map((of) =>
      of.reduce((sum, feature, i) => sum + feature * (vector[i] as number), 0));
    return temperature === undefined ? best(scores) : softmax(scores, temperature as number);
  };
}

export function chosenRow({ features, chosen, reward }: LoggedSlot): { features: readonly number[]; reward: number } {
  return { features: features[chosen] as readonly number[], reward };
}

function best(scores: readonly number[]): number[] {
  return only(scores.length, scores.indexOf(Math.max(...scores)));
}

function only(size: number, at: number): number[] {
  return Array.from({ length: size }, (_, i) => (i === at ? 1 : 0));
}

function softmax(scores: readonly number[], temperature: number): number[] {
  const top = Math.max(...scores);
  const raised = scores.map((score) => Math.exp((score - top) / temperature));
  const sum = raised.reduce((all, one) => all + one, 0);
  return raised.map((one) => one / sum);
}

function wrong(field: string, expected: string): ServeError {
  return new ServeError('bad_argument', `the policy's ${field}: expected ${expected}`);
}
