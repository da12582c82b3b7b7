import { COUNTRIES, isSouthern } from './countries.ts';
import { family, type Feature } from './feature.ts';
import type { Summary } from './summary.ts';

/** Own buying fades: a purchase weighs half as much after so many days. */
const HABIT_HALF_LIFE_DAYS = 180;
const HOURS_SPREAD = 2; // a purchase says something of the hours around it

const NEVER = 'has bought nothing';
const NO_COUNTRY = 'the country, or its holidays, are unknown';

const calendar = family('calendar');
const turn = (part: number): number => 2 * Math.PI * part;

/** Twelve o'clock is near one: sine and cosine say so, and a number from 0 to 23 does not. */
function circle(name: string, en: string, zh: string, part: (s: Summary) => number): Feature[] {
  return [
    calendar(`${name}_sin`, 'sine', [-1, 1], 'plain', { en: `${en} (sine)`, zh: `${zh}（正弦）` },
      (s) => Math.sin(turn(part(s)))),
    calendar(`${name}_cos`, 'cosine', [-1, 1], 'plain', { en: `${en} (cosine)`, zh: `${zh}（余弦）` },
      (s) => Math.cos(turn(part(s)))),
  ];
}

export const CALENDAR_FEATURES: readonly Feature[] = [
  ...circle('hour', 'hour of their day', '当地时刻', (s) => s.local.hour / 24),
  ...circle('weekday', 'day of their week', '当地星期', (s) => s.local.weekday / 7),
  ...circle('month', 'month', '月份', (s) => s.local.month / 12),
  ...circle('season', 'season, from midwinter', '季节（自隆冬起）',
    (s) => s.local.yearPart + (isSouthern(COUNTRIES[s.country]) ? 0.5 : 0)),
  calendar('weekend', 'flag', [0, 1], 'plain', {
    en: 'a weekend where they are', zh: '当地是否周末',
  }, (s) => Number(s.facts.weekend)),
  calendar('holiday', 'flag', [0, 1], 'plain', {
    en: 'a public holiday where they are', zh: '当地是否法定节假日', missing: NO_COUNTRY,
  }, (s) => s.facts.holiday),
  calendar('days_to_holiday', 'days', [0, 366], 'log', {
    en: 'days to the next public holiday', zh: '距下一个法定节假日的天数', missing: NO_COUNTRY,
  }, (s) => s.facts.toHoliday),
  calendar('days_since_holiday', 'days', [0, 366], 'log', {
    en: 'days since the last public holiday', zh: '距上一个法定节假日的天数', missing: NO_COUNTRY,
  }, (s) => s.facts.sinceHoliday),
  calendar('days_to_payday', 'days', [0, 31], 'plain', {
    en: 'days to the next payday', zh: '距下次发薪日的天数',
  }, (s) => s.facts.toPayday),
  calendar('days_since_payday', 'days', [0, 31], 'plain', {
    en: 'days since the last payday', zh: '距上次发薪日的天数',
  }, (s) => s.facts.sincePayday),
  calendar('days_to_shopping_day', 'days', [0, 366], 'log', {
    en: 'days to the next great shopping day', zh: '距下一个购物节的天数',
  }, (s) => s.facts.toEvent),
  calendar('own_weekday', 'ratio', [0, 7], 'plain', {
    en: 'how much they buy on this weekday, 1 is no more than on others', zh: '本人在该星期几的购买倾向（1 为平均）', missing: NEVER,
  }, (s) => habit(s, 7, (weekday) => (weekday === s.local.weekday ? 1 : 0), (buy) => buy.weekday)),
  calendar('own_hour', 'ratio', [0, 6], 'plain', {
    en: 'how much they buy around this hour, 1 is no more than at others', zh: '本人在该时段的购买倾向（1 为平均）', missing: NEVER,
  }, (s) => habit(s, 24 / (2 * HOURS_SPREAD), (hour) => near(hour, s.local.hour), (buy) => buy.minute / 60)),
];

/**
 * Weight of own purchases that match, against an even spread over `parts`; NaN of who never bought. It
 * is not drawn towards 1 for those who bought little: it would then tell how much they bought.
 */
function habit(
  s: Summary, parts: number, matches: (of: number) => number,
  of: (buy: Summary['buys'][number]) => number,
): number {
  let [matching, all] = [0, 0];
  for (const buy of s.buys) {
    const weight = 2 ** (-Math.max(0, s.local.day - buy.day) / HABIT_HALF_LIFE_DAYS);
    matching += weight * matches(of(buy));
    all += weight;
  }
  return (parts * matching) / all;
}

/** Whether two hours of the day lie near each other, over midnight as well. */
function near(a: number, b: number): number {
  const apart = Math.abs(a - b);
  return Math.min(apart, 24 - apart) <= HOURS_SPREAD ? 1 : 0;
}
