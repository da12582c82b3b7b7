import type { Metric } from './definition.ts';
import type { OutcomeKind } from './log-lines.ts';
import type { Sums } from './mean-sequence.ts';

/** One unit: its arm, and what came of it. */
export interface Unit {
  readonly key: string;
  readonly arm: number;
  readonly sinceMs: number;
  clicks: number;
  carts: number;
  purchases: number;
  revenue: number; // less refunds
  votes: [first: number, second: number]; // clicks on either team, where lists are interleaved
}

export function newUnit(key: string, arm: number, sinceMs: number): Unit {
  return { key, arm, sinceMs, clicks: 0, carts: 0, purchases: 0, revenue: 0, votes: NO_VOTES };
}

const NO_VOTES: [number, number] = [0, 0]; // replaced, not changed

/** What came of one arm's units. */
export class ArmTally {
  units = 0;
  events = { click: 0, cart: 0, purchase: 0, refund: 0 };
  #converted = { click: 0, cart: 0, purchase: 0 }; // units with at least one
  #revenue = 0;
  #revenueSquares = 0; // of units

  /** Counts it in `unit`, which is one of this arm, as well. */
  take(unit: Unit, kind: OutcomeKind, amount: number): void {
    this.events[kind] += 1;
    if (kind === 'click' && (unit.clicks += 1) === 1) this.#converted.click += 1;
    if (kind === 'cart' && (unit.carts += 1) === 1) this.#converted.cart += 1;
    if (kind === 'purchase' && (unit.purchases += 1) === 1) this.#converted.purchase += 1;
    if (kind !== 'purchase' && kind !== 'refund') return;
    const before = unit.revenue;
    unit.revenue += kind === 'refund' ? -amount : amount;
    this.#revenue += unit.revenue - before;
    this.#revenueSquares += unit.revenue ** 2 - before ** 2;
  }

  /** Of the units' values: 1 where it happened at all, or what was bought for. */
  sums(metric: Metric): Sums {
    const { units } = this;
    if (metric === 'revenue') {
      return { units, sum: this.#revenue, squares: Math.max(0, this.#revenueSquares) };
    }
    const converted = this.#converted[metric];
    return { units, sum: converted, squares: converted };
  }
}

/** Visitors' votes between the two teams of interleaved lists. */
export class Votes {
  readonly counts = { first: 0, second: 0, ties: 0 };
  readonly clicks: [first: number, second: number] = [0, 0];

  /** The unit clicked an item of `team`. */
  take(unit: Unit, team: 0 | 1): void {
    this.#move(unit, -1);
    this.clicks[team] += 1;
    unit.votes = [unit.votes[0] + (team === 0 ? 1 : 0), unit.votes[1] + (team === 1 ? 1 : 0)];
    this.#move(unit, 1);
  }

  /** Of the votes, 1 for the second team and -1 for the first, over all that were asked. */
  sums(units: number): Sums {
    const { first, second } = this.counts;
    return { units, sum: second - first, squares: second + first };
  }

  #move({ votes: [first, second] }: Unit, by: 1 | -1): void {
    if (first + second === 0) return;
    if (first === second) this.counts.ties += by;
    else if (first > second) this.counts.first += by;
    else this.counts.second += by;
  }
}
