import { Prng } from '../core/prng.ts';
import { compare, CONVERTED_MIN, type Counted } from './compare.ts';
import type { Experiment, Metric } from './definition.ts';
import { teamDraft } from './interleave.ts';
import { type Sums, UNITS_MIN } from './mean-sequence.ts';
import { normalQuantile } from './power.ts';
import { ArmTally, newUnit, type Unit, Votes } from './tally.ts';

/** A made-up experiment, many times over, looked at after each unit. */
export interface World {
  readonly runs: number;
  readonly units: number; // that come in one run
  readonly kind: 'ab' | 'interleave';
  readonly metric: Metric;
  readonly rate: number; // of the control: a unit's probability of doing it
  readonly lift: number; // of the arm over it, relative; 0 is A/A
  readonly delay: number; // units that come, on average, before an outcome does
  readonly alpha: number;
  readonly horizon: number;
  readonly seed: number;
}

export interface Simulated {
  /** Runs in which the bounds ever left out 0: of A/A, errors. */
  readonly found: number;
  /** Of those, for the arm that is better; or for the second, of A/A. */
  readonly foundRight: number;
  /** Runs that a z-test at the same alpha, looked at as often, would have called. */
  readonly foundNaive: number;
  /** Runs that the same z-test calls that is looked at once, at the end. */
  readonly foundOnce: number;
  readonly medianUnits: number | null; // at which half of all runs had been decided
}

/** The same `compare` that the server uses, on the same tallies. The same seed gives the same answer. */
export function simulate(world: World): Simulated {
  const prng = new Prng(world.seed);
  const at: number[] = [];
  let [foundRight, foundNaive, foundOnce] = [0, 0, 0];
  for (let run = 0; run < world.runs; run += 1) {
    const one = simulateOne(world, prng);
    if (one.foundAt !== null) at.push(one.foundAt);
    if (one.better) foundRight += 1;
    if (one.naive) foundNaive += 1;
    if (one.once) foundOnce += 1;
  }
  at.sort((a, b) => a - b);
  return {
    found: at.length, foundRight, foundNaive, foundOnce,
    medianUnits: at[Math.ceil(world.runs / 2) - 1] ?? null,
  };
}

interface One { foundAt: number | null; better: boolean; naive: boolean; once: boolean }

function simulateOne(world: World, prng: Prng): One {
  const arms = [new ArmTally(), new ArmTally()] as const;
  const votes = new Votes();
  const counted = {
    definition: definitionOf(world), arms, votes,
    get unitCount(): number { return arms[0].units + arms[1].units; },
  };
  const due: (() => void)[][] = []; // what happens, by the unit that comes at the same time
  const z = normalQuantile(1 - world.alpha / 2);
  const one: One = { foundAt: null, better: false, naive: false, once: false };
  for (let i = 0; i < world.units; i += 1) {
    const arm = world.kind === 'ab' && prng.float() < 0.5 ? 1 : 0;
    const unit = newUnit('', arm, 0);
    arms[arm].units += 1;
    for (const outcome of outcomesOf(world, unit, prng, arms, votes)) {
      const when = i + Math.floor(-Math.log(1 - prng.float()) * world.delay);
      if (when < world.units) (due[when] ??= []).push(outcome);
    }
    for (const happen of due[i] ?? []) happen();
    one.once = beyond(counted, z);
    one.naive ||= one.once;
    const verdict = one.foundAt === null ? compare(counted)[0]?.verdict : 'open';
    if (verdict === undefined || verdict === 'open') continue;
    one.foundAt = i + 1;
    one.better = verdict === 'better';
  }
  return one;
}

/** What one unit will do. Two in five of those who buy come back and buy once more. */
function outcomesOf(
  world: World, unit: Unit, prng: Prng, arms: readonly ArmTally[], votes: Votes,
): (() => void)[] {
  const { kind, metric, rate, lift } = world;
  if (kind === 'interleave') return clicksOf(world, unit, prng, votes);
  const arm = arms[unit.arm] as ArmTally;
  if (prng.float() >= rate * (unit.arm === 1 ? 1 + lift : 1)) return [];
  if (metric !== 'revenue') return [() => arm.take(unit, metric, 0)];
  const times = prng.float() < 0.4 ? 2 : 1;
  return Array.from({ length: times }, () => {
    const spent = Math.exp(3.4 + 0.9 * prng.normal()); // some 45 a purchase, a tail to the right
    return () => arm.take(unit, 'purchase', spent);
  });
}

const LIST = 10; // items that an interleaved list shows
const PLACES = Array.from({ length: LIST }, (_, i) => i);

/**
 * One visitor's clicks on one list that two orders of items were drafted into: likelier further up, and
 * by `1 + lift` on what the second arm gave. The orders share half of their items.
 */
function clicksOf({ rate, lift }: World, unit: Unit, prng: Prng, votes: Votes): (() => void)[] {
  const second = PLACES.map((item) => (item % 2 === 0 ? item : item + LIST));
  const drafted = teamDraft(PLACES, second, LIST, (item) => item, () => prng.float() < 0.5);
  return drafted.flatMap(({ team }, place) => {
    const chance = rate / (1 + place / 2) * (team === 1 ? 1 + lift : 1);
    return prng.float() < chance ? [() => votes.take(unit, team)] : [];
  });
}

function definitionOf({ kind, metric, alpha, horizon }: World): Counted['definition'] & Pick<Experiment, 'kind'> {
  const arms = ['control', 'arm'].map((name) => ({ name, weight: 1, override: {} }));
  return { kind, metric, arms, alpha, horizon };
}

/** What is done without better knowledge: a z-test on what is there. */
function beyond({ definition, arms, votes, unitCount }: Counted, z: number): boolean {
  if (definition.kind === 'interleave') {
    const { sum, squares } = votes.sums(unitCount);
    return squares >= CONVERTED_MIN && sum * sum > z * z * squares;
  }
  const [a, b] = arms.map((arm) => arm.sums(definition.metric)) as [Sums, Sums];
  if (Math.min(a.units, b.units) < UNITS_MIN || a.sum + b.sum < CONVERTED_MIN) return false;
  const variance = [a, b].reduce((all, { units, sum, squares }) =>
    all + (squares - sum * sum / units) / (units - 1) / units, 0);
  const value = b.sum / b.units - a.sum / a.units;
  return value * value > z * z * variance;
}
