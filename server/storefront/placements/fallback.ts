import { PLACEMENTS } from '../../wire/schema.ts';
import type { Filter, Placement } from '../../wire/schema.ts';
import type { Node } from '../language/ast.ts';
import { isUsed, RELAXABLE, without } from '../relax.ts';
import type { Relaxable } from '../relax.ts';
import type { Plan } from './plan.ts';

/** One search of an answer. */
export interface FallbackStep {
  readonly name: string; // what was left out, or whose sources it asks
  readonly filter: Filter;
  readonly conditions: readonly Node[];
  readonly blend: Placement | undefined;
}

/**
 * The searches that a plan allows, the first as it was asked for, each later one with what those before
 * it have left out. Steps that change nothing are not there. Pure.
 */
export function fallbackSteps(plan: Plan): FallbackStep[] {
  const first = { name: 'as asked', filter: plan.filter, conditions: plan.conditions, blend: plan.blend };
  const steps: FallbackStep[] = [first];
  for (const fallback of plan.fallback ?? []) {
    const before = steps[steps.length - 1] as FallbackStep;
    const next = stepAfter(before, fallback);
    if (next) steps.push(next);
  }
  return steps;
}

function stepAfter(before: FallbackStep, fallback: Relaxable | 'where' | Placement): FallbackStep | null {
  if (fallback === 'where') {
    return before.conditions.length === 0 ? null : { ...before, name: 'without where', conditions: [] };
  }
  if ((RELAXABLE as readonly string[]).includes(fallback)) {
    const part = fallback as Relaxable;
    if (!isUsed(before.filter, part)) return null;
    return { ...before, name: `without ${part}`, filter: without(before.filter, [part]) };
  }
  const blend = PLACEMENTS.find((name) => name === fallback);
  if (blend === undefined || blend === before.blend) return null;
  return { ...before, name: `sources of ${blend}`, blend };
}
