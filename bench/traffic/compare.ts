import { Prng } from '../../server/core/prng.ts';
import type { Profile } from './profile.ts';
import { Seen } from './seen.ts';
import { simulateVisits } from './simulate.ts';
import { drawGaps } from './visit.ts';

/** One law: what a data set shows, beside what its simulation does. */
export interface Comparison {
  readonly law: string; // and its unit
  /** Largest distance of the two distribution functions (Kolmogorov-Smirnov). */
  readonly ks: number;
  readonly quantiles: readonly { readonly at: number; readonly real: number; readonly simulated: number }[];
  /** Sorted values, thinned: for pictures. */
  readonly real: Float64Array;
  readonly simulated: Float64Array;
  readonly logarithmic: boolean;
}

/** Shares that are no distributions: a number on each side. */
export interface ShareComparison {
  readonly what: string;
  readonly real: number;
  readonly simulated: number;
}

const QUANTILES = [0.1, 0.5, 0.9, 0.99];
const KEPT = 4000;
const VISITS_MAX = 200_000;

/**
 * As many visits as the data set has, over as long a time, by people alone: data sets were rid of programs before
 * they were published. Pages that were only counted are compared visit by visit, with as many pages each.
 */
export function compare(
  seen: Seen, profile: Profile, seed: number,
): { comparisons: Comparison[]; shares: ShareComparison[] } {
  const clean: Profile = {
    ...profile, bots: { crawlers: 0, scrapers: 0 }, sales: [], promotions: { items: 0, share: 0 },
    ...(seen.steps.all === 0 && { steps: { ...profile.steps, again: 0, back: 0 } }), // orders name an item once
  };
  const simulated = new Seen();
  if (seen.views.size > 0) {
    const days = Math.max(1, seen.days);
    const startMs = seen.firstMs || Date.UTC(2026, 0, 5);
    const options = { seed, startMs, seconds: Infinity, visitsPerDay: Math.max(seen.visits, 1) / days,
      before: 0 };
    const wanted = Math.min(VISITS_MAX, seen.visits);
    for (const visit of simulateVisits(clean, options)) {
      const { gaps: _gaps, ...rest } = visit.seen;
      simulated.add(seen.steps.all === 0 ? { ...rest, order: [] } : rest);
      if (simulated.visits === wanted) break;
    }
  }
  const comparisons: Comparison[] = [];
  const add = (law: string, real: number[], other: number[], logarithmic = true): void => {
    if (real.length > 0 && other.length > 0) comparisons.push(compared(law, real, other, logarithmic));
  };
  const { popularity, length, week, returns, gaps } = profile.from;
  const shows = (law: string): boolean => law !== 'assumed';
  if (seen.views.size > 0 && shows(popularity)) add('item, by rank', byRank(seen.ranked()),
    byRank(simulated.ranked()));
  if (seen.views.size > 0 && shows(length)) add('items of a visit', byCount(seen.lengths),
    byCount(simulated.lengths));
  if (sum(seen.week) > 0 && shows(week)) add('hour of the week', byHour(seen.week), byHour(simulated.week),
    false);
  if (seen.customers > 0 && shows(returns)) add('days to the next visit', seen.returns().seen,
    simulated.returns().seen);
  if (seen.means.length > 0 && shows(gaps)) {
    const prng = new Prng(seed);
    const [real, other]: [number[], number[]] = [[], []];
    for (let i = 0; i < seen.means.length; i += 2) {
      const count = seen.means[i] as number;
      real.push(seen.means[i + 1] as number);
      other.push(sum(drawGaps(prng, profile.gaps, count)) / count);
    }
    add('seconds between pages, mean of a visit', real, other);
  }
  return { comparisons, shares: sharesOf(seen, simulated, profile) };
}

function sharesOf(seen: Seen, simulated: Seen, { buying, from }: Profile): ShareComparison[] {
  const shares: ShareComparison[] = [];
  const of = ({ steps }: Seen, what: 'again' | 'back'): number => steps[what] / Math.max(1, steps.all);
  if (seen.steps.all > 0) {
    shares.push(
      { what: 'steps to the same item', real: of(seen, 'again'), simulated: of(simulated, 'again') },
      { what: 'steps back to an earlier item', real: of(seen, 'back'), simulated: of(simulated, 'back') },
      { what: 'other steps that nobody took before', real: seen.newPairsOf(VISITS_MAX),
        simulated: simulated.newPairs },
    );
  }
  if (seen.buying.length > 0 && from.buying !== 'assumed') {
    for (const [least, most] of [[1, 4], [5, 19], [20, 79], [80, Infinity]] as const) {
      const among = seen.buying.filter(({ pages }) => pages >= least && pages <= most);
      if (among.length === 0) continue;
      const chance = ({ pages }: { pages: number }): number =>
        1 / (1 + Math.exp(-buying.base - buying.slope * Math.log(pages)));
      shares.push({
        what: `visits of ${most === Infinity ? `${least} pages and more` : `${least} to ${most} pages`} that buy`,
        real: among.filter(({ bought }) => bought).length / among.length,
        simulated: sum(among.map(chance)) / among.length,
      });
    }
  }
  if (seen.customers > 0) {
    const each = (one: Seen): number => one.named / Math.max(1, one.customers);
    shares.push({ what: 'visits of a known customer', real: each(seen), simulated: each(simulated) });
  }
  return shares;
}

/** Pure: of two samples, of any size. */
export function compared(law: string, real: number[], simulated: number[], logarithmic: boolean): Comparison {
  const a = Float64Array.from(real).sort();
  const b = Float64Array.from(simulated).sort();
  return {
    law, logarithmic, ks: distance(a, b),
    quantiles: QUANTILES.map((at) => ({ at, real: quantile(a, at), simulated: quantile(b, at) })),
    real: thinned(a), simulated: thinned(b),
  };
}

/** Kolmogorov-Smirnov, of sorted samples with ties. */
export function distance(a: Float64Array, b: Float64Array): number {
  let [i, j, most] = [0, 0, 0];
  while (i < a.length && j < b.length) {
    const value = Math.min(a[i] as number, b[j] as number);
    while (i < a.length && (a[i] as number) <= value) i += 1;
    while (j < b.length && (b[j] as number) <= value) j += 1;
    most = Math.max(most, Math.abs(i / a.length - j / b.length));
  }
  return most;
}

const quantile = (sorted: Float64Array, at: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(at * sorted.length))] as number;

function thinned(sorted: Float64Array): Float64Array {
  if (sorted.length <= KEPT) return sorted;
  return Float64Array.from({ length: KEPT }, (_, i) => quantile(sorted, i / (KEPT - 1)));
}

/** Each view is worth its item's rank. */
const byRank = (ranked: readonly number[]): number[] => ranked.flatMap((views, i) => repeated(i + 1, views));
const byCount = (visits: readonly number[]): number[] =>
  Array.from(visits, (count, length) => repeated(length, count ?? 0)).flat();
const byHour = (week: Float64Array): number[] => [...week].flatMap((visits, hour) => repeated(hour, visits));
const repeated = (value: number, times: number): number[] => new Array<number>(times).fill(value);
const sum = (values: ArrayLike<number>): number => Array.prototype.reduce.call(values, (a, b) =>
  (a as number) + (b as number), 0) as number;

