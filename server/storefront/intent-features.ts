/**
 * What the intent model sees of a session. The same function serves the live path and the training
 * recipe, so the two can't drift apart. Pure: no clock, no state, no look at what comes later.
 */
import type { EventType, ShopEvent } from '../wire/schema.ts';

/** Everything the features are made of, gathered in one pass over the session. */
interface Summary {
  readonly counts: Record<EventType, number>;
  readonly views: Map<string, number>; // item -> views
  readonly cart: Map<string, CartLine>;
  events: number;
  repeatViews: number; // views of an item seen before
  pricedViews: number;
  pricesViewed: number; // sum over priced views
  lastView: string;
  lastViewRun: number; // views of `lastView` at the end of the session
  purchases: number;
  eventsSincePurchase: number;
  recommended: number; // events that came from a recommendation
  known: boolean;
  firstMs: number;
  lastMs: number;
  lastGapMs: number; // between the last two events
  lastType: EventType | '';
  nowMs: number;
}
interface CartLine {
  quantity: number;
  price: number; // of one; 0 when the shop did not say
}

/**
 * Name and value of each feature. Counts and times go through log1p, so that one very long session
 * does not dwarf the rest; flags are 0 or 1. The order is part of every trained model.
 */
const TABLE: Readonly<Record<string, (s: Summary) => number>> = {
  log_events: (s) => Math.log1p(s.events),
  log_item_views: (s) => Math.log1p(s.counts.item_view),
  log_distinct_items: (s) => Math.log1p(s.views.size),
  repeat_view_share: (s) => share(s.repeatViews, s.counts.item_view),
  last_item_views: (s) => Math.log1p(s.views.get(s.lastView) ?? 0),
  last_item_run: (s) => Math.log1p(s.lastViewRun),
  log_list_views: (s) => Math.log1p(s.counts.list_view + s.counts.home_view),
  log_searches: (s) => Math.log1p(s.counts.search),
  log_wishlist_adds: (s) => Math.log1p(s.counts.wishlist_add),
  log_cart_adds: (s) => Math.log1p(s.counts.cart_add),
  log_cart_removes: (s) => Math.log1p(s.counts.cart_remove),
  cart_open: (s) => flag(s.cart.size > 0),
  log_cart_value: (s) => Math.log1p(cartValue(s.cart)),
  log_cart_views: (s) => Math.log1p(s.counts.cart_view),
  checkout_started: (s) => flag(s.counts.checkout_start > 0 && s.eventsSincePurchase > 0),
  bought_before: (s) => flag(s.purchases > 0),
  log_events_since_purchase: (s) => (s.purchases > 0 ? Math.log1p(s.eventsSincePurchase) : 0),
  log_mean_price: (s) => Math.log1p(share(s.pricesViewed, s.pricedViews)),
  last_is_view: (s) => flag(s.lastType === 'item_view' || s.lastType === 'item_click'),
  last_is_cart_add: (s) => flag(s.lastType === 'cart_add'),
  last_is_checkout: (s) => flag(s.lastType === 'cart_view' || s.lastType === 'checkout_start'),
  log_session_seconds: (s) => Math.log1p(seconds(s.lastMs - s.firstMs)),
  log_mean_gap_seconds: (s) =>
    Math.log1p(seconds(share(s.lastMs - s.firstMs, Math.max(0, s.events - 1)))),
  log_last_gap_seconds: (s) => Math.log1p(seconds(s.lastGapMs)),
  log_idle_seconds: (s) => (s.events > 0 ? Math.log1p(seconds(s.nowMs - s.lastMs)) : 0),
  from_recommendation: (s) => flag(s.recommended > 0),
  known_customer: (s) => flag(s.known),
};

/** Names of the features, in the order of the model's input. */
export const INTENT_FEATURES: readonly string[] = Object.keys(TABLE);
const OF = Object.values(TABLE);

/**
 * The features of one session at `nowMs`, `[INTENT_FEATURES.length]`, all finite. `events` are the
 * session's own, in any order; those later than `nowMs` are not looked at, so a caller whose clock
 * may be behind the shop's passes the later of its own time and the newest event's. No events give
 * zeros.
 */
export function intentFeatures(events: readonly ShopEvent[], nowMs: number): Float32Array {
  const summary = emptySummary(nowMs);
  for (const event of inTimeOrder(events)) {
    if (event.atMs <= nowMs) take(summary, event);
  }
  const values = new Float32Array(OF.length);
  for (let at = 0; at < OF.length; at += 1) values[at] = OF[at]!(summary);
  return values;
}

function emptySummary(nowMs: number): Summary {
  const counts: Record<EventType, number> = {
    home_view: 0, list_view: 0, search: 0, item_click: 0, item_view: 0, wishlist_add: 0,
    cart_add: 0, cart_remove: 0, cart_view: 0, checkout_start: 0, purchase: 0, refund: 0,
  };
  return {
    counts, views: new Map(), cart: new Map(), events: 0, repeatViews: 0, pricedViews: 0,
    pricesViewed: 0, lastView: '', lastViewRun: 0, purchases: 0, eventsSincePurchase: 0,
    recommended: 0, known: false, firstMs: 0, lastMs: 0, lastGapMs: 0, lastType: '', nowMs,
  };
}

/** Late arrivals are put in their place; the usual case, already in order, costs no copy. */
function inTimeOrder(events: readonly ShopEvent[]): readonly ShopEvent[] {
  const ordered = events.every((event, at) => at === 0 || event.atMs >= events[at - 1]!.atMs);
  return ordered ? events : events.toSorted((a, b) => a.atMs - b.atMs);
}

function take(s: Summary, event: ShopEvent): void {
  if (s.events === 0) s.firstMs = event.atMs;
  else s.lastGapMs = event.atMs - s.lastMs;
  s.lastMs = event.atMs;
  s.lastType = event.type;
  s.events += 1;
  s.eventsSincePurchase += 1;
  s.counts[event.type] += 1;
  if (event.attribution !== undefined) s.recommended += 1;
  if (event.customer !== undefined) s.known = true;

  switch (event.type) {
    case 'item_view': takeView(s, event); break;
    case 'cart_add': for (const line of event.items) addToCart(s, line); break;
    case 'cart_remove': for (const line of event.items) removeFromCart(s, line); break;
    case 'purchase':
      s.purchases += 1;
      s.eventsSincePurchase = 0;
      s.cart.clear();
      break;
  }
}

function takeView(s: Summary, event: ShopEvent): void {
  for (const { item, price } of event.items) {
    const before = s.views.get(item) ?? 0;
    s.views.set(item, before + 1);
    if (before > 0) s.repeatViews += 1;
    s.lastViewRun = item === s.lastView ? s.lastViewRun + 1 : 1;
    s.lastView = item;
    if (price === undefined) continue;
    s.pricedViews += 1;
    s.pricesViewed += Math.max(0, price);
  }
}

type Line = ShopEvent['items'][number];

function addToCart(s: Summary, { item, quantity, price }: Line): void {
  const line = s.cart.get(item);
  s.cart.set(item, {
    quantity: (line?.quantity ?? 0) + quantity,
    price: Math.max(0, price ?? line?.price ?? 0),
  });
}

function removeFromCart(s: Summary, { item, quantity }: Line): void {
  const line = s.cart.get(item);
  if (!line) return;
  if (line.quantity <= quantity) s.cart.delete(item);
  else line.quantity -= quantity;
}

function cartValue(cart: ReadonlyMap<string, CartLine>): number {
  let value = 0;
  for (const { quantity, price } of cart.values()) value += quantity * price;
  return value;
}

/** part / whole, and 0 of nothing. */
function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

function flag(is: boolean): number {
  return is ? 1 : 0;
}

function seconds(ms: number): number {
  return Math.max(0, ms) / 1000;
}
