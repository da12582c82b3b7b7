import { bounds } from '../flow/confidence.ts';
import { compare } from './compare.ts';
import { type Experiment, METRICS, stateAt } from './definition.ts';
import { preference } from './interleave.ts';
import type { Run } from './run.ts';
import { SPLIT_P_MIN, splitP } from './split-check.ts';

/** Over this share of units that changed their arm, a comparison is diluted. */
const SWITCHED_MAX = 0.05;

/** One experiment as `GET /v1/experiments/NAME` answers it. */
export function results(run: Run, nowMs: number): object {
  const { definition, arms, answers, history } = run;
  const units = run.unitCount;
  const split = splitP(arms.map((arm) => arm.units), definition.arms.map(({ weight }) => weight));
  return {
    ...summary(run, nowMs),
    definition: plain(definition),
    units,
    sequence: run.sequence,
    arms: definition.kind === 'ab' ? definition.arms.map((_, i) => armResult(run, i)) : [],
    comparisons: compare(run).map((one) => ({
      ...said(one), metric: definition.metric, decided: decidedOf(run, one.arm),
    })),
    other_metrics: definition.kind !== 'ab' ? [] : METRICS
      .filter((metric) => metric !== definition.metric)
      .flatMap((metric) => compare(run, metric).map((one) => ({ ...said(one), metric }))),
    ...(definition.kind === 'ab' && { split: { p: split, ok: split >= SPLIT_P_MIN } }),
    ...(definition.kind === 'interleave' && { votes: votesOf(run) }),
    ...(definition.kind === 'explore' && {
      exploration: { ...answers.counts, items: answers.itemsTried },
    }),
    switched: run.switched,
    warnings: warnings(run, split),
    history: history.points.map(({ atMs, units: of, bounds: each }) => ({
      at: new Date(atMs).toISOString(), units: of, bounds: each,
    })),
  };
}

/** A line of the list. */
export function summary(run: Run, nowMs: number): object {
  const { name, kind, unit, metric } = run.definition;
  const decided = run.definition.arms.flatMap((arm) => {
    const one = decidedOf(run, arm.name);
    return one ? [{ arm: arm.name, ...one }] : [];
  });
  return { name, kind, unit, metric, state: stateAt(run.definition, nowMs), units: run.unitCount, decided };
}

function armResult({ definition, arms }: Run, i: number): object {
  const arm = arms[i] as Run['arms'][number];
  const { metric, alpha } = definition;
  const { units, sum } = arm.sums(metric);
  const share = metric === 'revenue' ? null : bounds(sum, units, alpha);
  return {
    name: definition.arms[i]?.name, units, events: arm.events,
    clicked: arm.sums('click').sum, carted: arm.sums('cart').sum, bought: arm.sums('purchase').sum,
    revenue: arm.sums('revenue').sum,
    value: units === 0 ? null : sum / units,
    ...(share && { low: share.low, high: share.high }), // exact, at all times at once
  };
}

function said({ arm, control, estimate, verdict }: ReturnType<typeof compare>[number]): object {
  return { arm, control, verdict, ...(estimate ?? { too_early: true }) };
}

function decidedOf({ history }: Run, arm: string): object | null {
  const found = history.decided.get(arm);
  return found ? { verdict: found.verdict, at: new Date(found.atMs).toISOString(), units: found.units } : null;
}

function votesOf({ votes, answers }: Run): object {
  const { first, second, ties } = votes.counts;
  return {
    answers: answers.counts.answers, clicks: votes.clicks, first, second, ties,
    preference: preference(first, second, ties),
  };
}

function warnings(run: Run, split: number): string[] {
  const { definition, switched, unitCount, refused } = run;
  const found: string[] = [];
  if (definition.kind === 'ab' && split < SPLIT_P_MIN) {
    found.push('sample ratio mismatch: the arms did not get the units that their weights say, so ' +
      'something treats them differently before they are counted; no result is to be trusted');
  }
  if (switched > SWITCHED_MAX * unitCount) {
    found.push(`${switched} of ${unitCount} units were another before their customer was known: ` +
      'differences look smaller than they are');
  }
  if (refused > 0) found.push(`${refused} units came when there was no room, and are not counted`);
  return found;
}

/** As the file has it. */
function plain({ startMs, stopMs, ...rest }: Experiment): object {
  return {
    ...rest,
    ...(Number.isFinite(startMs) && { start: new Date(startMs).toISOString() }),
    ...(Number.isFinite(stopMs) && { stop: new Date(stopMs).toISOString() }),
  };
}
