/** How long to stay away after a lost or refused connection. */
export interface BackoffLimits {
  readonly firstMs: number; // upper end of the first wait
  readonly maxMs: number; // upper end of every wait
}

/**
 * Milliseconds before try number `attempt` (0 is the first after a loss). The upper end doubles;
 * the wait is uniform over its upper half, so that a thousand pages do not come back at once and
 * none comes back immediately. `chance` is uniform over [0, 1).
 */
export function backoffMs(attempt: number, chance: number, limits: BackoffLimits): number {
  const topMs = Math.min(limits.maxMs, limits.firstMs * 2 ** Math.min(attempt, 30));
  return topMs * (0.5 + 0.5 * chance);
}
