import { compare, type Counted, type Verdict } from './compare.ts';

/** The bounds of each comparison at one moment. */
export interface Point {
  readonly atMs: number;
  readonly units: number;
  readonly bounds: readonly ({ readonly value: number; readonly low: number; readonly high: number } | null)[];
}

/** The first moment at which an arm's bounds left out 0. It stands: they hold at all times at once. */
export interface Decided {
  readonly verdict: Exclude<Verdict, 'open'>;
  readonly atMs: number;
  readonly units: number;
}

/** The bounds as they went: a look whenever there are 3 % more units, so some 300 up to a million. */
export class History {
  readonly points: Point[] = [];
  readonly decided = new Map<string, Decided>(); // by arm
  #next = FIRST_UNITS;

  look(counted: Counted, atMs: number): void {
    const { unitCount: units } = counted;
    if (units < this.#next) return;
    this.#next = Math.max(units + 1, Math.ceil(units * GROWTH));
    const comparisons = compare(counted);
    for (const { arm, verdict } of comparisons) {
      if (verdict !== 'open' && !this.decided.has(arm)) this.decided.set(arm, { verdict, atMs, units });
    }
    const bounds = comparisons.map(({ estimate }) =>
      estimate && { value: estimate.value, low: estimate.low, high: estimate.high });
    if (bounds.some((one) => one !== null)) this.points.push({ atMs, units, bounds });
  }
}

const FIRST_UNITS = 100;
const GROWTH = 1.03;
