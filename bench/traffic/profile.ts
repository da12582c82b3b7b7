import { readFileSync } from 'node:fs';
import { ServeError } from '../../server/core/errors.ts';
import { isZone } from '../../server/core/zone.ts';
import type { CutPower } from './laws/cut-power.ts';
import type { LognormalMix } from './laws/lognormal-mix.ts';

/** What a shop's traffic is like: laws only, no item, session or customer of anybody. */
export interface Profile {
  readonly vitrineTraffic: 1;
  readonly name: string;
  /** Where each law is from: a data set, or `assumed`. */
  readonly from: Readonly<Record<LawName, string>>;
  /** Of an item by its rank, 1 being the most viewed. */
  readonly popularity: CutPower;
  /** Item views of a visit. */
  readonly length: CutPower;
  readonly steps: Steps;
  readonly gaps: Gaps;
  /** Visits in each hour of the week beside the mean, by the visitor's clock; Monday 0:00 first. */
  readonly week: readonly number[];
  /** Where visitors are: IANA zones; shares add up to 1. */
  readonly zones: readonly { readonly zone: string; readonly country: string; readonly share: number }[];
  readonly returns: Returns;
  readonly buying: Buying;
  readonly page: Page;
  readonly promotions: { readonly items: number; readonly share: number };
  readonly bots: Bots;
  readonly sales: readonly FlashSale[];
}

export const LAW_NAMES = [
  'popularity', 'length', 'steps', 'gaps', 'week', 'zones', 'returns', 'buying', 'page', 'promotions', 'bots',
    'sales',
] as const;
export type LawName = (typeof LAW_NAMES)[number];

/** From one item view to the next. What is left goes to an item by its popularity. */
export interface Steps {
  readonly again: number; // the same item once more
  readonly back: number; // an item of the visit before that, where there is one
  readonly near: number; // an item like the last one
  /** How near: of all views, the share that lies between two items of a near step, on average. */
  readonly reach: number;
}

/** Seconds from one page to the next. */
export interface Gaps {
  readonly mix: LognormalMix; // of a visit with two pages
  /** Visits have a pace: deviation of its logarithm, part of the mixture's. */
  readonly pace: number;
  /** A visit with n gaps has gaps that are n^-hurry times as long. */
  readonly hurry: number;
}

/** After each visit the customer comes back with chance `comes`, after a gap of the mixture, in days. */
export interface Returns {
  readonly comes: number;
  readonly mix: LognormalMix;
  /** Share of visitors that the shop knows by name. */
  readonly known: number;
}

/** The log odds that a visit of n item views ends in an order: base + slope ln n. */
export interface Buying {
  readonly base: number;
  readonly slope: number;
  /** Of the visits in which something was put into the cart, those that end in no order. */
  readonly abandoned: number;
  /** Share of the viewed items that are in the cart. */
  readonly share: number;
}

/** What a shop's page asks the server for with each item view: chances. */
export interface Page {
  readonly recommend: number;
  readonly similar: number;
  readonly insight: number;
  /** Seconds from an event to the questions of the page that shows it. */
  readonly renderSeconds: number;
}

/** Shares of visits. Crawlers say what they are, by their user agent; scrapers do not. */
export interface Bots {
  readonly crawlers: number;
  readonly scrapers: number;
}

/** More visitors at once: within `riseSeconds` to `peak` times the usual, then less by half a `halfLifeSeconds`. */
export interface FlashSale {
  readonly atSeconds: number; // from the traffic's start
  readonly seconds: number;
  readonly riseSeconds: number;
  readonly halfLifeSeconds: number;
  readonly peak: number;
  readonly items: number; // on sale: what its visitors look at
}

/** Fails with `bad_argument` where the file holds no profile that can be simulated. */
export function readProfile(path: string): Profile {
  let value: Profile;
  try {
    value = JSON.parse(readFileSync(path, 'utf8')) as Profile;
  } catch (error) {
    throw new ServeError('bad_argument', `${path} is no profile of traffic: ${(error as Error).message}`);
  }
  const wrong = whatIsWrong(value);
  if (wrong !== null) throw new ServeError('bad_argument', `${path} is no profile of traffic: ${wrong}`);
  return value;
}

const isShare = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value <= 1;
const isPositive = (value: unknown): boolean => typeof value === 'number' && value > 0 &&
  Number.isFinite(value);
const isLaw = (law: CutPower | undefined): boolean =>
  !!law && Number.isInteger(law.from) && Number.isInteger(law.to) && law.from >= 1 && law.to >= law.from &&
  law.to <= 1e8 && law.exponent >= 0 && law.shift >= 0 && isPositive(law.cutoff);
const isMix = (mix: LognormalMix | undefined): boolean =>
  Array.isArray(mix) && mix.length > 0 &&
  mix.every(({ share, mean, spread }) => isShare(share) && Number.isFinite(mean) && isPositive(spread)) &&
  Math.abs(mix.reduce((sum, { share }) => sum + share, 0) - 1) < 1e-3;

/** The first thing that no simulation can do with; null where all is well. */
export function whatIsWrong(profile: Partial<Profile> | null): string | null {
  if (typeof profile !== 'object' || profile === null || profile.vitrineTraffic !== 1) {
    return "it lacks 'vitrineTraffic': 1";
  }
  const { popularity, length, steps, gaps, week, zones, returns, buying, page, bots, promotions,
    sales } = profile;
  if (!isLaw(popularity)) return 'popularity is no law';
  if (!isLaw(length) || (length as CutPower).to > 10_000) return 'length is no law, or goes beyond 10,000 views';
  const sums = !!steps && isShare(steps.again + steps.back + steps.near);
  if (!sums || !isShare(steps.again) || !isShare(steps.back) || !isShare(steps.near) || !isShare(steps.reach)) {
    return 'steps are no shares';
  }
  if (!gaps || !isMix(gaps.mix) || !(gaps.pace >= 0) || !Number.isFinite(gaps.hurry)) return 'gaps are no law';
  if (!Array.isArray(week) || week.length !== 168 || !week.every((x) => x >= 0) || !week.some((x) => x > 0)) {
    return 'week is no list of 168 factors';
  }
  if (!Array.isArray(zones) || zones.length === 0 || !zones.every(({ zone, share }) =>
    typeof zone === 'string' && isZone(zone) && isShare(share))) {
    return 'zones are no time zones with shares';
  }
  if (!returns || !isShare(returns.comes) || !isMix(returns.mix) ||
    !isShare(returns.known)) return 'returns are no law';
  if (!buying || ![buying.base, buying.slope].every(Number.isFinite) || !isShare(buying.abandoned) ||
    buying.abandoned === 1 || !isShare(buying.share)) return 'buying is no law';
  if (!page || ![page.recommend, page.similar, page.insight].every(isShare) || !(page.renderSeconds >= 0)) {
    return 'page has no chances';
  }
  if (!bots || !isShare(bots.crawlers + bots.scrapers)) return 'bots have no shares';
  if (!promotions || !isShare(promotions.share) || !Number.isInteger(promotions.items) ||
    promotions.items < 0) {
    return 'promotions have no number of items, or no share';
  }
  const sold = Array.isArray(sales) && sales.every((sale) =>
    sale.atSeconds >= 0 && [sale.seconds, sale.halfLifeSeconds, sale.items].every(isPositive) &&
    sale.riseSeconds >= 0 && sale.peak >= 1 && Number.isInteger(sale.items));
  return sold ? null : 'sales are not described';
}
