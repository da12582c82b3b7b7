/**
 * Where the numbers of a customer's history lie: one row of doubles, first what is counted over all
 * time, then a row for each day that is remembered, oldest first. All of them are sums of integers,
 * minima, maxima and sets of bits, so that the order in which events come does not change one bit.
 */

/** Counted over all time. `mills` are thousandths of the shop's currency, whole numbers. */
export const TOTAL = {
  firstMs: 0, // of any event; Infinity: there was none
  lastMs: 1,
  firstBuyMs: 2, // Infinity: bought nothing
  lastBuyMs: 3,
  firstBuyDay: 4, // local, since 1970-01-01
  orders: 5, // purchase events
  paidMills: 6,
  paidUnits: 7, // of lines that say a price
  pricedLines: 8,
  boughtUnits: 9,
  boughtLines: 10,
  discountMills: 11,
  discountLines: 12,
  refunds: 13,
  refundMills: 14,
  views: 15,
  viewMills: 16, // prices of one, of views that say one
  pricedViews: 17,
  discountViews: 18,
  forgottenBuyDays: 19, // days whose row has made room: how many were bought on,
  forgottenMaxMills: 20, // and the most that was paid on one of them
  forgottenDays: 21,
  zoneAtMs: 22, // of the newest event that says a zone, a country, a device
  countryAtMs: 23,
  country: 24, // its number in COUNTRIES; -1: unknown
  deviceAtMs: 25,
  device: 26, // its number in DEVICES; -1: unknown
  categoryUnits: 27, // then CATEGORY_BUCKETS counts of units bought
} as const;

/** Units bought are counted by a hash of their category: two in one bucket count as one category. */
export const CATEGORY_BUCKETS = 16;
/** Distinct items bought are counted by bits that their hashes set, 32 to a cell. */
export const ITEM_CELLS = 8;
export const ITEMS_AT = TOTAL.categoryUnits + CATEGORY_BUCKETS;
export const TOTALS = ITEMS_AT + ITEM_CELLS;

/** One local day of a customer. */
export const DAY = {
  day: 0, // since 1970-01-01
  views: 1, // of items, clicks on them included
  searches: 2, // and lists
  cartAdds: 3,
  orders: 4, // 0: nothing was bought on it
  mills: 5, // paid
  units: 6,
  lines: 7,
  kinds: 8, // different items, purchase by purchase
  firstMinute: 9, // of the day: when its first purchase was; -1: none
  sessions: 10, // then SESSIONS_MAX of them, by hash, smallest first; -1: none
} as const;

/** Sessions that a day tells apart. They are the ones of the smallest hashes, whichever came first. */
export const SESSIONS_MAX = 4;
export const DAY_WIDTH = DAY.sessions + SESSIONS_MAX;

/** A session of a day is hash * SESSION_FLAGS + what happened in it. */
export const SESSION_FLAGS = 4;
export const CARTED = 1;
export const BOUGHT = 2;

/** Raised when the cells of a history mean something else than they did. */
export const LAYOUT_VERSION = 2;

/** What is remembered of one customer at most: 51 + 64 * 14 doubles, 7 KB, in room for up to twice that. */
export const HISTORY_LIMITS = {
  daysMax: 32, // newest days of any event
  buyDaysMax: 32, // newest days of a purchase, besides
  lineMills: 1e11, // a line counts for 100 million of the currency at most: sums stay whole numbers
  quantity: 1e6, // of one line
} as const;

/** Money as whole thousandths, so that sums do not depend on their order. */
export function toMills(amount: number): number {
  return Math.min(HISTORY_LIMITS.lineMills, Math.round(amount * 1000));
}

/** 32 bits of a text (FNV-1a over UTF-16 units, mixed once more). The same everywhere, for ever. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
  return (hash ^ (hash >>> 16)) >>> 0;
}
