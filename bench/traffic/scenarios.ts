import { ServeError } from '../../server/core/errors.ts';
import type { Action } from './action.ts';
import { inTimeOrder } from '../../server/demo/time-order.ts';
import type { Profile } from './profile.ts';
import { simulateVisits, type TrafficOptions, visitsPerDayFor } from './simulate.ts';

/**
 * ETUDE's (Kersbergen et al., ICDE 2024): a session model asked for the next 21 items with each click, over
 * catalogues of growing size; good is what 90 % are answered in. Sizes are of its repository, rates as we recall them.
 */
export interface Scenario {
  readonly about: string;
  readonly items: number;
  readonly rate: number; // requests a second
  readonly p90MsMax: number;
}

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'groceries-small': { about: 'a grocery store', items: 10_000, rate: 100, p90MsMax: 50 },
  'groceries-large': { about: 'a large grocery store', items: 100_000, rate: 250, p90MsMax: 50 },
  fashion: { about: 'a fashion shop', items: 1_000_000, rate: 500, p90MsMax: 50 },
  'e-commerce': { about: 'a shop for everything', items: 10_000_000, rate: 1000, p90MsMax: 50 },
  platform: { about: 'a platform of many shops', items: 20_000_000, rate: 1000, p90MsMax: 50 },
};

const K = 21;
const ITEMS_MAX = 50; // newest, of one question

/** Fails with `bad_argument` naming the scenarios there are. */
export function scenarioNamed(name: string): Scenario {
  const found = Object.hasOwn(SCENARIOS, name) ? SCENARIOS[name] : undefined;
  if (found) return found;
  throw new ServeError('bad_argument',
    `there is no scenario '${name}'; there are ${Object.keys(SCENARIOS).join(', ')}`);
}

/** The laws of a shop over the scenario's catalogue; its pages ask for nothing but the next items. */
export function scenarioProfile({ items }: Scenario, laws: Profile): Profile {
  const { popularity } = laws;
  const scale = items / popularity.to; // the same shape over more items
  return {
    ...laws,
    popularity: { ...popularity, to: items, cutoff: popularity.cutoff * scale },
    steps: { ...laws.steps, reach: laws.steps.reach / scale },
    page: { recommend: 0, similar: 0, insight: 0, renderSeconds: 0 },
    bots: { crawlers: 0, scrapers: 0 }, promotions: { items: 0, share: 0 },
  };
}

/** Each view asks what comes next, with all that was viewed so far. No events: nothing is remembered. */
export function* scenarioTraffic(profile: Profile, options: TrafficOptions): Generator<Action> {
  const { startMs, seconds } = options;
  const asked = function* (): Generator<readonly Action[]> {
    for (const { actions } of simulateVisits(profile, options)) {
      const items: string[] = [];
      yield actions.flatMap(({ atMs, ask, session, who }) => {
        if (ask.op !== 'event' || ask.event.type !== 'item_view') return [];
        items.push(...ask.event.items.map(({ item }) => item));
        return [{ atMs, session, who, ask: { op: 'next', items: items.slice(-ITEMS_MAX), k: K } } as Action];
      });
    }
  };
  for (const action of inTimeOrder(asked())) {
    if (action.atMs >= startMs + seconds * 1000) return;
    if (action.atMs >= startMs) yield action;
  }
}

/** Visits a day that ask a scenario's rate: one question a view. */
export function scenarioVisits(profile: Profile, rate: number): number {
  return visitsPerDayFor({ ...profile, buying: { base: -50, slope: 0, abandoned: 0, share: 0 } }, rate);
}
