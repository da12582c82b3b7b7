import { systemClock } from '../core/clock.ts';
import type { Store } from '../store/store.ts';
import type { ShopEvent } from '../wire/schema.ts';
import { DAY_MS } from './calendar.ts';
import { DEMO_SEED, makeCatalogue } from './catalogue.ts';
import { simulate } from './simulator.ts';

/** How much past the demo shop has: about 24,000 events. */
const HISTORY: History = { seed: DEMO_SEED, days: 28, visits: 4000 };

const EVENTS_IN_ONE_COMMIT = 4000;

interface History {
  readonly seed: number; // of who comes and what they do; the shop's items stay the same
  readonly days: number;
  readonly visits: number; // about
}

/**
 * Puts the demo shop into an empty store: its items, and the visits of the four weeks before
 * `nowMs`. The same seed brings the same shop; the shoppers' clocks follow `nowMs`.
 */
export async function seedDemo(store: Store, nowMs = systemClock.wallMs()): Promise<void> {
  const catalogue = makeCatalogue(DEMO_SEED);
  const events = demoHistory(nowMs);

  await store.putItems(catalogue.map(({ id, title, categories, price, inStock, picture }) =>
    ({ id, title, categories, price, inStock, picture })));
  for (let at = 0; at < events.length; at += EVENTS_IN_ONE_COMMIT) {
    await store.append(events.slice(at, at + EVENTS_IN_ONE_COMMIT));
  }
  await store.putNote('demo', { seed: DEMO_SEED, seededMs: nowMs });
}

/** The demo shop's past up to `nowMs`, in time order; nothing in it is later. */
export function demoHistory(nowMs: number, history: History = HISTORY): ShopEvent[] {
  const startMs = nowMs - history.days * DAY_MS;
  const visitsPerDay = history.visits / history.days;
  const visits = simulate(makeCatalogue(DEMO_SEED), {
    seed: history.seed, startMs, visitsPerDay, visits: Infinity,
  });
  const events: ShopEvent[] = [];
  for (const event of visits) {
    if (event.atMs > nowMs) break;
    events.push(event);
  }
  return events;
}
