import { Prng } from '../../../server/core/prng.ts';
import { RobotWatch } from '../../../server/storefront/robot-watch.ts';
import { intentFeatures } from '../../../server/storefront/intent-features.ts';
import { mayTeach, type ShopEvent } from '../../../server/wire/schema.ts';

/** Moments of sessions, oldest session first. */
export interface IntentExamples {
  readonly rows: readonly Float32Array[]; // what the live path would see at that moment
  readonly bought: Uint8Array; // 1: the session goes on to a purchase
  readonly cartOpen: Uint8Array; // 1: something is in the cart, the rule to beat
  readonly sessions: Uint32Array; // by example: its session's number, rising
}

const MOMENTS_MAX = 40; // of one session, evenly spread: a robot's visit is one visit
const DELAY_SECONDS = { least: 1, most: 900 };

/** Sessions cut by silence, in order of their first event, without what may not be learned from. */
export function intentSessions(events: Iterable<ShopEvent>, silenceMs: number): ShopEvent[][] {
  const byId = new Map<string, ShopEvent[]>();
  for (const event of events) {
    if (!mayTeach(event)) continue;
    const list = byId.get(event.session);
    if (list) list.push(event);
    else byId.set(event.session, [event]);
  }
  const sessions: ShopEvent[][] = [];
  for (const list of byId.values()) {
    let session: ShopEvent[] = [];
    for (const event of list.toSorted((a, b) => a.atMs - b.atMs)) {
      const last = session.at(-1);
      if (!last || event.atMs > last.atMs + silenceMs) sessions.push((session = []));
      session.push(event);
    }
  }
  return sessions.filter((one) => !isRobots(one)).sort((a, b) => a[0]!.atMs - b[0]!.atMs);
}

/** By its pace, as live sessions are judged. */
function isRobots(session: readonly ShopEvent[]): boolean {
  const watch = new RobotWatch();
  for (const event of session) watch.see(event);
  return watch.robot;
}

/**
 * What is asked of the model, and the answer. Each event gives two moments: right after it, and
 * some time later if the visitor was still silent then. How long is drawn without a look ahead, so
 * silence means in training what it means live.
 */
export function intentExamples(sessions: readonly ShopEvent[][], seed: number): IntentExamples {
  const prng = new Prng(seed);
  const rows: Float32Array[] = [];
  const bought: number[] = [];
  const cartOpen: number[] = [];
  const numbers: number[] = [];
  sessions.forEach((session, number) => {
    for (const nowMs of moments(session, prng)) {
      rows.push(intentFeatures(session, nowMs)); // looks at nothing after nowMs
      bought.push(session.some((e) => e.type === 'purchase' && e.atMs > nowMs) ? 1 : 0);
      cartOpen.push(hasCart(session, nowMs) ? 1 : 0);
      numbers.push(number);
    }
  });
  return {
    rows,
    bought: Uint8Array.from(bought),
    cartOpen: Uint8Array.from(cartOpen),
    sessions: Uint32Array.from(numbers),
  };
}

function moments(session: readonly ShopEvent[], prng: Prng): number[] {
  const step = Math.max(1, session.length / MOMENTS_MAX);
  const times: number[] = [];
  for (let place = 0; place < session.length; place += step) {
    const at = Math.floor(place);
    const { atMs } = session[at]!;
    const nextMs = session[at + 1]?.atMs ?? Infinity;
    const { least, most } = DELAY_SECONDS;
    const laterMs = atMs + Math.round(1000 * least * (most / least) ** prng.float());
    if (atMs < nextMs) times.push(atMs); // events of one time are one moment
    if (laterMs < nextMs) times.push(laterMs);
  }
  return times;
}

function hasCart(session: readonly ShopEvent[], nowMs: number): boolean {
  const cart = new Map<string, number>();
  for (const event of session) {
    if (event.atMs > nowMs) break;
    if (event.type === 'purchase') cart.clear();
    for (const { item, quantity } of event.items) {
      if (event.type === 'cart_add') cart.set(item, (cart.get(item) ?? 0) + quantity);
      if (event.type !== 'cart_remove') continue;
      const left = (cart.get(item) ?? 0) - quantity;
      if (left > 0) cart.set(item, left);
      else cart.delete(item);
    }
  }
  return cart.size > 0;
}

/** Examples `from .. to` of the list, sharing its memory. */
function sliceExamples(all: IntentExamples, from: number, to: number): IntentExamples {
  return {
    rows: all.rows.slice(from, to),
    bought: all.bought.subarray(from, to),
    cartOpen: all.cartOpen.subarray(from, to),
    sessions: all.sessions.subarray(from, to),
  };
}

/** Cuts by whole sessions in time order: `shares` of the sessions, oldest first, adding up to 1. */
export function splitByTime(all: IntentExamples, shares: readonly number[]): IntentExamples[] {
  const count = (all.sessions.at(-1) ?? -1) + 1;
  let from = 0;
  let sum = 0;
  return shares.map((share, part) => {
    sum += share;
    const last = part === shares.length - 1;
    const end = all.sessions.findIndex((session) => session >= Math.round(sum * count));
    const to = last || end < 0 ? all.rows.length : end;
    const slice = sliceExamples(all, from, to);
    from = to;
    return slice;
  });
}
