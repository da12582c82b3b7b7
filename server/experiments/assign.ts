import { createHash } from 'node:crypto';
import type { Experiment } from './definition.ts';

/**
 * Who gets what. All of it is a pure function of the definition and the unit's id, so any process, on
 * any day, in any language, comes to the same arm:
 *
 *     key(salt, id)   = SHA-256 of the UTF-8 bytes of salt, a line feed, and id
 *     share(salt, id) = the first 52 bits of that, big-endian, over 2^52: uniform over [0, 1)
 *
 * `id` is `s:` and the session's id, or `c:` and the customer's. The layer's salt decides whether the
 * unit takes part (its share lies in the experiment's part of the layer), the experiment's own salt
 * which arm it gets: two hashes, so that arms are independent of what else the layer holds, and of
 * experiments in other layers. Vectors: `test/unit/experiments/vectors/assign.json`.
 */
export function share(salt: string, id: string): number {
  return firstBits(digest(salt, id));
}

/** Stands for the unit in logs: 18 hexadecimal digits, from which its id does not follow. */
export function keyOf(salt: string, id: string): string {
  return digest(salt, id).toString('hex', 0, 9);
}

/** Whether the experiment's part of its layer holds the unit. */
export function takesPart({ layer, share: [from, to] }: Experiment, id: string): boolean {
  if (from === 0 && to === 1) return true;
  const at = share(`layer ${layer}`, id);
  return at >= from && at < to;
}

/** The number of the unit's arm: those of the first arm lie lowest, each as wide as its weight. */
export function armOf({ salt, arms }: Pick<Experiment, 'salt' | 'arms'>, id: string): number {
  return pick(share(salt, id), arms.map(({ weight }) => weight));
}

/** With what probability a unit that takes part has the arm, to six places: its propensity. */
export function shareOf({ kind, arms }: Pick<Experiment, 'kind' | 'arms'>, arm: number): number {
  if (kind !== 'ab') return 1; // all get the same
  const sum = arms.reduce((all, { weight }) => all + weight, 0);
  return Math.round((arms[arm]?.weight ?? 0) / sum * 1e6) / 1e6;
}

/** Which of the weights `at`, 0..1 of their sum, falls on. */
export function pick(at: number, weights: readonly number[]): number {
  const sum = weights.reduce((all, weight) => all + weight, 0);
  let below = 0;
  for (let i = 0; i < weights.length; i += 1) {
    below += weights[i] as number;
    if (at * sum < below) return i;
  }
  return weights.length - 1; // rounding
}

export const sessionUnit = (session: string): string => `s:${session}`;
export const customerUnit = (customer: string): string => `c:${customer}`;

function digest(salt: string, id: string): Buffer {
  return createHash('sha256').update(`${salt}\n${id}`).digest();
}

function firstBits(bytes: Buffer): number {
  return (bytes.readUIntBE(0, 6) * 16 + (bytes.readUInt8(6) >> 4)) / 2 ** 52;
}
