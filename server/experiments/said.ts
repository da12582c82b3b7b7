import { EFFECTIVE_MIN, EFFECTIVE_REWARDED_MIN, ESTIMATORS } from './estimators.ts';
import type { OffPolicy } from './off-policy.ts';
import type { UnitsNeeded } from './power.ts';
import type { Simulated, World } from './simulate.ts';
import type { Explored, ExploringWorld } from './simulate-exploring.ts';

/** What the command prints. Pure. */
export function evaluationText(
  name: string, reward: string, found: readonly (OffPolicy & { readonly policy: string })[],
  what = 'explored slots',
): string {
  const { slots, reward: rate } = (found[0] as OffPolicy).logged;
  const head = `${name}: ${reward}s of ${slots} ${what}, ${fixed(rate)} each`;
  return [head, ...found.flatMap((one) => ['', ...policyText(one, what.split(' ').at(-1) as string)])].join('\n');
}

function policyText(
  { policy, enough, estimates }: OffPolicy & { readonly policy: string }, what: string,
): string[] {
  const { slots, effective, effectiveRewarded, weightMax, slotsNeeded } = enough;
  const size = `effective sample ${Math.round(effective)} of ${slots} ${what}, of rewarded ones ` +
    `${Math.round(effectiveRewarded)}, largest weight ${weightMax.toFixed(1)}`;
  if (!estimates) {
    const more = Number.isFinite(slotsNeeded)
      ? `about ${slotsNeeded} ${what} are needed`
      : 'not one that was rewarded is what it would have chosen';
    return [`${policy}: refused: ${size}; at least ${EFFECTIVE_MIN} and ${EFFECTIVE_REWARDED_MIN} ` +
      `must be left: ${more}`];
  }
  return [`${policy}: ${size}`, ...ESTIMATORS.map((estimator) => {
    const { value, low, high } = estimates[estimator];
    return `  ${estimator.toUpperCase().padEnd(6)} ${fixed(value)}  (${fixed(low)} to ${fixed(high)})`;
  })];
}

export function powerText({ rate, lift, alpha, power, once, always }: UnitsNeeded & {
  readonly rate: number; readonly lift: number; readonly alpha: number; readonly power: number;
}): string {
  return [
    `from ${rate} to ${Number((rate * (1 + lift)).toPrecision(6))}, found with probability ${power}, ` +
      `alpha ${alpha}, both arms together:`,
    `  looked at once, at the end     ${once} units`,
    `  looked at as often as you like ${always} units at most; set "horizon" to it`,
  ].join('\n');
}

export function simulationText(
  { kind, metric, runs, units, rate, lift, alpha, seed }: World,
  { found, foundRight, foundNaive, foundOnce, medianUnits }: Simulated,
): string {
  const share = (count: number): string => `${(100 * count / runs).toFixed(1).padStart(5)} %`;
  const what = lift === 0 ? 'A/A: each is an error' : `a lift of ${100 * lift} %`;
  return [
    `${runs} runs of ${units} units, ${kind}, ${metric} at ${rate}, alpha ${alpha}, seed ${seed}; ${what}`,
    `  bounds looked at after every unit ${share(found)}` +
      (lift === 0 ? '' : ` (${share(lift > 0 ? foundRight : found - foundRight).trim()} rightly)`),
    `  z-test looked at after every unit ${share(foundNaive)}`,
    `  z-test looked at once, at the end ${share(foundOnce)}`,
    ...(medianUnits === null ? [] : [`  half of the runs were decided after ${medianUnits} units`]),
  ].join('\n');
}

export function exploringText(
  { runs, slots, items, uniform, width, seed }: ExploringWorld, found: readonly Explored[],
): string {
  return [
    `${runs} runs of ${slots} slots of ${items} items, ${uniform} chosen evenly, width ${width}, seed ${seed}`,
    `  ${'method'.padEnd(10)} clicks  lost to the best choice  IPS of it (truth)`,
    ...found.map(({ method, clicks, regret, ips, truth }) =>
      `  ${method.padEnd(10)} ${clicks.toFixed(0).padStart(6)}  ${regret.toFixed(0).padStart(23)}  ` +
      `${fixed(ips)} (${fixed(truth)})`),
  ].join('\n');
}

function fixed(value: number): string {
  return value.toFixed(4);
}
