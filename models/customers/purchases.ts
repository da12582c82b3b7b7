/** One customer's purchase days, oldest first: purchases of one day are one. */
export interface CustomerPurchases {
  readonly id: string;
  readonly days: Int32Array; // since 1970-01-01 in the shop's own time; rising
  readonly amounts: Float64Array; // paid on that day, the shop's currency
  readonly units: Float64Array; // pieces bought on that day
  readonly kinds: Float64Array; // different items bought on that day
  /** Each purchase's own moment, ms of the shop's clock; empty where a log has days only. */
  readonly moments: Float64Array;
}

/** What a shop's customers bought, and when the log ends: nothing is known of later days. */
export interface PurchaseLog {
  readonly name: string;
  readonly customers: readonly CustomerPurchases[]; // each has at least one purchase
  readonly firstDay: number;
  readonly lastDay: number; // the last day that the log covers
}

export const DAY_MS = 86_400_000;

/** One purchase as a reader finds it. */
export interface PurchaseRow {
  readonly customer: string;
  readonly day: number;
  readonly amount: number;
  readonly units: number;
  readonly kinds: number;
  readonly moment?: number;
}

/** Rows in any order to a log: merged by customer and day, customers in order of their ids. */
export function purchaseLog(name: string, rows: Iterable<PurchaseRow>, lastDay?: number): PurchaseLog {
  const byCustomer = new Map<string, PurchaseRow[]>();
  let first = Infinity;
  let last = -Infinity;
  for (const row of rows) {
    const list = byCustomer.get(row.customer);
    if (list) list.push(row);
    else byCustomer.set(row.customer, [row]);
    first = Math.min(first, row.day);
    last = Math.max(last, row.day);
  }
  const ids = [...byCustomer.keys()].sort((a, b) => (a < b ? -1 : 1));
  const customers = ids.map((id) => merged(id, byCustomer.get(id)!));
  return { name, customers, firstDay: first, lastDay: lastDay ?? last };
}

function merged(id: string, rows: PurchaseRow[]): CustomerPurchases {
  rows.sort((a, b) => a.day - b.day || (a.moment ?? 0) - (b.moment ?? 0));
  const days: number[] = [];
  const amounts: number[] = [];
  const units: number[] = [];
  const kinds: number[] = [];
  const moments: number[] = [];
  for (const row of rows) {
    if (row.moment !== undefined) moments.push(row.moment);
    const at = days.length - 1;
    if (days[at] === row.day) {
      amounts[at] = (amounts[at] as number) + row.amount;
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

/** How many of a customer's purchases were made by the day `landmark`, included. */
export function countBy({ days }: CustomerPurchases, landmark: number): number {
  let count = 0;
  while (count < days.length && (days[count] as number) <= landmark) count += 1;
  return count;
}
