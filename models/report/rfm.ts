import type { PurchaseLog } from '../customers/purchases.ts';
import type { Outlook } from './outlook.ts';

/** Groups by recency, frequency and what is expected, in words; each customer is in the first that fits. */
export const GROUPS = ['best', 'regular', 'newcomer', 'slipping', 'once', 'asleep'] as const;
export type GroupName = (typeof GROUPS)[number];

export interface Group {
  readonly name: GroupName;
  readonly customers: number;
  readonly revenue: number; // so far
  readonly chance: number; // mean chance to buy within the outlook's days
  readonly expected: number; // sum over the outlook's days
  readonly atRisk: number; // of what was usual and is not expected
}

const NEW_DAYS = 30;
const LIKELY = 0.5; // of what their chance was on the day of their last purchase

/** Places of the outlook's customers by group. Rules, so that a name means what it says. */
export function groupOf(log: PurchaseLog, outlook: Outlook): GroupName[] {
  const best = quantile(outlook.value, 0.9);
  return outlook.customers.map((at, row) => {
    const { days } = log.customers[at]!;
    const bought = days.filter((day) => day <= outlook.landmark);
    const repeats = bought.length - 1;
    const held = (outlook.value[row] as number) / Math.max(1e-9, outlook.usual[row] as number);
    if (outlook.landmark - (bought[0] as number) < NEW_DAYS) return 'newcomer';
    if (repeats > 0 && held >= LIKELY && (outlook.value[row] as number) >= best) return 'best';
    if (repeats > 0 && held >= LIKELY) return 'regular';
    if (repeats === 0) return held >= LIKELY ? 'once' : 'asleep';
    return (outlook.chance[row] as number) >= 0.1 ? 'slipping' : 'asleep';
  });
}

export function groups(log: PurchaseLog, outlook: Outlook): Group[] {
  const names = groupOf(log, outlook);
  return GROUPS.map((name) => {
    const rows = names.flatMap((one, row) => (one === name ? [row] : []));
    const sum = (of: (row: number) => number): number => rows.reduce((total, row) => total + of(row), 0);
    return {
      name,
      customers: rows.length,
      revenue: sum((row) => spentBy(log, outlook, row)),
      chance: rows.length === 0 ? 0 : sum((row) => outlook.chance[row] as number) / rows.length,
      expected: sum((row) => outlook.value[row] as number),
      atRisk: sum((row) => Math.max(0, (outlook.usual[row] as number) - (outlook.value[row] as number))),
    };
  });
}

function spentBy(log: PurchaseLog, { customers, landmark }: Outlook, row: number): number {
  const { days, amounts } = log.customers[customers[row] as number]!;
  let sum = 0;
  days.forEach((day, at) => { if (day <= landmark) sum += amounts[at] as number; });
  return sum;
}

function quantile(values: Float64Array, share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
