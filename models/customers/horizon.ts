import { TIMING_FEATURES } from '../../server/customers/timing-inputs.ts';
import { numbers, type Examples, type Table } from '../learn/table.ts';
import { hazardSamples, type HazardSamples } from './hazard/samples.ts';
import type { PurchaseLog } from './purchases.ts';

/** The samples' features as a table, for learners on tables. */
export function featureTable({ rows, features }: HazardSamples): Table {
  const width = TIMING_FEATURES.length;
  return {
    rows,
    columns: TIMING_FEATURES.map((name, column) => numbers(name, Float64Array.from(
      { length: rows }, (_, row) => features[row * width + column] as number))),
  };
}

/** 1 where the customer bought within `days` after the sample's landmark. */
export function boughtWithin(
  log: PurchaseLog, { customers, landmarks }: HazardSamples, days: number,
): Uint8Array {
  return Uint8Array.from(customers, (customer, row) => {
    const landmark = landmarks[row] as number;
    const bought = log.customers[customer]!.days;
    for (const day of bought) if (day > landmark) return day <= landmark + days ? 1 : 0;
    return 0;
  });
}

/** What each sample's customer spent within `days` after the landmark. */
export function spentWithin(
  log: PurchaseLog, { customers, landmarks }: HazardSamples, days: number,
): Float64Array {
  return Float64Array.from(customers, (customer, row) => {
    const landmark = landmarks[row] as number;
    const { days: bought, amounts } = log.customers[customer]!;
    let sum = 0;
    bought.forEach((day, i) => {
      if (day > landmark && day <= landmark + days) sum += amounts[i] as number;
    });
    return sum;
  });
}

/**
 * Landmarks whose windows of `days` had ended by `knownTo`: six of them, a third of a window
 * apart. The nearest are the most like the day asked about; `rowsMax` keeps a large shop's short.
 */
export function windowSamples(
  log: PurchaseLog, knownTo: number, days: number, rowsMax = 150_000,
): HazardSamples {
  const apart = Math.ceil(days / 3) + (Math.ceil(days / 3) % 7 === 0 ? 1 : 0);
  const known = log.customers.filter(({ days: own }) => (own[0] as number) <= knownTo).length;
  const count = Math.max(2, Math.min(6, Math.floor(rowsMax / Math.max(1, known))));
  const landmarks = Array.from({ length: count }, (_, i) => knownTo - days - i * apart)
    .filter((day) => day >= log.firstDay + 30);
  return hazardSamples(log, landmarks, knownTo);
}

export function windowExamples(log: PurchaseLog, samples: HazardSamples, days: number): Examples {
  return {
    table: featureTable(samples),
    labels: Float64Array.from(boughtWithin(log, samples, days)),
    times: Float64Array.from(samples.landmarks, (day) => day * 86_400_000),
    groups: samples.customers,
  };
}
