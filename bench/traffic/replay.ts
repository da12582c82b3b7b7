import { Prng } from '../../server/core/prng.ts';
import { inTimeOrder } from '../../server/demo/time-order.ts';
import type { Action, Ask } from './action.ts';
import type { Profile } from './profile.ts';
import type { SeenVisit } from './seen.ts';
import { drawGaps, K, questions } from './visit.ts';

const UNDER_WAY_SECONDS = 1800; // before the start: whose visits last until then are there at the beginning
const LINES_MAX = 1000; // of one order, as the wire takes it

export interface ReplayOptions {
  readonly seed: number;
  readonly startMs: number; // what the data set's first moment becomes
  readonly tag: string;
  /** Visits a second where the data set has no times: they come by chance at this rate. */
  readonly visitsPerSecond: number;
  /** Of gaps between pages and of what pages ask for, where the data set does not say. */
  readonly profile: Profile;
}

/**
 * What happened in a shop, as requests: visits and views in their order, at their times where the data set has
 * any. `visits` are in order of time, but for what lies apart by less than a day in the file.
 */
export function* replay(visits: readonly SeenVisit[], options: ReplayOptions): Generator<Action> {
  const timed = visits.every(({ startMs }) => startMs !== undefined);
  const ordered = timed ? [...visits].sort((a, b) => (a.startMs as number) - (b.startMs as number)) : visits;
  const firstMs = ordered[0]?.startMs ?? 0;
  const lists = function* (): Generator<readonly Action[]> {
    const chance = new Prng(options.seed + 3);
    const quarter = visits.length / 4 / options.visitsPerSecond;
    let atMs = options.startMs - Math.min(UNDER_WAY_SECONDS, quarter) * 1000;
    for (const [i, visit] of ordered.entries()) {
      if (timed) atMs = options.startMs + (visit.startMs as number) - firstMs;
      else atMs += (-Math.log(1 - chance.float()) * 1000) / options.visitsPerSecond;
      const actions = visitAgain(new Prng(options.seed * 1_000_003 + i), visit, `${options.tag}-r${i}`, atMs, options);
      if (actions.length > 0) yield actions;
    }
  };
  yield* inTimeOrder(lists());
}

function visitAgain(
  prng: Prng, visit: SeenVisit, session: string, startMs: number, { profile, tag }: ReplayOptions,
): Action[] {
  const { items = [], order, customer, country, zone } = visit;
  const actions: Action[] = [];
  let [atMs, count] = [startMs, 0];
  const add = (ask: Ask): void => void actions.push({
    atMs, ask, session, who: 'visitor', ...(customer !== undefined && { customer: `${tag}-${customer}` }),
  });
  const event = (type: 'item_view' | 'purchase', named: readonly { item: string }[]): void => add({
    op: 'event',
    event: {
      id: `${session}-${(count += 1)}`, type, items: named,
      ...(zone !== undefined && { timeZone: zone }), ...(country !== undefined && { country }),
    },
  });
  const shownMs = profile.page.renderSeconds * 1000;
  if (order) {
    event('purchase', order.slice(0, LINES_MAX));
    atMs += shownMs;
    add({ op: 'recommend', placement: 'cart', k: K });
    return actions;
  }
  const gaps = visit.gaps ?? drawGaps(prng, profile.gaps, Math.max(0, items.length - 1));
  let viewedMs = startMs;
  items.forEach((item, i) => {
    if (i > 0) viewedMs += Math.max(0, gaps[i - 1] as number) * 1000;
    atMs = Math.max(viewedMs, atMs); // a page asks before the next one is opened
    event('item_view', [{ item }]);
    atMs += shownMs;
    for (const ask of questions(prng, profile.page, item, 'visitor')) add(ask);
  });
  return actions;
}

/** Seconds from the first to the last visit; NaN where there are no times. */
export function spanSeconds(visits: readonly SeenVisit[]): number {
  let [first, last] = [Infinity, -Infinity];
  for (const { startMs } of visits) {
    if (startMs === undefined) return NaN;
    first = Math.min(first, startMs);
    last = Math.max(last, startMs);
  }
  return (last - first) / 1000;
}
