import type { RecommendInput } from '../../../client/types.ts';
import { LIMITS } from '../../../wire/schema.ts';
import { countRows } from './leave-one-out.ts';
import type { LeaveOneOut } from './leave-one-out.ts';
import { QualityCount } from './quality.ts';
import type { Quality } from './quality.ts';

/** The blend of the home page, without its rules: what the sources found, in their order. */
export const AS_FOUND = { placement: 'home', diversity: 0, rotation: 0 } as const;

/**
 * Each user's last item, asked of a server that has seen all but the last two: it is told the others, and
 * shows none of them.
 */
export function sequenceRequests({ test, ids, users }: LeaveOneOut): Omit<RecommendInput, 'k'>[] {
  return test.map(({ items }, at) => {
    const own = Array.from(items, (row) => ids[row] as string);
    return {
      customer: users[at] as string,
      items: own.slice(-LIMITS.sessionItemsMax),
      ...AS_FOUND,
      filter: { exclude: [...new Set(own)].slice(-LIMITS.filterIdsMax) },
    };
  });
}

/** The answers' worth, by what the users had before their last two items. */
export function scoreSequences(
  { past, test, ids }: LeaveOneOut, answers: readonly (readonly string[])[],
): Quality {
  const rows = new Map(ids.map((id, row) => [id, row]));
  const quality = new QualityCount(countRows(past, ids.length));
  answers.forEach((answer, at) => {
    quality.add(answer.flatMap((id) => rows.get(id) ?? []), test[at]?.target as number);
  });
  return quality.result();
}

export function sayQuality({ hitRate, ndcg, coverage, novelty, popularityBias }: Quality): string {
  const four = (shares: readonly number[]): string => shares.map((share) => share.toFixed(4)).join(' / ');
  return `HR@5/10/20 ${four(hitRate)}  NDCG@5/10/20 ${four(ndcg)}\n` +
    `coverage ${coverage.toFixed(3)}  novelty ${novelty.toFixed(2)} bits  top 1 % ${popularityBias.toFixed(3)}`;
}
