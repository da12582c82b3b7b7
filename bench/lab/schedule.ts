/** When requests are due: seconds from the start, ascending, within [0, seconds). Same seed, same times. */
import { Prng } from '../../server/core/prng.ts';
import { LoadProblem } from './problem.ts';

/** A law of arrivals. `rate` is requests a second, in the mean (`diurnal`: over whole days). */
export type Arrivals =
  | { readonly law: 'constant' | 'poisson'; readonly rate: number }
  /** Gaps of a gamma law: `variation` is their standard deviation over their mean; 1 is Poisson. */
  | { readonly law: 'gamma'; readonly rate: number; readonly variation: number }
  /** Poisson that turns between calm and bursts (a Markov-modulated Poisson process of two states). */
  | ({ readonly law: 'bursty'; readonly rate: number } & Bursts)
  /** Poisson whose rate follows a day. */
  | ({ readonly law: 'diurnal'; readonly rate: number } & Day)
  /** Gaps, in seconds, one after the other and from the beginning again. */
  | { readonly law: 'intervals'; readonly gaps: ArrayLike<number> }
  /** Recorded times, in seconds from any start; `speed` 2 is twice as fast. Ends with its last. */
  | { readonly law: 'trace'; readonly times: ArrayLike<number>; readonly speed: number };

export interface Bursts {
  /** Rate in a burst over the mean rate, above 1. */
  readonly height: number;
  /** Mean length of a burst, in seconds. */
  readonly burstSeconds: number;
  /** Share of the time that is burst, above 0 and below 1/height. */
  readonly burstShare: number;
}

export interface Day {
  /** Length of a day, in seconds of the schedule. */
  readonly daySeconds: number;
  /** Weight of each stretch of the day, of equal lengths, joined by straight lines. Absent: a sine. */
  readonly profile?: readonly number[];
  /** Of the sine, 0..1: at 1 the night is silent. */
  readonly swing?: number; // 0.8
}

export const BURSTS: Bursts = { height: 4, burstSeconds: 0.5, burstShare: 0.1 };
const SWING = 0.8;
const TIMES_MAX = 200_000_000;

export function schedule(arrivals: Arrivals, seconds: number, seed: number): Float64Array {
  const prng = new Prng(seed);
  switch (arrivals.law) {
    case 'constant': return steady(positive(arrivals.rate, 'rate'), seconds);
    case 'poisson': {
      const rate = positive(arrivals.rate, 'rate');
      return gathered(seconds, () => exponential(prng) / rate);
    }
    case 'gamma': {
      const rate = positive(arrivals.rate, 'rate');
      const shape = 1 / positive(arrivals.variation, 'variation') ** 2;
      return gathered(seconds, () => gamma(prng, shape) / shape / rate);
    }
    case 'bursty': return bursty(arrivals, seconds, prng);
    case 'diurnal': return diurnal(arrivals, seconds, prng);
    case 'intervals': return intervals(arrivals.gaps, seconds);
    case 'trace': return trace(arrivals.times, positive(arrivals.speed, 'speed'), seconds);
  }
}

/** Not sums of a gap, whose error would grow. */
function steady(rate: number, seconds: number): Float64Array {
  const count = Math.ceil(seconds * rate - 1e-9);
  bound(count);
  return Float64Array.from({ length: count }, (_, i) => i / rate);
}

function bursty({ rate, ...bursts }: { rate: number } & Bursts, seconds: number, prng: Prng): Float64Array {
  positive(rate, 'rate');
  const { high, low, calmSeconds } = burstRates(rate, bursts);
  let burst = prng.float() < bursts.burstShare; // the process as it is found, not as it starts
  const lengthOf = () => exponential(prng) * (burst ? bursts.burstSeconds : calmSeconds);
  let turn = lengthOf();
  let at = 0;
  return gathered(seconds, () => {
    const from = at;
    // In units of mean arrivals: what is left of it when the state turns goes on at the other rate.
    for (let left = exponential(prng); ;) {
      const now = burst ? high : low;
      if (left <= (turn - at) * now) {
        at += left / now;
        return at - from;
      }
      left -= (turn - at) * now;
      at = turn;
      if (at >= seconds) return Infinity;
      burst = !burst;
      turn = at + lengthOf();
    }
  });
}

/** Rates of the two states and the mean length of a calm, for a mean rate. */
export function burstRates(rate: number, { height, burstShare, burstSeconds }: Bursts) {
  const fits = height > 1 && burstShare > 0 && height * burstShare < 1 && burstSeconds > 0;
  if (!fits) throw new LoadProblem('bursts want a height above 1, and height x share below 1');
  return {
    high: rate * height,
    low: (rate * (1 - height * burstShare)) / (1 - burstShare),
    calmSeconds: (burstSeconds * (1 - burstShare)) / burstShare,
  };
}

/** By thinning: candidates of the highest rate, each kept with the share that its hour has of it. */
function diurnal({ rate, ...day }: { rate: number } & Day, seconds: number, prng: Prng): Float64Array {
  positive(rate, 'rate');
  const shape = dayShape(day);
  const most = rate * shape.most;
  let at = 0;
  return gathered(seconds, () => {
    const from = at;
    do {
      at += exponential(prng) / most;
      if (at >= seconds) return Infinity;
    } while (prng.float() * shape.most > shape.at(at));
    return at - from;
  });
}

/** Rate over the mean rate, by the time of day in seconds. */
export function dayShape({ daySeconds, profile, swing = SWING }: Day): { most: number; at(seconds: number): number } {
  positive(daySeconds, 'day');
  if (profile === undefined) {
    if (!(swing >= 0 && swing <= 1)) throw new LoadProblem(`a swing of ${swing}: 0..1`);
    // Midnight is the lowest.
    return { most: 1 + swing, at: (t) => 1 - swing * Math.cos((2 * Math.PI * t) / daySeconds) };
  }
  const sum = profile.reduce((total, weight) => total + weight, 0);
  const wrong = profile.length === 0 || !(sum > 0) || profile.some((weight) => !(weight >= 0));
  if (wrong) throw new LoadProblem('the profile of a day is a list of weights, not all 0');
  const weights = profile.map((weight) => (weight * profile.length) / sum);
  return {
    most: Math.max(...weights),
    at(t) {
      const place = (((t / daySeconds) % 1) * weights.length);
      const before = Math.floor(place) % weights.length;
      const share = place - Math.floor(place);
      return (weights[before] as number) * (1 - share) + (weights[(before + 1) % weights.length] as number) * share;
    },
  };
}

function intervals(gaps: ArrayLike<number>, seconds: number): Float64Array {
  const list = Array.from(gaps);
  const sum = list.reduce((total, gap) => total + gap, 0);
  const wrong = !(sum > 0) || list.some((gap) => !(gap >= 0));
  if (wrong) throw new LoadProblem('gaps between requests are at least 0, and not all 0');
  let next = 0;
  return gathered(seconds, () => list[next++ % list.length] as number);
}

function trace(times: ArrayLike<number>, speed: number, seconds: number): Float64Array {
  const sorted = Float64Array.from(times).sort();
  if (sorted.length === 0 || Number.isNaN(sorted.at(-1))) throw new LoadProblem('a trace is a list of times');
  const first = sorted[0] as number;
  return sorted.map((time) => (time - first) / speed).filter((time) => time < seconds);
}

/** Sums of gaps until `seconds` are full. */
function gathered(seconds: number, gap: () => number): Float64Array {
  let times = new Float64Array(1024);
  let count = 0;
  for (let at = gap(); at < seconds; at += gap()) {
    if (count === times.length) {
      bound(count * 2);
      const larger = new Float64Array(count * 2);
      larger.set(times);
      times = larger;
    }
    times[count++] = at;
  }
  return times.slice(0, count);
}

function bound(count: number): void {
  if (count > TIMES_MAX) throw new LoadProblem(`more than ${TIMES_MAX} requests in one schedule`);
}

function positive(value: number, what: string): number {
  if (value > 0 && Number.isFinite(value)) return value;
  throw new LoadProblem(`a ${what} of ${value}`);
}

/** Of mean 1. Two draws: one has but 2^32 values, too few for the tail of millions of gaps. */
function exponential(prng: Prng): number {
  return -Math.log1p(-(prng.uint32() + prng.float()) / 2 ** 32);
}

/** Of mean and variance `shape` (Marsaglia and Tsang 2000). */
function gamma(prng: Prng, shape: number): number {
  if (shape < 1) return gamma(prng, shape + 1) * (1 - prng.float()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = prng.normal();
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - prng.float()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}
