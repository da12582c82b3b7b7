import { TOTAL } from '../../../server/features/layout.ts';
import { FEATURES } from '../../../server/features/registry.ts';
import { featureColumns, replay } from '../../../server/features/replay.ts';
import type { History } from '../../../server/features/history.ts';
import type { Column, Examples, Table } from '../../learn/table.ts';
import { creditedEvents } from './credited-events.ts';
import { localDay } from './days.ts';
import type { ShopLog } from './shop-log.ts';

/** One row for each customer and landmark: what was known of them then, and what came of it. */
export interface CustomerTable {
  readonly table: Table; // the features of `server/features/registry.ts`
  readonly customers: readonly string[]; // of each row
  readonly times: Float64Array; // landmark of each row
  readonly groups: Uint32Array; // the same customer has the same number at every landmark
  readonly histories: readonly Float64Array[]; // of each row: cells, as `History.save` gives them
  /** Local days from the landmark to the next purchase; NaN where the log ends before one. */
  readonly nextDays: Float64Array;
  /** Local days from the landmark to the end of the log: silence is known for so long. */
  readonly followedDays: Float64Array;
  /** Paid within so many local days after the landmark. Fails where the log ends before they do. */
  spend(horizonDays: number): Float64Array;
  /** Labels: 1 where they bought within so many local days. Fails as `spend` does. */
  bought(horizonDays: number): Examples;
}

export interface CustomerTableOptions {
  /** Whose rows: who has bought by the landmark, or who was ever seen. Default: buyers. */
  readonly who?: 'buyers' | 'seen';
  readonly keepHistories?: boolean; // else `histories` is empty
}

/**
 * Features and outcomes at landmarks (ends of local days, `endOfDay`), oldest landmark first, within
 * one in the order in which customers were first known. Features see nothing of later than their
 * landmark; outcomes see nothing else.
 */
export function customerTable(
  log: ShopLog, landmarks: readonly number[], options: CustomerTableOptions = {},
): CustomerTable {
  const credited = creditedEvents(log);
  const outcomes = purchasesAfter(log);
  const numbers = new Map<string, number>();
  const parts: Float64Array[][] = [];
  const customers: string[] = [];
  const times: number[] = [];
  const histories: Float64Array[] = [];
  replay(credited, landmarks, log, (landmark, all) => {
    const who = [...all].filter(([, history]) => options.who === 'seen' || hasBought(history));
    parts.push(featureColumns(who.map(([, history]) => history), landmark, log));
    for (const [customer, history] of who) {
      if (!numbers.has(customer)) numbers.set(customer, numbers.size);
      customers.push(customer);
      times.push(landmark);
      if (options.keepHistories) histories.push(history.save());
    }
  });
  const columns = FEATURES.map(({ name, scale, categories }, i): Column => ({
    name, values: joined(parts.map((part) => part[i] as Float64Array)),
    ...(scale === 'category' ? { kind: 'category', categories: categories ?? [] } : { kind: 'number' }),
  }));
  const table: Table = { rows: customers.length, columns };
  const groups = Uint32Array.from(customers, (customer) => numbers.get(customer) as number);
  const after = customers.map((customer, row) =>
    daysAfter(outcomes.get(customer) ?? [], times[row] as number, log));
  const endDay = localDay(log.endMs, log.timeZone);
  const followedDays = Float64Array.from(times, (at) => endDay - localDay(at, log.timeZone));
  const assertFollowed = (horizonDays: number): void => {
    const least = Math.min(...followedDays);
    if (horizonDays <= least) return;
    throw new RangeError(`the log of ${log.name} ends ${least} days after a landmark, not ${horizonDays}`);
  };
  return {
    table, customers, groups, histories, followedDays,
    times: Float64Array.from(times),
    nextDays: Float64Array.from(after, ([next]) => next?.days ?? NaN),
    spend: (horizonDays) => {
      assertFollowed(horizonDays);
      return Float64Array.from(after, (own) => own.reduce(
        (sum, { days, amount }) => sum + (days <= horizonDays ? amount : 0), 0));
    },
    bought: (horizonDays) => {
      assertFollowed(horizonDays);
      const labels = Float64Array.from(after, ([next]) => (next && next.days <= horizonDays ? 1 : 0));
      return { table, labels, times: Float64Array.from(times), groups };
    },
  };
}

interface Outcome {
  readonly atMs: number;
  readonly amount: number;
  readonly zone: string;
}

/** Each customer's purchases, oldest first. */
function purchasesAfter(log: ShopLog): Map<string, Outcome[]> {
  const outcomes = new Map<string, Outcome[]>();
  for (const { customer, event } of creditedEvents(log)) {
    if (event.type !== 'purchase') continue;
    const own = outcomes.get(customer) ?? [];
    outcomes.set(customer, own);
    const amount = event.items.reduce((sum, { price = 0, quantity }) => sum + price * quantity, 0);
    own.push({ atMs: event.atMs, amount, zone: event.timeZone ?? log.timeZone });
  }
  for (const own of outcomes.values()) own.sort((a, b) => a.atMs - b.atMs);
  return outcomes;
}

/** What was bought after the landmark, and how many local days after it. */
function daysAfter(
  outcomes: readonly Outcome[], landmark: number, log: ShopLog,
): { days: number; amount: number }[] {
  const today = localDay(landmark, log.timeZone);
  return outcomes
    .filter(({ atMs }) => atMs > landmark)
    .map(({ atMs, amount, zone }) => ({ days: Math.max(0, localDay(atMs, zone) - today), amount }));
}

function hasBought(history: History): boolean {
  return (history.cells[TOTAL.orders] as number) > 0;
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let from = 0;
  for (const part of parts) {
    all.set(part, from);
    from += part.length;
  }
  return all;
}
