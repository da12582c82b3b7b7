import type { LawName, Profile } from './profile.ts';
import { LAW_NAMES } from './profile.ts';

const HOURS = [
  0.35, 0.2, 0.15, 0.1, 0.1, 0.2, 0.4, 0.7, 0.9, 1.1, 1.2, 1.3,
  1.45, 1.35, 1.15, 1.1, 1.15, 1.3, 1.5, 1.85, 2.1, 2.05, 1.5, 0.8,
];

/** What is taken for true where no data set says otherwise: plain guesses, and named so in every profile. */
export const ASSUMED: Profile = {
  vitrineTraffic: 1,
  name: 'assumed',
  from: Object.fromEntries(LAW_NAMES.map((name) => [name, 'assumed'])) as Record<LawName, string>,
  popularity: { from: 1, to: 10_000, exponent: 0.9, shift: 10, cutoff: 10_000 },
  length: { from: 1, to: 200, exponent: 2, shift: 1, cutoff: 60 },
  steps: { again: 0.1, back: 0.1, near: 0.5, reach: 0.002 },
  gaps: { mix: [{ share: 1, mean: 3.6, spread: 1.2 }], pace: 0.4, hurry: 0.15 },
  week: Array.from({ length: 168 }, (_, hour) => HOURS[hour % 24] as number),
  zones: [{ zone: 'Europe/London', country: 'GB', share: 1 }],
  returns: { comes: 0.6, mix: [{ share: 1, mean: 3, spread: 1.2 }], known: 0.3 },
  buying: { base: -4, slope: 0.7, abandoned: 0.7, share: 0.4 },
  page: { recommend: 1, similar: 0.3, insight: 0.2, renderSeconds: 0.05 },
  promotions: { items: 24, share: 0.05 },
  bots: { crawlers: 0.01, scrapers: 0.005 },
  sales: [],
};
