import type { Prng } from '../../server/core/prng.ts';
import type { Device, EventType } from '../../server/wire/schema.ts';
import type { Action, Ask, TrafficEvent, Who } from './action.ts';
import { drawLognormal } from './laws/lognormal-mix.ts';
import type { Person } from './people.ts';
import type { Gaps, Page, Profile } from './profile.ts';

const GAP_SECONDS_MAX = 1799; // a longer silence ends a visit
const SPREAD_MIN = 0.1;
export const K = 20; // items asked for
const DEVICES: readonly Device[] = ['phone', 'phone', 'phone', 'desktop', 'desktop', 'tablet'];
export const CRAWLER = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)';

/** What the page of an item asks for. Who scrapes it takes the page alone. */
export function questions(prng: Prng, page: Page, item: string, who: Who): Ask[] {
  const asks: Ask[] = [];
  if (who !== 'scraper' && prng.float() < page.recommend) asks.push({ op: 'recommend', placement: 'product',
    item, k: K });
  if (who === 'visitor' && prng.float() < page.similar) asks.push({ op: 'similar', item, k: K });
  if (who === 'visitor' && prng.float() < page.insight) asks.push({ op: 'insight' });
  return asks;
}

/** All that is known of a visit before its times and questions are drawn. */
export interface VisitPlan {
  readonly session: string;
  readonly who: Who;
  readonly person: Person;
  readonly zone: string;
  readonly country: string;
  readonly items: readonly string[];
  readonly eager: number; // added to the log odds of an order
  readonly startMs: number;
}

/** Seconds between the views of a visit with so many gaps. */
export function drawGaps(prng: Prng, { mix, pace, hurry }: Gaps, count: number): number[] {
  const factor = Math.exp(pace * prng.normal()) * Math.max(1, count) ** -hurry;
  const within = mix.map((part) =>
    ({ ...part, spread: Math.sqrt(Math.max(SPREAD_MIN ** 2, part.spread ** 2 - pace ** 2)) }));
  return Array.from({ length: count }, () => Math.min(GAP_SECONDS_MAX, factor * drawLognormal(prng, within)));
}

/** Programs do not read: crawlers wait out of politeness, scrapers hardly at all. */
function robotGaps(prng: Prng, who: Who, count: number): number[] {
  const [least, span] = who === 'crawler' ? [1, 2] : [0.05, 0.25];
  return Array.from({ length: count }, () => least + span * prng.float());
}

/** What a visit's pages tell and ask the server, in order of time, and whether it ended in an order. */
export function visitActions(prng: Prng, plan: VisitPlan, profile: Profile): { actions: Action[];
  gaps: number[]; bought: boolean } {
  const { session, who, person, zone, country, items } = plan;
  const { buying, page } = profile;
  const gaps = who === 'visitor' ? drawGaps(prng, profile.gaps, items.length - 1) : robotGaps(prng, who,
    items.length - 1);
  const actions: Action[] = [];
  const device = prng.pick(DEVICES);
  let [atMs, count] = [plan.startMs, 0];
  const add = (ask: Ask): void => {
    const customer = person.customer === undefined || who !== 'visitor' ? {} : { customer: person.customer };
    actions.push({ atMs, ask, session, who, ...customer });
  };
  const tell = (type: EventType, named: TrafficEvent['items']): void => add({
    op: 'event',
    event: {
      id: `${session}-${(count += 1)}`, type, items: named, visitor: person.visitor, timeZone: zone, country,
        device,
      ...(who === 'crawler' && { userAgent: CRAWLER }),
    },
  });
  const odds = buying.base + buying.slope * Math.log(items.length) + plan.eager;
  const chance = 1 / (1 + Math.exp(-odds));
  const buys = who === 'visitor' && prng.float() < chance;
  const carts = buys || (who === 'visitor' &&
    prng.float() < Math.min(1, (chance * buying.abandoned) / (1 - buying.abandoned) / Math.max(1e-9,
      1 - chance)));
  const cart = new Set<string>();
  const shown = page.renderSeconds * 1000;
  items.forEach((item, i) => {
    if (i > 0) atMs = Math.max(atMs, plan.startMs) + (gaps[i - 1] as number) * 1000;
    const viewedMs = atMs;
    tell('item_view', [{ item }]);
    atMs = viewedMs + shown;
    for (const ask of questions(prng, page, item, who)) add(ask);
    const last = i === items.length - 1 && cart.size === 0;
    if (carts && !cart.has(item) && (last || prng.float() < buying.share)) {
      const waitMs = i < gaps.length ? Math.min(3000, 500 * (gaps[i] as number)) : 3000;
      atMs = viewedMs + Math.max(shown, waitMs);
      cart.add(item);
      tell('cart_add', [{ item, quantity: 1 }]);
    }
    atMs = viewedMs;
  });
  if (carts) {
    atMs = (actions.at(-1) as Action).atMs + 1000 * drawGaps(prng, profile.gaps, 1)[0]!;
    tell('cart_view', []);
    atMs += shown;
    add({ op: 'recommend', placement: 'cart', k: K });
  }
  if (buys) {
    for (const type of ['checkout_start', 'purchase'] as const) {
      atMs += 1000 * drawGaps(prng, profile.gaps, 1)[0]!;
      tell(type, [...cart].map((item) => ({ item, quantity: 1 })));
    }
  }
  return { actions: actions.sort((a, b) => a.atMs - b.atMs), gaps, bought: buys };
}
