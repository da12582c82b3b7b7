import assert from 'node:assert/strict';

/** Buckets an octave is cut into: a percentile is at most 1/32 (3.1 %) above the true value. */
const STEPS = 32;
const STEP_BITS = 5;
const OCTAVES = 32 - STEP_BITS; // values reach 2^32 - 1: 71 minutes in microseconds
const BUCKETS = STEPS + OCTAVES * STEPS;
export const HISTOGRAM_VALUE_MAX = 2 ** 32 - 1;

/** What a histogram holds, as another thread can be sent it. */
export interface HistogramState {
  readonly counts: Float64Array;
  readonly count: number;
  readonly sum: number;
  readonly max: number;
}

/** Counts of non-negative integers in fixed memory (7 KiB), exact up to 32, then in log steps. */
export class Histogram {
  readonly #counts = new Float64Array(BUCKETS); // doubles: they count to 2^53
  #count = 0;
  #sum = 0;
  #max = 0;

  get count(): number {
    return this.#count;
  }

  /** Of the values as recorded, not of their buckets. */
  get sum(): number {
    return this.#sum;
  }

  get max(): number {
    return this.#max;
  }

  /**
   * A value that was met `times` times. Fractions are dropped; what lies outside
   * 0..HISTOGRAM_VALUE_MAX counts as the nearest end.
   */
  record(value: number, times = 1): void {
    if (times === 0) return;
    const whole = value > 0 ? Math.min(Math.floor(value), HISTOGRAM_VALUE_MAX) : 0;
    const bucket = bucketOf(whole);
    this.#counts[bucket] = (this.#counts[bucket] as number) + times;
    this.#count += times;
    this.#sum += whole * times;
    if (whole > this.#max) this.#max = whole;
  }

  /**
   * The largest value of the bucket in which the share `quantile` (0..1) of all values is reached,
   * never more than `max`; 0 when nothing was recorded.
   */
  percentile(quantile: number): number {
    assert.ok(quantile >= 0 && quantile <= 1, `quantile ${quantile}`);
    const rank = Math.max(1, Math.ceil(quantile * this.#count));
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      seen += this.#counts[bucket] as number;
      if (seen >= rank) return Math.min(bucketEnd(bucket), this.#max);
    }
    return 0;
  }

  /** How many values were at most `value`; values of the bucket that `value` cuts are left out. */
  countAtMost(value: number): number {
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS && bucketEnd(bucket) <= value; bucket += 1) {
      seen += this.#counts[bucket] as number;
    }
    return seen;
  }

  /** Adds all that `other` has seen: threads and processes keep their own and merge to report. */
  merge(other: Histogram): void {
    this.add(other.state);
  }

  /** The same, of one on another thread. */
  add({ counts, count, sum, max }: HistogramState): void {
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      this.#counts[bucket] = (this.#counts[bucket] as number) + (counts[bucket] as number);
    }
    this.#count += count;
    this.#sum += sum;
    this.#max = Math.max(this.#max, max);
  }

  /** Not a copy: it goes on counting. */
  get state(): HistogramState {
    return { counts: this.#counts, count: this.#count, sum: this.#sum, max: this.#max };
  }

  /** Cumulative counts at the given bounds, as `/metrics` prints them. */
  cumulative(bounds: readonly number[]): {
    readonly bounds: readonly number[];
    readonly counts: readonly number[];
    readonly count: number;
    readonly sum: number;
  } {
    const counts = bounds.map((bound) => this.countAtMost(bound));
    return { bounds, counts, count: this.#count, sum: this.#sum };
  }
}

function bucketOf(value: number): number {
  if (value < STEPS) return value;
  const octave = 31 - Math.clz32(value) - STEP_BITS; // 0 for 32..63
  return STEPS + octave * STEPS + ((value >>> octave) - STEPS);
}

/** The largest value that falls into the bucket. */
function bucketEnd(bucket: number): number {
  if (bucket < STEPS) return bucket;
  const octave = Math.floor(bucket / STEPS) - 1;
  return ((bucket % STEPS) + STEPS + 1) * 2 ** octave - 1;
}
