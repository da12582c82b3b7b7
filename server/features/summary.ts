import { offsetMs } from '../core/zone.ts';
import { dayFacts, localTime, weekdayOf, type DayFacts, type LocalTime } from './calendar.ts';
import { COUNTRIES } from './countries.ts';
import type { History, ShopFacts } from './history.ts';
import {
  BOUGHT, CARTED, CATEGORY_BUCKETS, DAY, DAY_WIDTH, ITEM_CELLS, ITEMS_AT, SESSION_FLAGS,
  SESSIONS_MAX, TOTAL, TOTALS,
} from './layout.ts';

const DAY_MS = 86_400_000;

/** What lies within so many days: today and the days before it. */
export const WINDOWS = [1, 7, 14, 30, 60, 90, 180] as const;

/** What features are made of: a history as it is at a moment, read once. */
export interface Summary {
  readonly total: (place: number) => number; // a cell of `TOTAL`
  readonly sinceMs: (moment: number) => number; // of a total that is a moment; NaN: it never was
  readonly local: LocalTime;
  readonly facts: DayFacts;
  readonly country: number; // in COUNTRIES, or -1
  readonly offsetHours: number;
  readonly buyDays: number; // distinct local days with a purchase, ever
  readonly activeDays: number;
  readonly priced: boolean; // whether any line bought says a price
  readonly maxMills: number; // on one day
  readonly buys: readonly BuyDay[]; // the newest, oldest first
  readonly gaps: readonly number[]; // days between those, at least 1
  readonly gapMean: number; // over all buying days; NaN with fewer than 2
  readonly within: readonly Window[]; // in the order of WINDOWS
  readonly remembered: Window; // all days that are
  readonly decayed7: number; // active days, each of weight exp(-age / 7)
  readonly decayed30: number;
  readonly visitsSinceBuy: number; // sessions on days after the last purchase's
  readonly categoryUnits: readonly number[]; // of buckets that are not empty
  readonly itemsDistinct: number; // estimated
}

export interface BuyDay {
  readonly day: number;
  readonly mills: number;
  readonly weekday: number;
  readonly minute: number; // of the day
}

export interface Window {
  readonly activeDays: number;
  readonly buyDays: number;
  readonly mills: number;
  readonly sessions: number;
  readonly cartSessions: number;
  readonly abandoned: number; // of those, without a purchase
  readonly buySessions: number;
  readonly views: number;
  readonly searches: number;
  readonly cartAdds: number;
}

/** Nothing that came later than `nowMs` may be in the history: it is not told apart. */
export function summarise(history: History, nowMs: number, shop: ShopFacts): Summary {
  const { cells, rowCount } = history;
  const total = (place: number): number => cells[place] as number;
  const offset = offsetMs(nowMs, history.zone === '' ? shop.timeZone : history.zone);
  const local = localTime(nowMs + offset);
  const country = total(TOTAL.country);
  const windows = WINDOWS.map(emptyWindow);
  const remembered = emptyWindow();
  const buys: BuyDay[] = [];
  const gaps: number[] = [];
  let [decayed7, decayed30, visitsSinceBuy] = [0, 0, 0];
  for (let row = 0; row < rowCount; row++) {
    const place = TOTALS + row * DAY_WIDTH;
    const day = total(place);
    // An event of a zone that is ahead of the customer's may be of tomorrow there.
    const age = Math.max(0, local.day - day);
    const sessions = addSessions(remembered, cells, place);
    addDay(remembered, cells, place);
    for (let i = WINDOWS.length - 1; i >= 0 && age < (WINDOWS[i] as number); i--) {
      addSessions(windows[i] as Mutable<Window>, cells, place);
      addDay(windows[i] as Mutable<Window>, cells, place);
    }
    decayed7 += Math.exp(-age / 7);
    decayed30 += Math.exp(-age / 30);
    visitsSinceBuy += sessions;
    if (total(place + DAY.orders) === 0) continue;
    visitsSinceBuy = 0;
    const before = buys.at(-1);
    if (before) gaps.push(day - before.day);
    const minute = total(place + DAY.firstMinute);
    buys.push({ day, mills: total(place + DAY.mills), weekday: weekdayOf(day), minute });
  }
  const buyDays = buys.length + total(TOTAL.forgottenBuyDays);
  const lastDay = buys.at(-1)?.day ?? NaN;
  return {
    total, local, country, buyDays, buys, gaps, remembered, decayed7, decayed30, visitsSinceBuy,
    sinceMs: (place) => (Number.isFinite(total(place)) ? Math.max(0, nowMs - total(place)) : NaN),
    facts: dayFacts(local.day, COUNTRIES[country]),
    offsetHours: offset / 3_600_000,
    activeDays: rowCount + total(TOTAL.forgottenDays),
    priced: total(TOTAL.pricedLines) > 0,
    maxMills: buys.reduce((most, { mills }) => Math.max(most, mills), total(TOTAL.forgottenMaxMills)),
    gapMean: buyDays > 1 ? (lastDay - total(TOTAL.firstBuyDay)) / (buyDays - 1) : NaN,
    within: windows,
    categoryUnits: [...cells.subarray(TOTAL.categoryUnits, TOTAL.categoryUnits + CATEGORY_BUCKETS)]
      .filter((units) => units > 0),
    itemsDistinct: distinctItems(cells),
  };
}

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

function emptyWindow(): Mutable<Window> {
  return {
    activeDays: 0, buyDays: 0, mills: 0, sessions: 0, cartSessions: 0, abandoned: 0, buySessions: 0,
    views: 0, searches: 0, cartAdds: 0,
  };
}

function addDay(window: Mutable<Window>, cells: Float64Array, place: number): void {
  window.activeDays += 1;
  window.buyDays += (cells[place + DAY.orders] as number) > 0 ? 1 : 0;
  window.mills += cells[place + DAY.mills] as number;
  window.views += cells[place + DAY.views] as number;
  window.searches += cells[place + DAY.searches] as number;
  window.cartAdds += cells[place + DAY.cartAdds] as number;
}

/** How many sessions the day has. */
function addSessions(window: Mutable<Window>, cells: Float64Array, place: number): number {
  let sessions = 0;
  for (; sessions < SESSIONS_MAX; sessions++) {
    const entry = cells[place + DAY.sessions + sessions] as number;
    if (entry < 0) break;
    const flags = entry % SESSION_FLAGS;
    window.cartSessions += (flags & CARTED) > 0 ? 1 : 0;
    window.abandoned += flags === CARTED ? 1 : 0;
    window.buySessions += (flags & BOUGHT) > 0 ? 1 : 0;
  }
  window.sessions += sessions;
  return sessions;
}

/** Linear counting: exact but for items whose bits coincide, some 5 % off at 500 items. */
function distinctItems(cells: Float64Array): number {
  const bits = ITEM_CELLS * 32;
  let clear = bits;
  for (let i = 0; i < ITEM_CELLS; i++) {
    for (let cell = cells[ITEMS_AT + i] as number; cell > 0; cell = (cell & (cell - 1)) >>> 0) clear -= 1;
  }
  return bits * Math.log(bits / Math.max(1, clear));
}

export { DAY_MS };
