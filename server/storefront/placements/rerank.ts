import { ServeError } from '../../core/errors.ts';
import type { FieldNode, Node } from '../language/ast.ts';
import type { ShownFor } from '../../wire/schema.ts';
import type { RetrievedItem } from '../retrieval/retriever.ts';
import { relevance } from './diversity.ts';

/** A result of the engine, as it stands after the sources had their say. */
export interface Reranked {
  readonly row: number;
  readonly score: number;
  readonly source: ShownFor;
  readonly because?: number;
  readonly step: number; // 1: it may not be sold or shown, and stands behind all that may
}

const ID_FIELD: FieldNode = { kind: 'field', name: 'id', quoted: false, of: 'item', at: 0, type: 'texts' };

/** The condition that an item is one of these. */
export function oneOf(ids: readonly string[]): Node {
  return { kind: 'in', left: ID_FIELD, values: ids.map((value) => ({ kind: 'text', value, at: 0 })), at: 0 };
}

/**
 * The engine's results with new scores: (1 - p) × 1/log2(1 + its place) + p × (its score by the sources /
 * the best one's). None is lost and none comes twice; `sold` says of a row that it may be shown first.
 * Pure.
 */
export function rerank(
  rows: readonly number[], found: readonly RetrievedItem[], personal: number,
  sold: (row: number) => boolean,
): Reranked[] {
  const byRow = new Map(found.map((item) => [item.row, item]));
  const best = found.reduce((most, { score }) => Math.max(most, score), 0);
  return rows.map((row, i) => {
    const item = byRow.get(row);
    const its = item && best > 0 ? item.score / best : 0;
    const score = (1 - personal) * relevance(i + 1) + personal * its;
    const step = sold(row) ? 0 : 1;
    if (!item || its === 0) return { row, score, source: 'search', step };
    const { source, because } = item;
    return { row, score, source, step, ...(because !== undefined && { because }) };
  });
}

/** Fails with `bad_argument` where an engine names a result twice: it would be lost or doubled. */
export function assertEachOnce(ids: readonly string[]): void {
  const seen = new Set<string>();
  for (const id of ids) {
    if (seen.has(id)) throw new ServeError('bad_argument', `rerank: '${id}' comes twice`);
    seen.add(id);
  }
}
