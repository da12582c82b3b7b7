import { ServeError } from '../../server/core/errors.ts';
import { ROOT } from '../machine.ts';
import { join } from 'node:path';
import type { Action } from './action.ts';
import { factorAt } from './arrivals.ts';
import { type FlashSale, type Profile, readProfile } from './profile.ts';
import { openDataset } from './read/dataset.ts';
import { replay, spanSeconds } from './replay.ts';
import { scenarioNamed, scenarioProfile, scenarioTraffic, scenarioVisits } from './scenarios.ts';
import type { SeenVisit } from './seen.ts';
import { simulateTraffic, visitsPerDayFor } from './simulate.ts';

/** What `--traffic`, `--scenario` or `--replay` and the options beside them ask for. */
export interface SourceOptions {
  readonly traffic?: string; // a profile: a file, or the name of one of ours
  readonly scenario?: string;
  readonly replay?: string;
  readonly rate?: number; // requests a second, on average
  readonly seconds: number; // of the run
  readonly speed: number; // shop's seconds in one of the run
  readonly seed: number;
  readonly tag?: string;
  readonly startMs?: number; // of the shop's clock; such that the run ends now where it is faster, else now
  readonly sale?: string; // `10,20,5`: from second 10 on for 20 s, up to 5 times as many visitors
  readonly nowMs: number;
}

/** Requests with their times, in order, of a named source. */
export interface Source {
  readonly name: string;
  readonly about: string;
  readonly actions: Iterable<Action>;
  readonly startMs: number;
  readonly seconds: number; // of the shop's clock
  readonly speed: number;
  readonly p90MsMax?: number; // what a scenario calls good
}

export const PROFILES = ['yoochoose', 'diginetica', 'online-retail'] as const;
const RATE = 100; // where nobody says

/** Fails with `bad_argument` where the options do not name one source. */
export async function openSource(options: SourceOptions): Promise<Source> {
  const { traffic, scenario, replay: data } = options;
  const named = [traffic, scenario, data].filter((each) => each !== undefined);
  if (named.length !== 1) throw new ServeError('bad_argument',
    'one of --traffic, --scenario and --replay is needed');
  for (const what of ['seconds', 'speed'] as const) {
    if (!(options[what] > 0 && Number.isFinite(options[what]))) throw new ServeError('bad_argument',
      `--${what} is a number above 0`);
  }
  if (options.rate !== undefined && !(options.rate > 0 && Number.isFinite(options.rate))) {
    throw new ServeError('bad_argument', '--rate is a number above 0');
  }
  if (!Number.isSafeInteger(options.seed)) throw new ServeError('bad_argument', '--seed is an integer');
  if (data !== undefined) return openReplay(data, options);
  return scenario !== undefined ? openScenario(scenario, options) : openTraffic(traffic as string, options);
}

function openTraffic(name: string, options: SourceOptions): Source {
  const { rate = RATE, seconds, speed } = options;
  const profile = withSale(profileNamed(name), options);
  const startMs = startOf(options, seconds * speed);
  const visitsPerDay = visitsPerDayFor(profile, rate / speed) / busyness(profile, startMs, seconds * speed);
  const simulated = { ...common(options, startMs), seconds: seconds * speed, visitsPerDay };
  return {
    name: profile.name, about: `${Math.round(visitsPerDay).toLocaleString('en')} visits a day`,
    actions: simulateTraffic(profile, simulated), startMs, seconds: seconds * speed, speed,
  };
}

/** Visits beside the week's mean while a run lasts: its rate is asked for, at whatever hour it is. */
function busyness({ week, zones }: Profile, startMs: number, shopSeconds: number): number {
  let sum = 0;
  for (let part = 0; part < PARTS; part += 1) {
    const atMs = startMs + ((part + 0.5) / PARTS) * shopSeconds * 1000;
    for (const { zone, share } of zones) sum += (share * factorAt(week, atMs, zone)) / PARTS;
  }
  return Math.max(1e-3, sum);
}
const PARTS = 200;

function openScenario(name: string, options: SourceOptions): Source {
  const { seconds, speed } = options;
  const scenario = scenarioNamed(name);
  const profile = withSale(scenarioProfile(scenario, profileNamed('yoochoose')), options);
  const startMs = startOf(options, seconds * speed);
  const rate = options.rate ?? scenario.rate;
  const level = { ...profile, week: profile.week.map(() => 1) }; // a rate is asked for, at any hour
  const simulated = { ...common(options, startMs), seconds: seconds * speed,
    visitsPerDay: scenarioVisits(level, rate / speed) };
  return {
    name, about: `ETUDE: ${scenario.about} of ${scenario.items.toLocaleString('en')} items, ${rate} requests/s, ` +
      `p90 <= ${scenario.p90MsMax} ms`,
    actions: scenarioTraffic(level, simulated), startMs, seconds: seconds * speed, speed,
      p90MsMax: scenario.p90MsMax,
  };
}

/** Without times, or where a rate is asked for, the speed follows from the rate. */
async function openReplay(path: string, options: SourceOptions): Promise<Source> {
  const { name, visits } = await openDataset(path);
  const all: SeenVisit[] = [];
  for await (const visit of visits) if ((visit.items?.length ?? 0) > 0) all.push(visit);
  if (all.length === 0) throw new ServeError('bad_argument', `${path} names no items: it cannot be replayed`);
  const profile = profileNamed('yoochoose');
  const { page } = profile;
  const each = 1 + page.recommend + page.similar + page.insight;
  const asks = ({ items = [], order }: SeenVisit): number => (order ? 2 : items.length * each);
  const timed = spanSeconds(all) > 0;
  if (timed) all.sort((a, b) => (a.startMs as number) - (b.startMs as number));
  const mean = all.reduce((sum, visit) => sum + asks(visit), 0) / all.length;
  const rate = options.rate ?? RATE;
  let speed = options.speed;
  if (timed && options.rate !== undefined) { // so fast that as many visits as are wanted fit into the run
    let [count, asked] = [0, 0];
    while (count < all.length && asked < rate * options.seconds) asked += asks(all[count++] as SeenVisit);
    speed = Math.max(1e-6, spanSeconds(all.slice(0, count)) / Math.min(options.seconds, asked / rate));
  }
  const shopSeconds = options.seconds * speed;
  const startMs = startOf({ ...options, speed }, shopSeconds);
  const visitsPerSecond = rate / speed / mean;
  const actions = replay(all, { seed: options.seed, startMs, tag: tagOf(options), visitsPerSecond, profile });
  return {
    name, startMs, seconds: shopSeconds, speed, actions: between(actions, startMs, startMs +
      shopSeconds * 1000),
    about: `${all.length.toLocaleString('en')} visits, ` + (timed
      ? `${Number(speed.toPrecision(3))} times as fast as they were`
        : 'in their order; times are drawn, as the file has none'),
  };
}

function* between(actions: Iterable<Action>, startMs: number, endMs: number): Generator<Action> {
  for (const action of actions) {
    if (action.atMs >= endMs) return;
    if (action.atMs >= startMs) yield action;
  }
}

const tagOf = ({ tag, nowMs, seed }: SourceOptions): string => tag ?? `${nowMs.toString(36)}-${seed}`;
const common = (options: SourceOptions, startMs: number) => ({ seed: options.seed, startMs,
  tag: tagOf(options) });

/** Events may not lie in the future: what is faster than life ends now, and begins so much earlier. */
function startOf({ startMs, nowMs, speed }: SourceOptions, shopSeconds: number): number {
  return startMs ?? (speed > 1 ? nowMs - shopSeconds * 1000 : nowMs);
}

/** One of ours by its name, else a file. */
export function profileNamed(name: string): Profile {
  const own = (PROFILES as readonly string[]).includes(name);
  return readProfile(own ? join(ROOT, `bench/traffic/profiles/${name}.json`) : name);
}

function withSale(profile: Profile, { sale, speed }: SourceOptions): Profile {
  if (sale === undefined) return profile;
  const [at, seconds, peak] = sale.split(',').map(Number);
  const numbers = [at, seconds, peak].every((value) => Number.isFinite(value));
  if (!numbers || !((at as number) >= 0 && (seconds as number) > 0 && (peak as number) >= 1) ||
    sale.split(',').length !== 3) {
    throw new ServeError('bad_argument', "--sale is 'AT,SECONDS,PEAK', such as 10,20,5");
  }
  const lasts = (seconds as number) * speed;
  const made: FlashSale = {
    atSeconds: (at as number) * speed, seconds: lasts, riseSeconds: lasts / 20, halfLifeSeconds: lasts / 4,
    peak: peak as number, items: 10,
  };
  return { ...profile, sales: [...profile.sales, made] };
}
