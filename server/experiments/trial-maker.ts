import { ServeError } from '../core/errors.ts';
import type { Prng } from '../core/prng.ts';
import type { RetrievedItem } from '../storefront/retrieval/retriever.ts';
import type { ArmOverride, Asker, Trial, TrialRequest } from '../storefront/trial.ts';
import { type Arm, EXPERIMENT_LIMITS as LIMITS } from './definition.ts';
import { explore, type TriedSlot } from './explore-slots.ts';
import { type Drafted, teamDraft } from './interleave.ts';
import type { Run } from './run.ts';
import type { Unit } from './tally.ts';
import type { Posteriors } from './thompson.ts';
import { type WeighParts, weighWith } from './weigh.ts';

export interface TrialParts {
  readonly prng: Prng;
  readonly posteriors: () => Posteriors; // made when first wanted
  readonly nowMs: number;
  readonly itemAt: WeighParts['itemAt'];
}

interface Enrolled {
  readonly run: Run;
  readonly unit: Unit;
}

/**
 * What the running experiments want of one answer; null for nothing. Any number of A/B experiments
 * hold at once (those that change the same thing belong into one layer), and one of the others: the
 * first that its unit takes part in.
 */
export function makeTrial(
  runs: readonly Run[], { placement, debug }: TrialRequest, asker: Asker, parts: TrialParts,
): Trial | null {
  const enrolled: Enrolled[] = [];
  let composing: Enrolled | null = null;
  for (const run of runs) {
    const { definition } = run;
    if (enrolled.length === LIMITS.answerMax) break;
    if (definition.placement !== undefined && definition.placement !== placement) continue;
    if (definition.kind !== 'ab' && composing) continue;
    const unit = debug ? run.peek(asker, parts.nowMs) : run.enrol(asker, parts.nowMs);
    if (!unit) continue;
    enrolled.push({ run, unit });
    if (definition.kind !== 'ab') composing = { run, unit };
  }
  if (enrolled.length === 0) return null;
  const tag = debug ? '' : enrolled.map(({ run, unit }) => run.tags[unit.arm]).join('');
  const arms = Object.fromEntries(enrolled.map(({ run: { definition }, unit }) =>
    [definition.name, definition.kind === 'ab' ? definition.arms[unit.arm]?.name ?? '' : definition.kind]));
  const plain = merged(enrolled.filter(({ run }) => run.definition.kind === 'ab')
    .map(({ run, unit }) => run.definition.arms[unit.arm]?.override ?? {}));
  if (!composing) return { ...plainTrial(plain), tag, arms };
  const made = composing.run.definition.kind === 'interleave'
    ? interleaved(composing, plain, parts)
    : exploring(composing, plain, asker, parts);
  return { ...made, tag, arms };
}

/** As if the arms were those that are named. Nobody is counted. Fails with `bad_argument`. */
export function forcedTrial(runs: readonly Run[], named: Readonly<Record<string, string>>): Trial {
  const overrides = Object.entries(named).map(([name, armName]) => {
    const run = runs.find(({ definition }) => definition.name === name);
    const names = runs.map(({ definition }) => definition.name).join(', ') || 'none';
    if (!run) throw new ServeError('bad_argument', `arms: no experiment '${name}'; there are: ${names}`);
    const { arms } = run.definition;
    const arm = arms.find((one) => one.name === armName);
    if (arm) return arm.override;
    const known = arms.map((one) => one.name).join(', ');
    throw new ServeError('bad_argument', `arms.${name}: no arm '${armName}'; there are: ${known}`);
  });
  return { ...plainTrial(merged(overrides)), tag: '', arms: named };
}

/** Later ones win. */
function merged(overrides: readonly ArmOverride[]): ArmOverride {
  return overrides.reduce((all, one) => {
    const weights = { ...all.weights, ...one.weights };
    return { ...all, ...one, ...(Object.keys(weights).length > 0 && { weights }) };
  }, {});
}

function plainTrial(override: ArmOverride): Pick<Trial, 'overrides' | 'wanted' | 'compose' | 'given'> {
  return {
    overrides: [override],
    wanted: (k) => k,
    compose: ([list = []]) => list,
    given: () => {},
  };
}

function interleaved({ run, unit }: Enrolled, plain: ArmOverride, parts: TrialParts) {
  const [first, second] = run.definition.arms as readonly [Arm, Arm];
  let drafted: Drafted<RetrievedItem>[] = [];
  return {
    overrides: [merged([plain, first.override]), merged([plain, second.override])] as const,
    wanted: (k: number) => k,
    compose([one = [], two = []]: readonly (readonly RetrievedItem[])[], k: number) {
      drafted = teamDraft(one, two, k, ({ row }) => row, () => parts.prng.float() < 0.5);
      return drafted.map(({ item }) => item);
    },
    given(answer: string, items: readonly RetrievedItem[]): void {
      const teams = new Map(drafted.map(({ item: { row }, team }) => [row, team]));
      const shown = items.filter(({ row }) => teams.has(row));
      run.given(['a', answer, unit.key, parts.nowMs, shown.map(({ row }) => idOf(parts, row)),
        shown.map(({ row }) => String(teams.get(row))).join('')]);
    },
  };
}

function idOf({ itemAt }: TrialParts, row: number): string {
  return itemAt(row)?.id ?? '';
}

function exploring({ run, unit }: Enrolled, plain: ArmOverride, asker: Asker, parts: TrialParts) {
  const { arms: [arm], explore: how } = run.definition;
  if (!how) throw new Error('an exploring experiment without its numbers');
  let tried: TriedSlot<RetrievedItem>[] = [];
  return {
    overrides: [merged([plain, arm?.override ?? {}])] as const,
    wanted: (k: number) => k + how.pool - 1 + Math.floor(k / how.every),
    compose([list = []]: readonly (readonly RetrievedItem[])[], k: number) {
      const weigh = weighWith(how, { ...parts, answers: run.answers, asker });
      const made = explore(list, k, how, weigh, parts.prng);
      tried = made.tried;
      return made.items;
    },
    given(answer: string): void {
      for (const { slot, pool, features, propensities, chosen } of tried) {
        const items = pool.map(({ row }) => idOf(parts, row));
        run.given(['x', answer, unit.key, parts.nowMs, slot, items, features,
          propensities.map((share) => Math.round(share * 1e6) / 1e6), chosen]);
      }
    },
  };
}
