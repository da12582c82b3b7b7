/** Public holidays by country, from the tables of date-holidays, of which this is the only importer. */
import { createRequire } from 'node:module';
import type Holidays from 'date-holidays';
import { COUNTRIES } from './countries.ts';

const DAY_MS = 86_400_000;
const YEARS_KNOWN_MAX = 2000; // of all countries: some 100 bytes each

/**
 * Loaded when a country is first asked for: it takes 0.2 s, and a shop that names no country needs
 * none of it.
 */
let library: typeof Holidays | undefined;
let known = new Map<string, Int32Array | null>(); // country and year -> days; null: no such country
const calendars = new Map<string, Holidays>();

/**
 * Days of public holidays of a country in a year, since 1970-01-01, in order; each day of a holiday of
 * several. Null where the country or its holidays are unknown. Holidays of half a day are left out.
 */
export function holidayDays(country: string, year: number): Int32Array | null {
  const key = `${country} ${year}`;
  let days = known.get(key);
  if (days === undefined) {
    if (known.size >= YEARS_KNOWN_MAX) known = new Map();
    days = COUNTRIES.includes(country) ? look(country, year) : null;
    known.set(key, days);
  }
  return days;
}

function look(country: string, year: number): Int32Array | null {
  library ??= createRequire(import.meta.url)('date-holidays') as typeof Holidays;
  let calendar = calendars.get(country);
  if (!calendar) {
    calendar = new library(country, { types: ['public', 'bank'] });
    calendars.set(country, calendar);
  }
  const found = calendar.getHolidays(year);
  if (!found || found.length === 0) return null;
  const days = new Set<number>();
  for (const { date, start, end } of found) {
    // `date` is a wall's in the country; start and end are moments, whose distance is its length.
    const length = Math.round((end.getTime() - start.getTime()) / DAY_MS * 10) / 10;
    const first = Date.parse(`${date.slice(0, 10)}T00:00:00Z`) / DAY_MS;
    for (let i = 0; i + 0.9 < length || (i === 0 && length >= 0.9); i++) days.add(first + i);
  }
  return Int32Array.from(days).sort();
}
