import { hazardSamples } from '../customers/hazard/samples.ts';
import type { PurchaseLog } from '../customers/purchases.ts';
import { STABLE } from '../customers/segments/choose-k.ts';
import { fitSegments, segmentsOf, sharesOf, sizeDrift } from '../customers/segments/segments.ts';
import type { Outlook } from './outlook.ts';

/** Segments that were learned from what customers are alike in: those of the model `segments`. */
export interface SegmentFacts {
  readonly stability: number; // adjusted Rand between bootstrap samples
  readonly stable: boolean;
  readonly drift: number; // PSI of the sizes, since `days` before
  readonly rows: readonly SegmentRow[];
}

export interface SegmentRow {
  readonly name: { readonly en: string; readonly zh: string };
  readonly customers: number;
  readonly share: number;
  readonly before: number; // share, `days` before
  readonly chance: number; // mean chance to buy within the outlook's days
  readonly expected: number; // sum over the outlook's days
}

const SEED = 1; // as `vitrine learn-customers`, so that the segments are the same

export function segmentFacts(log: PurchaseLog, outlook: Outlook, days: number): SegmentFacts {
  const now = hazardSamples(log, [log.lastDay], log.lastDay);
  const segments = fitSegments(now, SEED);
  const { k, chosen, names, shares } = segments;
  const labels = segmentsOf(segments, now);
  const ofCustomer = new Map(Array.from(labels, (label, row) => [now.customers[row], label]));
  const before = sharesOf(segmentsOf(segments, hazardSamples(log, [log.lastDay - days], log.lastDay)), k);
  return {
    stability: chosen.stability, stable: chosen.stability >= STABLE, drift: sizeDrift(before, shares),
    rows: names.map((name, segment): SegmentRow => {
      let [customers, chance, expected] = [0, 0, 0];
      outlook.customers.forEach((customer, row) => {
        if (ofCustomer.get(customer) !== segment) return;
        customers += 1;
        chance += outlook.chance[row] as number;
        expected += outlook.value[row] as number;
      });
      return {
        name, customers, share: shares[segment] as number, before: before[segment] as number,
        chance: chance / Math.max(1, customers), expected,
      };
    }),
  };
}
