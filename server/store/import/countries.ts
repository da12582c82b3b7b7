/** Names of countries as Online Retail spells them, and their codes (ISO 3166-1). */
const CODES: Readonly<Record<string, string>> = {
  Australia: 'AU', Austria: 'AT', Bahrain: 'BH', Belgium: 'BE', Brazil: 'BR', Canada: 'CA',
  'Channel Islands': 'JE', Cyprus: 'CY', 'Czech Republic': 'CZ', Denmark: 'DK', EIRE: 'IE',
  Finland: 'FI', France: 'FR', Germany: 'DE', Greece: 'GR', 'Hong Kong': 'HK', Iceland: 'IS',
  Israel: 'IL', Italy: 'IT', Japan: 'JP', Korea: 'KR', Lebanon: 'LB', Lithuania: 'LT', Malta: 'MT',
  Netherlands: 'NL', Nigeria: 'NG', Norway: 'NO', Poland: 'PL', Portugal: 'PT', RSA: 'ZA',
  'Saudi Arabia': 'SA', Singapore: 'SG', Spain: 'ES', Sweden: 'SE', Switzerland: 'CH',
  Thailand: 'TH', 'United Arab Emirates': 'AE', Bermuda: 'BM', 'United Kingdom': 'GB', USA: 'US',
};

/** The code of a name; undefined where it names no country ("Unspecified", "European Community"). */
export function countryCode(name: string): string | undefined {
  return CODES[name.trim()];
}
