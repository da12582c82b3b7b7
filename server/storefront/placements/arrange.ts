import { Prng } from '../../core/prng.ts';
import { boosted } from '../language/evaluate.ts';
import type { Facts, Setting } from '../language/evaluate.ts';
import { Caps } from './caps.ts';
import { MarginalRelevance } from './diversity.ts';
import type { Likeness } from './diversity.ts';
import type { Arranging } from './plan.ts';

/** What a source, or a given order, found. */
export interface Candidate {
  readonly row: number;
  readonly score: number; // at least 0; 0: nothing speaks for it but that it is allowed
  readonly step?: number; // of the fallback, that brought it; what came earlier stands first
}

/** A candidate and what became of it. */
export interface Arranged<C extends Candidate> {
  readonly candidate: C;
  readonly boosted: number; // score after boosts,
  readonly score: number; // and after rotation and shuffling
  readonly shown: number;
  readonly from: number; // place by score, from 1
  readonly to: number; // in the answer, from 1; 0: it is not in it,
  readonly left: string; // and why not
}

export interface Surroundings extends Likeness {
  itemAt(row: number): Facts | undefined;
  readonly setting: Setting;
  readonly seed: number;
  /** How often an item was shown to this visitor and not clicked; a showing of long ago counts less. */
  shown(row: number): number;
}

/**
 * The best `k` of what was found, by the rules, best first: what is too irrelevant goes; boosts change
 * scores, then showings and chance do; then items are chosen one by one, by marginal relevance and
 * within the caps. All candidates come back, in the order of their places by score. Pure but for what
 * it is told by `around`.
 */
export function arrange<C extends Candidate>(
  candidates: readonly C[], k: number, rules: Arranging, around: Surroundings,
): Arranged<C>[] {
  const best = candidates.reduce((most, { score }) => Math.max(most, score), 0);
  const unit = best > 0 ? best : 1;
  const scored = candidates.map((candidate) => {
    const { row, score } = candidate;
    const item = around.itemAt(row);
    const low = rules.minRelevance > 0 && score < rules.minRelevance * best;
    const after = item ? boosted(score, rules.boosts, item, around.setting, unit) : score;
    const shown = rules.rotation > 0 ? around.shown(row) : 0;
    const chance = rules.shuffle > 0 ? 1 + rules.shuffle * drawn(around.seed, row) : 1;
    const now = after * (1 - rules.rotation) ** shown * chance;
    return { candidate, item, boosted: after, shown, score: now, left: low ? 'min_relevance' : '' };
  });
  scored.sort((a, b) => tier(a) - tier(b) || b.score - a.score); // stable: equals stay as found

  const tiers = scored.map(tier);
  const caps = new Caps(rules.caps);
  const mmr = rules.diversity > 0
    ? new MarginalRelevance(rules.diversity, scored.map(({ candidate }) => candidate.row), around)
    : null;
  const to = new Array<number>(scored.length).fill(0);
  const left = scored.map((one) => one.left);
  let open = [...scored.keys()].filter((i) => left[i] === '');
  for (let place = 1; place <= k && open.length > 0; ) {
    const at = next(open, tiers, mmr);
    open = open.filter((i) => i !== at);
    const { item } = scored[at] as (typeof scored)[number];
    const cap = item && rules.caps.length > 0 ? caps.against(item) : null;
    if (cap !== null) {
      left[at] = cap;
      continue;
    }
    if (item) caps.take(item);
    mmr?.choose(at);
    to[at] = place++;
  }
  return scored.map(({ candidate, boosted: after, score, shown }, i) => ({
    candidate, boosted: after, score, shown, from: i + 1, to: to[i] as number,
    left: to[i] ? '' : left[i] || 'others are better',
  }));
}

/** Which of the open ones, sorted by tier, comes next: without diversity the first, by score. */
function next(open: readonly number[], tiers: readonly number[], mmr: MarginalRelevance | null): number {
  const first = open[0] as number;
  if (!mmr) return first;
  const end = open.findIndex((i) => tiers[i] !== tiers[first]);
  return mmr.best(end < 0 ? open : open.slice(0, end));
}

/** What a later step of the fallback brought stands behind, and there what nothing speaks for. */
function tier({ candidate, score }: { candidate: Candidate; score: number }): number {
  return 2 * (candidate.step ?? 0) + Number(score <= 0);
}

/** -1..1, the same for the same seed and row. */
function drawn(seed: number, row: number): number {
  return 2 * new Prng((seed ^ Math.imul(row + 1, 0x9e37_79b9)) >>> 0).float() - 1;
}
