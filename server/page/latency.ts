/** The last so many durations, for the panel: newest, median, and the line between. */
export class Latency {
  #values: readonly number[] = [];

  constructor(private readonly keepMax = 60) {}

  add(ms: number): void {
    this.#values = [...this.#values, ms].slice(-this.keepMax);
  }

  /** Oldest first. */
  get values(): readonly number[] {
    return this.#values;
  }

  get last(): number | undefined {
    return this.#values.at(-1);
  }

  get median(): number | undefined {
    return median(this.#values);
  }
}

/** The middle value, or the mean of the two in the middle; `undefined` of nothing. */
export function median(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  const high = sorted.length >> 1;
  const low = (sorted.length - 1) >> 1;
  return ((sorted[low] as number) + (sorted[high] as number)) / 2;
}

/**
 * The points of a line through `values` in a box of `width` x `height`, as SVG's `points` takes
 * them. The highest value touches the top; a single value lies in the middle of the box's width.
 */
export function linePoints(values: readonly number[], width: number, height: number): string {
  const top = Math.max(...values, 1e-9);
  const step = values.length > 1 ? width / (values.length - 1) : 0;
  const startX = values.length > 1 ? 0 : width / 2;
  return values
    .map((value, i) => `${round(startX + i * step)},${round(height * (1 - value / top))}`)
    .join(' ');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
