import { type TimingSaid, WEEKDAYS, type Weekday } from '../wire/schema.ts';
import { bestMoment, type Habits } from './contact.ts';
import { buyWithin, expectedDay, survivalOf } from './survival.ts';
import { weekdayOf } from './timing-inputs.ts';

/** Days that churn and value speak of, and that their models learn from. */
export const WINDOW_DAYS = 90;

/** What hazards come to. `own` and `shop` say on which days and hours purchases are made. */
export function timingSaid(
  hazards: ArrayLike<number>, horizons: readonly number[], landmark: number, own: Habits, shop: Habits,
): TimingSaid {
  const survival = survivalOf(hazards);
  const { chance, day, from, to } = expectedDay(survival);
  const best = bestMoment(survival, landmark, own, shop);
  return {
    within: Object.fromEntries(horizons.map((days) => [days, buyWithin(survival, days)])),
    chance, expectedDay: day, low: from, high: to,
    bestMoment: {
      date: new Date(best.day * 86_400_000).toISOString().slice(0, 10),
      weekday: WEEKDAYS[weekdayOf(best.day)] as Weekday,
      hour: best.hour,
      uplift: best.uplift,
    },
  };
}
