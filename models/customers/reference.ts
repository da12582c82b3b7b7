import { STEADY_FEATURES, TIMING_FEATURES } from '../../server/customers/timing-inputs.ts';
import { hazardSamples } from './hazard/samples.ts';
import { buyChances, hazardsOf, type HazardModel } from './hazard/train.ts';
import type { PurchaseLog } from './purchases.ts';

const ROWS_MAX = 1000;
export const WEEK = 7; // days: what a server watches the chance of

/**
 * What a server compares its customers with: an even share of the log's on its last day, each row
 * `STEADY_FEATURES` and what the network says of a purchase within a week.
 */
export function referenceRows(log: PurchaseLog, network: HazardModel): Float32Array {
  const apart = Math.max(1, Math.ceil(log.customers.length / ROWS_MAX));
  const some = { ...log, customers: log.customers.filter((_, i) => i % apart === 0) };
  const samples = hazardSamples(some, [log.lastDay], log.lastDay);
  const chances = buyChances(hazardsOf(network, samples), WEEK);
  const [from, width] = [TIMING_FEATURES.length, STEADY_FEATURES.length];
  const rows = new Float32Array(samples.rows * (width + 1));
  for (let row = 0; row < samples.rows; row += 1) {
    rows.set(samples.features.subarray(row * from, row * from + width), row * (width + 1));
    rows[row * (width + 1) + width] = chances[row] as number;
  }
  return rows;
}
