import type { PastSessions } from '../past-sessions.ts';
import { countPairs, damp } from './pairs.ts';
import type { Damping, PairTable } from './pairs.ts';

const SESSION_ITEMS_MAX = 200; // of longer ones, pairs further apart do not count

/**
 * Items of the same sequences, at any distance: cosine damped by lambda (Linden, Smith & York 2003;
 * Sarwar et al., WWW 2001), a sequence's pairs divided by a power of its length (Deshpande & Karypis,
 * TOIS 2004). `counts` by row.
 */
export function alike(
  past: PastSessions,
  counts: Float64Array,
  damping: Damping,
  lengthPower = 0,
): PairTable {
  const window = SESSION_ITEMS_MAX;
  const table = countPairs(past, counts.length, { window, lengthPower, weight: () => 1 });
  return damp(table, counts, damping);
}
