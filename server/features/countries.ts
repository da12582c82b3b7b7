/**
 * Codes of ISO 3166-1 in order of the alphabet. A country's number in models is its place here: one
 * that is added goes to the end.
 */
export const COUNTRIES: readonly string[] = (
  'AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS ' +
  'BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE ' +
  'EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM ' +
  'HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC ' +
  'LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA ' +
  'NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW ' +
  'SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO ' +
  'TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW'
).split(' ');

const NUMBERS = new Map(COUNTRIES.map((code, number) => [code, number]));

/** The country's place in `COUNTRIES`; -1 where there is none. */
export function countryNumber(code: string): number {
  return NUMBERS.get(code) ?? -1;
}

/** Most people live south of the equator: their summer is in January. */
const SOUTHERN = new Set((
  'AO AR AU BI BO BR BW CD CG CK CL FJ FK ID KM LS MG MU MW MZ NA NC NR NU NZ PE PF PG PY RE RW SB ' +
  'SC SZ TL TO TV TZ UY VU WF WS ZA ZM ZW'
).split(' '));

export function isSouthern(country: string | undefined): boolean {
  return country !== undefined && SOUTHERN.has(country);
}

const FRIDAY_SATURDAY = new Set('AF BD BH DJ DZ EG IL IQ JO KW LY MV OM QA SA SD SY YE'.split(' '));

/** Weekdays of rest, 0 is Sunday: Saturday and Sunday where nothing else is known. */
export function isWeekend(weekday: number, country: string | undefined): boolean {
  if (country !== undefined && FRIDAY_SATURDAY.has(country)) return weekday === 5 || weekday === 6;
  return weekday === 6 || weekday === 0;
}

/** A day of the month; 0 is its last. */
export type Payday = number;

/**
 * When most wages come, by custom, not by measurement. What is paid on a day of rest comes on the
 * last working day before. The month's end where nothing else is known.
 */
const PAYDAYS: Readonly<Record<string, readonly Payday[]>> = {
  BR: [5], CN: [15], HK: [0], IN: [0], JP: [25], KR: [25], MX: [15, 0], NL: [25], PH: [15, 0],
  RU: [10, 25], SE: [25], TW: [5], US: [15, 0], CA: [15, 0], ZA: [25],
};

export function paydaysOf(country: string | undefined): readonly Payday[] {
  return (country !== undefined && PAYDAYS[country]) || [0];
}
