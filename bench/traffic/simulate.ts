import { Prng } from '../../server/core/prng.ts';
import { offsetMs } from '../../server/core/zone.ts';
import { inTimeOrder } from '../../server/demo/time-order.ts';
import type { Action, Who } from './action.ts';
import { arrivals } from './arrivals.ts';
import { Circle, walk } from './catalogue.ts';
import { Draws } from './laws/cut-power.ts';
import { People, type Person } from './people.ts';
import type { Profile } from './profile.ts';
import type { SeenVisit } from './seen.ts';
import { visitActions } from './visit.ts';

export interface TrafficOptions {
  readonly seed: number;
  readonly startMs: number; // the shop's clock at the beginning
  readonly seconds: number; // of the shop's clock
  readonly visitsPerDay: number; // on average over a week
  /** Visits of the seconds before count from here on too: they are under way at the beginning. */
  readonly before?: number; // 1800
  /** Begins the ids of sessions, customers and events: runs with other tags have nothing in common. */
  readonly tag?: string; // of the seed
  /** What the shop calls the item of a rank. */
  readonly itemName?: (rank: number) => string;
}

/** One visit: what it asks for, and what a data set would hold of it. */
export interface SimulatedVisit {
  readonly startMs: number;
  readonly actions: readonly Action[];
  readonly seen: SeenVisit;
  readonly who: Who;
  readonly sale: number; // that brought it; -1: none
}

const WEEK_MS = 7 * 86_400_000;
const SALE_SHARE = 0.7; // of the views of who came for a sale
const SALE_EAGER = 1;
const ROBOT_VIEWS = { crawler: [20, 80], scraper: [40, 160] } as const; // at least, and up to so many more

/** Everything that a profile's traffic asks for, in order of time. The same options give the same requests. */
export function* simulateTraffic(profile: Profile, options: TrafficOptions): Generator<Action> {
  const { startMs, seconds } = options;
  for (const action of inTimeOrder(actionsOf(simulateVisits(profile, options)))) {
    if (action.atMs >= startMs + seconds * 1000) return;
    if (action.atMs >= startMs) yield action;
  }
}

function* actionsOf(visits: Iterable<SimulatedVisit>): Generator<readonly Action[]> {
  for (const { actions } of visits) yield actions;
}

/** Visits in the order in which they begin, until the end. */
export function* simulateVisits(profile: Profile, options: TrafficOptions): Generator<SimulatedVisit> {
  const { seed, startMs, seconds, visitsPerDay, before = 1800, tag = `t${seed}` } = options;
  const itemName = options.itemName ?? ((rank: number) => `item-${rank - 1}`);
  const circle = new Circle(profile.popularity, seed);
  const lengths = Draws.of(profile.length);
  const people = profile.zones.map((_, i) => new People(profile.returns, profile.zones.length > 1
    ? `${tag}-z${i}` : tag));
  const chance = new Prng(seed + 1);
  let offers = { week: NaN, items: [] as number[] };
  const sales = profile.sales.map((sale, i) => some(new Prng(seed * 31 + i), circle, sale.items));
  let number = 0;
  for (const { atMs, zone, sale } of arrivals(chance, profile, visitsPerDay, startMs - before * 1000,
    startMs)) {
    if (atMs >= startMs + seconds * 1000) return;
    number += 1;
    const week = Math.floor(atMs / WEEK_MS);
    if (week !== offers.week) {
      offers = { week, items: some(new Prng(seed * 7919 + week), circle, profile.promotions.items) };
    }
    const prng = new Prng(seed * 1_000_003 + number); // its own: what one visit does changes no other's chances
    const who = sale >= 0 ? 'visitor' : whoComes(prng, profile);
    const person: Person = who === 'visitor' ? people[zone]!.comes(prng, atMs) : {
      visitor: `${tag}-b${number}` };
    const ranks = who === 'visitor' ? walk(prng, circle, profile.steps, lengths.next(prng)) : roam(prng, who,
      profile);
    const shown = sale >= 0 ? [sales[sale] as number[], SALE_SHARE] as const : [offers.items,
      profile.promotions.share] as const;
    const items = ranks.map((rank) =>
      itemName(who === 'visitor' && shown[0].length > 0 && prng.float() < shown[1] ? prng.pick(shown[0])
        : rank));
    const { zone: name, country } = profile.zones[zone] as Profile['zones'][number];
    const plan = {
      session: `${tag}-s${number}`, who, person, zone: name, country, items, eager: sale >= 0 ? SALE_EAGER : 0,
        startMs: atMs,
    };
    const { actions, gaps, bought } = visitActions(prng, plan, profile);
    const seen: SeenVisit = {
      items, gaps, startMs: atMs, wallMs: atMs + offsetMs(atMs, name), country, zone: name, bought,
      ...(person.customer !== undefined && { customer: person.customer }),
    };
    yield { startMs: atMs, actions, seen, who, sale };
  }
}

function whoComes(prng: Prng, { bots }: Profile): Who {
  const chance = prng.float();
  if (chance < bots.crawlers) return 'crawler';
  return chance < bots.crawlers + bots.scrapers ? 'scraper' : 'visitor';
}

/** Programs look at whatever there is, each item as likely as the next. */
function roam(prng: Prng, who: 'crawler' | 'scraper', { popularity }: Profile): number[] {
  const [least, more] = ROBOT_VIEWS[who];
  const span = popularity.to - popularity.from + 1;
  return Array.from({ length: least + prng.below(more) }, () => popularity.from + prng.below(span));
}

/** Different items, the more popular the likelier. */
function some(prng: Prng, circle: Circle, count: number): number[] {
  const items = new Set<number>();
  for (let tries = 0; items.size < count && tries < 20 * count; tries += 1) items.add(circle.at(prng.float()));
  return [...items];
}

const SAMPLE = 2000;

/** How many visits a day ask so much: requests a second, on average over a week, without sales. */
export function visitsPerDayFor(profile: Profile, requestsPerSecond: number): number {
  const sampled = { seed: 1, startMs: Date.UTC(2026, 0, 5), seconds: Infinity, visitsPerDay: 100_000,
    before: 0 };
  let [visits, requests] = [0, 0];
  const small = { ...profile, sales: [], popularity: { ...profile.popularity,
    to: Math.min(profile.popularity.to, 1000) } };
  for (const { actions } of simulateVisits(small, sampled)) {
    requests += actions.length;
    if ((visits += 1) === SAMPLE) break;
  }
  return (86_400 * requestsPerSecond * visits) / requests;
}
