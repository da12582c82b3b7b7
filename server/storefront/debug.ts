import type { AnswerDebug, DebugCandidate, RecommendRequest } from '../wire/schema.ts';
import type { AnswerParts, Made, Shown } from './answers.ts';
import { hiddenRows } from './hidden-rows.ts';
import type { Arranged } from './placements/arrange.ts';
import type { Tasted } from './taste.ts';

const CANDIDATES_SHOWN = 100;
const SHARES_SHOWN = 10; // of each source

/**
 * What an answer was made of, for who asked to see it: it is searched for once more, source by source,
 * and each part of the filter is counted by itself. That costs several answers.
 */
export function debugOf(
  parts: Pick<AnswerParts, 'store' | 'catalogue' | 'retriever' | 'clock'>, request: RecommendRequest,
  made: Made, taste: Tasted | null,
): AnswerDebug {
  const { store, catalogue, retriever, clock } = parts;
  const { plan, now, setting } = made;
  const idOf = (row: number): string => store.itemAt(row)?.id ?? '';
  const counts: Partial<Record<string, number>> = {};
  const seen = new Map<number, string>();
  const hidden = hiddenRows(store, plan.filter, now, clock.wallMs(), (row, why) => {
    if (!seen.has(row)) counts[why] = (counts[why] ?? 0) + 1;
    seen.set(row, why);
  });
  const conditions = plan.conditions.length > 0 ? { all: plan.conditions, setting } : undefined;
  const allow = catalogue.allow(plan.filter, hidden, undefined, conditions);
  const sources = retriever.trace?.({
    items: now.query, k: plan.pool, placement: plan.blend, customer: now.name,
    weights: plan.weights, encoder: plan.encoder,
    recent: now.customer?.rows, ...(allow && { allow }),
    ...(now.session && { session: now.session.key }), ...(taste && { taste: taste.vector }),
  }) ?? [];
  const traced = sources.map(({ source, weight, rows, shares }) => ({
    source, weight, found: rows.length,
    best: [...rows.subarray(0, SHARES_SHOWN)].map((row, i) => ({ item: idOf(row), share: shares[i] as number })),
  }));
  return {
    ...(plan.placement && { placement: plan.placement.name }),
    ...(plan.blend && { blend: plan.blend }),
    rules: plan.rules,
    seed: made.seed,
    start: [...now.query].map(idOf),
    ...(now.start !== undefined && { this: idOf(now.start) }),
    items: store.itemCount,
    clauses: catalogue.counts(plan.filter, hidden, conditions),
    hidden: counts,
    steps: made.steps.map(({ step, found, more }) => ({ step, matches: found.matches, found: more })),
    sources: traced.sort((a, b) => b.weight - a.weight),
    candidates: candidatesOf(made, idOf).slice(0, request.rerank ? undefined : CANDIDATES_SHOWN),
  };
}

function candidatesOf(made: Made, idOf: (row: number) => string): DebugCandidate[] {
  if (made.arranged) return made.arranged.map((one) => arrangedCandidate(one, idOf));
  const { pool, items } = made;
  return pool.map(({ row, score, source }, i) => ({
    item: idOf(row), source, found: score, boosted: score, score, shown: 0, from: i + 1,
    ...(i < items.length ? { to: i + 1 } : { left: 'others are better' }),
  }));
}

function arrangedCandidate(
  { candidate, boosted, score, shown, from, to, left }: Arranged<Shown>, idOf: (row: number) => string,
): DebugCandidate {
  const { row, source, score: found } = candidate;
  return { item: idOf(row), source, found, boosted, score, shown, from, ...(to > 0 ? { to } : { left }) };
}
