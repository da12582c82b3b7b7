import { Metrics } from './metrics.ts';

/** Requests that were answered alike. */
export interface RequestCount {
  readonly way: string;
  readonly what: string;
  readonly outcome: string | number;
  readonly count: number;
}

interface Cell {
  count: number;
}

/** How many requests of each kind were answered by one front end, by what was asked and how it went. */
export class RequestCounts {
  readonly #ways = new Map<string, Map<string, Map<string | number, Cell>>>();

  /** `tally` has one number a front end: all of its requests, for other threads to see. */
  constructor(
    private readonly tally: Float64Array = new Float64Array(1), private readonly at = 0,
  ) {}

  /** Of all front ends. */
  get total(): number {
    return this.tally.reduce((sum, each) => sum + each, 0);
  }

  /** Counts requests of one way. Runs with every request: a key of three texts took 140 ns, this 13. */
  counter(way: string): (what: string, outcome: string | number) => void {
    const cells = new Map<string, Map<string | number, Cell>>();
    this.#ways.set(way, cells);
    const { tally, at } = this;
    let last = { what: '', outcome: '' as string | number, cell: { count: 0 } };
    return (what, outcome) => {
      // One after the other ends in the same way: two texts compared are cheaper than two maps asked.
      if (last.what !== what || last.outcome !== outcome) {
        last = { what, outcome, cell: cellOf(cells, what, outcome) };
      }
      last.cell.count += 1;
      tally[at] = (tally[at] as number) + 1;
    };
  }

  list(): RequestCount[] {
    return [...this.#ways].flatMap(([way, cells]) =>
      [...cells].flatMap(([what, outcomes]) =>
        [...outcomes].map(([outcome, { count }]) => ({ way, what, outcome, count }))));
  }
}

/** Counts of several front ends as one counter with labels. */
export function countMetrics(lists: readonly (readonly RequestCount[])[]): Metrics {
  const sums = new Map<string, { labels: Record<string, string>; count: number }>();
  for (const { way, what, outcome, count } of lists.flat()) {
    const labels = { way, what, outcome: String(outcome) };
    const key = JSON.stringify(labels);
    const sum = sums.get(key) ?? { labels, count: 0 };
    sum.count += count;
    sums.set(key, sum);
  }
  const metrics = new Metrics();
  for (const { labels, count } of sums.values()) {
    metrics.observe('counter', 'vitrine_requests_total', 'Requests answered', labels, () => count);
  }
  return metrics;
}

function cellOf(
  cells: Map<string, Map<string | number, Cell>>, what: string, outcome: string | number,
): Cell {
  const outcomes = cells.get(what) ?? new Map<string | number, Cell>();
  cells.set(what, outcomes);
  const cell = outcomes.get(outcome) ?? { count: 0 };
  outcomes.set(outcome, cell);
  return cell;
}
