/**
 * How the wire spells what this code calls otherwise. The only table of its kind: decoders read
 * these names, encoders write them.
 */
export const WIRE_NAMES = {
  atLeast: 'at_least',
  atMost: 'at_most',
  atMs: 'at_ms',
  batchReason: 'batch_reason',
  batchRows: 'batch_rows',
  bestMoment: 'best_moment',
  changesMax: 'changes_max',
  boughtDays: 'bought_days',
  deadlineMs: 'deadline_ms',
  excludeBought: 'exclude_bought',
  excludeSeen: 'exclude_seen',
  expectedDay: 'expected_day',
  givenUp: 'given_up',
  graphUs: 'graph_us',
  inStock: 'in_stock',
  itemsMin: 'items_min',
  maxBatchSize: 'max_batch_size',
  minRelevance: 'min_relevance',
  nearbyMatches: 'nearby_matches',
  nearbySeen: 'nearby_seen',
  priceMax: 'price_max',
  priceMin: 'price_min',
  queueUs: 'queue_us',
  retryAfterMs: 'retry_after_ms',
  rotationHours: 'rotation_hours',
  runUs: 'run_us',
  scanUs: 'scan_us',
  timeZone: 'time_zone',
  timeoutUs: 'timeout_us',
  trainedOn: 'trained_on',
  userAgent: 'user_agent',
} as const;

/** Maps whose keys are data, not names. */
export const OPAQUE: ReadonlySet<string> = new Set(['features', 'contributions', 'parameters', 'attributes', 'caps']);

const SPELT: ReadonlyMap<string, string> = new Map(Object.entries(WIRE_NAMES));

/** A reply with its keys as the wire spells them. Keys that hold `undefined` are left out. */
export function toWire(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(toWire);
  const from = value as Readonly<Record<string, unknown>>;
  const out: Record<string, unknown> = {};
  // Not by `Object.entries`: an array for each key is what a large reply would cost most.
  for (const name in from) {
    const one = from[name];
    if (one === undefined) continue;
    out[SPELT.get(name) ?? name] = typeof one !== 'object' || OPAQUE.has(name) ? one : toWire(one);
  }
  return out;
}
