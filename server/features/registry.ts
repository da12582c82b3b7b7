import { createHash } from 'node:crypto';
import { CALENDAR_FEATURES } from './calendar-features.ts';
import type { Feature } from './feature.ts';
import { History, type ShopFacts } from './history.ts';
import { PURCHASE_FEATURES } from './purchase-features.ts';
import { summarise } from './summary.ts';
import { VISIT_FEATURES } from './visit-features.ts';
import { exampleHistory } from './example-history.ts';

/**
 * Every feature of a customer, in the order of a model's input. A new one goes to the end of its
 * family; models name the features they take, so that order is theirs.
 */
export const FEATURES: readonly Feature[] = [
  ...PURCHASE_FEATURES, ...VISIT_FEATURES, ...CALENDAR_FEATURES,
];

export const FEATURE_NAMES: readonly string[] = FEATURES.map(({ name }) => name);

/**
 * The features of a history at a moment, in the order of `FEATURES`, into `out` where given. NaN is
 * missing; what lies outside a feature's range is brought to its end. The history must hold nothing of
 * later than `nowMs`.
 */
export function featuresAt(
  history: History, nowMs: number, shop: ShopFacts,
  out: Float64Array = new Float64Array(FEATURES.length),
): Float64Array {
  const summary = summarise(history, nowMs, shop);
  for (let i = 0; i < FEATURES.length; i++) {
    const { of, range } = FEATURES[i] as Feature;
    const value = of(summary);
    out[i] = Math.min(range[1], Math.max(range[0], value)); // NaN stays
  }
  return out;
}

let version = '';

/**
 * Sixteen hexadecimal digits of what the features are and of what they make of a made-up history: a
 * model's card pins it. Another definition, word, range or sum has another version.
 */
export function featureVersion(): string {
  if (version !== '') return version;
  const { history, nowMs, shop } = exampleHistory();
  // Six digits: the last ones are the machine's.
  const values = Array.from(featuresAt(history, nowMs, shop), (value) => value.toPrecision(6));
  const words = FEATURES.map(({ of: _, ...rest }) => rest);
  version = createHash('sha256').update(JSON.stringify([words, values])).digest('hex').slice(0, 16);
  return version;
}
