/** One customer's purchase days, oldest first: purchases of one day are one. */
export interface CustomerPurchases {
  readonly id: string;
  readonly days: Int32Array; // since 1970-01-01 in the customer's own time; rising
  readonly amounts: Float64Array; // paid on that day, the shop's currency
  readonly units: Float64Array; // pieces bought on that day
  readonly kinds: Float64Array; // different items bought on that day
  /** Each purchase's own moment, ms of the customer's clock; empty where a log has days only. */
  readonly moments: Float64Array;
}

/** One purchase as a reader finds it. */
export interface PurchaseRow {
  readonly day: number;
  readonly amount: number;
  readonly units: number;
  readonly kinds: number;
  readonly moment?: number;
}

/** A customer's purchases, in any order, merged by day. */
export function mergeByDay(id: string, purchases: readonly PurchaseRow[]): CustomerPurchases {
  const rows = [...purchases].sort((a, b) => a.day - b.day || (a.moment ?? 0) - (b.moment ?? 0));
  const days: number[] = [];
  const amounts: number[] = [];
  const units: number[] = [];
  const kinds: number[] = [];
  const moments: number[] = [];
  for (const row of rows) {
    if (row.moment !== undefined) moments.push(row.moment);
    const at = days.length - 1;
    if (days[at] === row.day) {
      // In whole thousandths, as a history counts: the same sum in any order.
      amounts[at] = Math.round(((amounts[at] as number) + row.amount) * 1000) / 1000;
      units[at] = (units[at] as number) + row.units;
      kinds[at] = (kinds[at] as number) + row.kinds;
    } else {
      days.push(row.day);
      amounts.push(row.amount);
      units.push(row.units);
      kinds.push(row.kinds);
    }
  }
  return {
    id,
    days: Int32Array.from(days),
    amounts: Float64Array.from(amounts),
    units: Float64Array.from(units),
    kinds: Float64Array.from(kinds),
    moments: Float64Array.from(moments),
  };
}

/** How many of a customer's purchase days are at most the day `landmark`. */
export function countBy({ days }: CustomerPurchases, landmark: number): number {
  let low = 0;
  let high = days.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((days[middle] as number) <= landmark) low = middle + 1;
    else high = middle;
  }
  return low;
}
