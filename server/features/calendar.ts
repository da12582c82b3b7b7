import { isWeekend, paydaysOf } from './countries.ts';
import { holidayDays } from './holidays.ts';

/** A moment on the wall of a zone. */
export interface LocalTime {
  readonly day: number; // since 1970-01-01
  readonly hour: number; // with its fraction, 0..24
  readonly weekday: number; // 0 is Sunday
  readonly month: number; // 0..11
  readonly yearPart: number; // 0 on the first of January, below 1
}

/** What a day is to who lives by the calendar of a country. Days are counted forwards and backwards. */
export interface DayFacts {
  readonly weekend: boolean;
  readonly holiday: number; // 1 or 0; NaN where the country's are unknown
  readonly toHoliday: number; // days to the next one, this day's own included; NaN: none within a year
  readonly sinceHoliday: number;
  readonly toPayday: number;
  readonly sincePayday: number;
  readonly toEvent: number; // days to the next of `shoppingDays`, this day's own included
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const FACTS_MAX = 20_000; // days of all countries together

/** `localMs` is a wall clock's reading as if it were UTC. */
export function localTime(localMs: number): LocalTime {
  const day = Math.floor(localMs / DAY_MS);
  const { year, month } = dateOf(day);
  const first = dayOf(year, 0, 1);
  return {
    day, month, hour: (localMs - day * DAY_MS) / HOUR_MS, weekday: weekdayOf(day),
    yearPart: (day - first) / (dayOf(year + 1, 0, 1) - first),
  };
}

let factsOf = new Map<string, Map<number, DayFacts>>();
let factsCount = 0;

/** Looked up once for each country and day: customers of one country share it. */
export function dayFacts(day: number, country: string | undefined): DayFacts {
  const key = country ?? '';
  let days = factsOf.get(key);
  if (!days) factsOf.set(key, (days = new Map()));
  let known = days.get(day);
  if (known) return known;
  if (factsCount >= FACTS_MAX) {
    factsOf = new Map([[key, (days = new Map())]]);
    factsCount = 0;
  }
  known = makeFacts(day, country);
  days.set(day, known);
  factsCount += 1;
  return known;
}

function makeFacts(day: number, country: string | undefined): DayFacts {
  const isHoliday = (one: number): boolean => {
    const days = country === undefined ? null : holidayDays(country, dateOf(one).year);
    return days !== null && days.includes(one);
  };
  const known = country !== undefined && holidayDays(country, dateOf(day).year) !== null;
  const isPay = (one: number): boolean => isPayday(one, country);
  return {
    weekend: isWeekend(weekdayOf(day), country),
    holiday: known ? Number(isHoliday(day)) : NaN,
    toHoliday: known ? distance(day, 1, isHoliday) : NaN,
    sinceHoliday: known ? distance(day, -1, isHoliday) : NaN,
    toPayday: distance(day, 1, isPay),
    sincePayday: distance(day, -1, isPay),
    toEvent: distance(day, 1, isShoppingDay),
  };
}

/** Days from `day` on, that one included, until one is found; NaN: none within a year. */
function distance(day: number, step: 1 | -1, found: (day: number) => boolean): number {
  for (let away = 0; away <= 366; away++) if (found(day + step * away)) return away;
  return NaN;
}

/** What falls on a weekend is paid on the working day before. Holidays are not looked at. */
function isPayday(day: number, country: string | undefined): boolean {
  const { year, month, date } = dateOf(day);
  for (const payday of paydaysOf(country)) {
    // Of this month, and of the next, whose first days may be paid in this one.
    for (const later of [0, 1]) {
      const length = dateOf(dayOf(year, month + later + 1, 1) - 1).date;
      let due = dayOf(year, month + later, payday === 0 ? length : Math.min(payday, length));
      while (isWeekend(weekdayOf(due), country)) due -= 1;
      if (due === dayOf(year, month, date)) return true;
    }
  }
  return false;
}

/**
 * Days on which shops sell most, the same in every country: Valentine's, 18 June, Singles' Day, Black
 * Friday (the day after November's fourth Thursday) and the Monday after, 12 December, Christmas.
 */
function isShoppingDay(day: number): boolean {
  const { month, date } = dateOf(day);
  if (FIXED_EVENTS.has(month * 100 + date)) return true;
  if (month === 10 && date >= 23 && date <= 29 && weekdayOf(day) === 5) return true; // Black Friday
  const friday = dateOf(day - 3);
  return weekdayOf(day) === 1 && friday.month === 10 && friday.date >= 23 && friday.date <= 29;
}
const FIXED_EVENTS = new Set([114, 518, 1011, 1112, 1125]); // month from 0, and date

export function weekdayOf(day: number): number {
  return (((day + 4) % 7) + 7) % 7; // 1970-01-01 was a Thursday
}

/** Year, month from 0 and date of a day since 1970-01-01. */
export function dateOf(day: number): { year: number; month: number; date: number } {
  const date = new Date(day * DAY_MS);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth(), date: date.getUTCDate() };
}

/** The day since 1970-01-01; months and dates may run over. */
export function dayOf(year: number, month: number, date: number): number {
  return Date.UTC(year, month, date) / DAY_MS;
}
