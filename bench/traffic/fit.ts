import { ASSUMED } from './assumed.ts';
import { fitCutPower, fitPopularity } from './laws/cut-power.ts';
import { fitLogistic } from './laws/logistic.ts';
import { fitRecurrence, momentsOf } from './laws/lognormal-mix.ts';
import { fitReach, NEAR } from './fit-reach.ts';
import type { Buying, Gaps, LawName, Profile, Returns } from './profile.ts';
import type { Seen } from './seen.ts';

const VIEWS_MAX = 500; // longer visits are of programs, or of wholesalers' lists
const LONG = 20; // gaps that make a mean say more of the visit's pace than of chance
const WEEK_PRIOR = 5; // visits that each hour is given beside its own: no hour is impossible

type Laws = Partial<{ -readonly [Name in LawName]: Profile[Name] }>;

/** The laws of which the visits show enough. `deep`: also what takes many simulations to find. */
export function fitLaws(seen: Seen, deep = true): Laws {
  const laws: Laws = {};
  const { steps } = seen;
  if (seen.views.size >= 100) laws.popularity = fitPopularity(seen.ranked());
  if (seen.views.size >= 100) {
    const from = seen.lengths.findIndex((count) => count > 0);
    const to = Math.min(VIEWS_MAX, seen.lengths.length - 1);
    laws.length = fitCutPower(from, Array.from({ length: to - from + 1 }, (_, i) => seen.lengths[from + i] ?? 0));
  }
  if (steps.all >= 1000 && laws.popularity && laws.length) {
    const again = steps.again / steps.all;
    const back = (steps.back / Math.max(1, steps.canGoBack)); // of the steps that can
    const { popularity, length } = laws;
    const reach = deep ? fitReach(seen, { popularity, length }, again, back) : ASSUMED.steps.reach;
    laws.steps = { again, back, near: NEAR * (1 - again - back), reach };
  }
  if (seen.gaps.length >= 100) laws.gaps = fitGaps(seen);
  const clocked = seen.week.reduce((a, b) => a + b, 0);
  if (clocked >= 1000) {
    laws.week = [...seen.week].map((visits) => round((168 * (visits + WEEK_PRIOR)) / (clocked + 168 * WEEK_PRIOR)));
  }
  const abroad = [...seen.countries].sort((a, b) => b[1].visits - a[1].visits);
  if (abroad.length > 1) {
    const all = abroad.reduce((sum, [, { visits }]) => sum + visits, 0);
    laws.zones = abroad.map(([country, { zone, visits }]) => ({ zone, country, share: visits / all }));
  }
  if (seen.customers >= 500) laws.returns = fitReturns(seen);
  const bought = seen.buying.filter((each) => each.bought).length;
  if (bought >= 50) laws.buying = fitBuying(seen);
  return laws;
}

/** One profile of several data sets: each law is of the first that shows it, the rest is assumed. */
export function mergeLaws(name: string, fitted: readonly { readonly from: string; readonly laws: Laws }[]): Profile {
  let profile: Profile = { ...ASSUMED, name };
  for (const { from, laws } of [...fitted].reverse()) {
    const named = Object.fromEntries(Object.keys(laws).map((law) => [law, from]));
    profile = { ...profile, ...laws, from: { ...profile.from, ...named } };
  }
  return profile;
}

function fitGaps(seen: Seen): Gaps {
  const { mix } = fitRecurrence({ seen: seen.gaps, open: [] });
  const { mean, variance } = momentsOf(mix);
  const [x, y]: [number[], number[]] = [[], []];
  for (let i = 0; i < seen.means.length; i += 2) {
    if ((seen.means[i] as number) < LONG) continue;
    x.push(Math.log(seen.means[i] as number));
    y.push(Math.log(seen.means[i + 1] as number));
  }
  if (x.length < 100) return { mix, pace: 0, hurry: 0 };
  // The mean of many lognormal gaps lies half a variance above their median; chance adds little to its own.
  const [mx, my] = [x.reduce((a, b) => a + b) / x.length, y.reduce((a, b) => a + b) / y.length];
  let pace = Math.sqrt(y.reduce((sum, value) => sum + (value - my) ** 2, 0) / y.length);
  pace = Math.min(pace, Math.sqrt(0.9 * variance));
  const hurry = (mean + (variance - pace ** 2) / 2 - my) / mx;
  return { mix, pace, hurry };
}

function fitReturns(seen: Seen): Returns {
  const { comes, mix } = fitRecurrence(seen.returns());
  return { comes, mix, known: seen.named / seen.visits };
}

/** Where every visit has bought, that is all that is known of buying. */
function fitBuying({ buying }: Seen): Buying {
  if (buying.every(({ bought }) => bought)) return { base: 20, slope: 0, abandoned: 0, share: 1 };
  const { base, slope } = fitLogistic(buying.map(({ pages, bought }) => ({ x: Math.log(pages), yes: bought })));
  return { ...ASSUMED.buying, base, slope };
}

const round = (value: number): number => Number(value.toPrecision(4));
