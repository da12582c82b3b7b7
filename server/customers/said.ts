import { type TimingSaid, WEEKDAYS, type Weekday } from '../wire/schema.ts';
import { bestMoment, type Habits } from './contact.ts';
import { BIN_ENDS, buyWithin, expectedDay, survivalOf } from './survival.ts';
import { weekdayOf } from './timing-inputs.ts';

/** Days that churn and value speak of, and that their models learn from. */
export const WINDOW_DAYS = 90;

const scratch = new Float64Array(BIN_ENDS.length); // read before the next customer's

/** What hazards come to. `own` and `shop` say on which days and hours purchases are made. */
export function timingSaid(
  hazards: ArrayLike<number>, horizons: readonly number[], landmark: number, own: Habits, shop: Habits,
): TimingSaid {
  const survival = survivalOf(hazards, hazards.length === scratch.length ? scratch : undefined);
  const { chance, day, from, to } = expectedDay(survival);
  const best = bestMoment(survival, landmark, own, shop);
  const within: Record<string, number> = {};
  for (const days of horizons) within[days] = buyWithin(survival, days);
  return {
    within,
    chance, expectedDay: day, low: from, high: to,
    bestMoment: {
      date: dateOf(best.day),
      weekday: WEEKDAYS[weekdayOf(best.day)] as Weekday,
      hour: best.hour,
      uplift: best.uplift,
    },
  };
}

const DATES_MAX = 1000;
const dates = new Map<number, string>(); // most answers name one of the next fortnight's days

function dateOf(day: number): string {
  let text = dates.get(day);
  if (text !== undefined) return text;
  text = new Date(day * 86_400_000).toISOString().slice(0, 10);
  if (dates.size >= DATES_MAX) dates.clear();
  dates.set(day, text);
  return text;
}
