import type { Columns } from '../../snapshot-file.ts';
import { keepAllowed, NO_ROW } from '../candidates.ts';
import type { Candidates, Source } from '../candidates.ts';
import type { RetrievalQuery } from '../retriever.ts';
import { Decayed } from './decayed.ts';

const RECENT_HALF_LIVES = 4; // fast ones, after which an item is out of the running
const VIEWS_MIN = 3; // of late, under which nothing is a trend
const DEVIATIONS_MIN = 1; // above the expected, under which it is chance
const STALE_SHARE = 0.05; // of a fast half-life: observations after which the order is made anew

/**
 * What there is more interest in of late than there was: an item's views with a fast decay against those
 * that its share with a slow decay would have given it, in the standard deviations of chance. The score
 * of SigniTrend (Schubert, Weiler & Kriegel, KDD 2014), with forward decay for its moving averages.
 * Half-lives are in observations, so that a quiet night is no trend. 16 bytes an item.
 */
export class Trending implements Source {
  readonly reason = 'trending';
  readonly #fast: Decayed;
  readonly #slow: Decayed;
  readonly #recent: Uint32Array; // rows observed of late, a ring
  #observed = 0;
  #orderedAt = -1;
  #order = new Uint32Array(0); // rows above themselves, most first
  #scores = new Map<number, number>(); // of those

  constructor(private readonly options: { readonly fast: number; readonly slow: number }) {
    this.#fast = new Decayed(options.fast);
    this.#slow = new Decayed(options.slow);
    this.#recent = new Uint32Array(Math.ceil(RECENT_HALF_LIVES * options.fast)).fill(NO_ROW);
  }

  get bytes(): number {
    return this.#fast.bytes + this.#slow.bytes + this.#recent.byteLength;
  }

  observe(row: number, weight: number): void {
    this.#fast.observe(row, weight);
    this.#slow.observe(row, weight);
    this.#recent[this.#observed % this.#recent.length] = row;
    this.#observed += 1;
  }

  /** Hidden rows may be among them: they are few, and the blend leaves them out. */
  find({ allow }: RetrievalQuery, into: Candidates): void {
    const stale = STALE_SHARE * Math.min(this.options.fast, this.#orderedAt);
    if (this.#orderedAt < 0 || this.#observed - this.#orderedAt > stale) this.#sort();
    const { rows, scores, because } = into;
    into.count = keepAllowed(allow, this.#order, rows);
    because.fill(NO_ROW, 0, into.count);
    for (let i = 0; i < into.count; i++) scores[i] = this.#scores.get(rows[i] as number) as number;
    into.normalise();
  }

  save(): Columns {
    return {
      trendingFast: this.#fast.save(),
      trendingSlow: this.#slow.save(),
      trendingRecent: this.#recent.slice(),
      trendingObserved: Float64Array.of(this.#observed),
    };
  }

  load(saved: Columns): void {
    this.#fast.load(saved['trendingFast'] as Float64Array);
    this.#slow.load(saved['trendingSlow'] as Float64Array);
    this.#recent.set(saved['trendingRecent'] as Uint32Array);
    this.#observed = saved['trendingObserved']?.[0] as number;
    this.#orderedAt = -1;
  }

  #sort(): void {
    this.#orderedAt = this.#observed;
    this.#scores = new Map();
    const share = this.#fast.total / Math.max(this.#slow.total, 1e-9);
    for (const row of new Set(this.#recent)) {
      if (row === NO_ROW) continue;
      const views = this.#fast.of(row);
      const expected = this.#slow.of(row) * share;
      const score = (views - expected) / Math.sqrt(expected + 1);
      if (views >= VIEWS_MIN && score > DEVIATIONS_MIN) this.#scores.set(row, score);
    }
    const best = [...this.#scores].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
    this.#order = Uint32Array.from(best, ([row]) => row);
  }
}
