import type { Prng } from '../../server/core/prng.ts';
import { offsetMs } from '../../server/core/zone.ts';
import type { FlashSale, Profile } from './profile.ts';

const QUARTER_MS = 900_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MONDAY = 4; // days from Thursday, 1 January 1970

/** Someone comes: when, from which of the profile's zones, and whether a flash sale has brought them. */
export interface Arrival {
  readonly atMs: number;
  readonly zone: number;
  readonly sale: number; // place in the profile's list; -1: they would have come anyway
}

/**
 * A Poisson process whose rate follows the hours of the week on the visitors' clocks, over the day as their
 * zones wake up one after the other, and flash sales, by thinning. Endless.
 */
export function* arrivals(
  prng: Prng, profile: Pick<Profile, 'week' | 'zones' | 'sales'>, perDay: number, fromMs: number, salesFromMs: number,
): Generator<Arrival> {
  const { zones, sales } = profile;
  const shares = new Float64Array(zones.length + sales.length);
  let [quarterMs, usual, most] = [-Infinity, 0, 0]; // all zones' clocks strike hours at quarters of an hour
  for (let atMs = fromMs; ;) {
    if (atMs >= quarterMs) {
      quarterMs = (Math.floor(atMs / QUARTER_MS) + 1) * QUARTER_MS;
      usual = 0;
      zones.forEach(({ zone, share }, i) => (usual += shares[i] = share * factorAt(profile.week, atMs, zone)));
      most = usual * sales.reduce((sum, { atSeconds, seconds, peak }) => {
        const [from, to] = [salesFromMs + atSeconds * 1000, salesFromMs + (atSeconds + seconds) * 1000];
        return sum + (from < quarterMs && to > atMs ? peak - 1 : 0);
      }, 1);
    }
    const nextMs = most > 0 ? atMs - (Math.log(1 - prng.float()) * DAY_MS) / (perDay * most) : Infinity;
    atMs = Math.min(nextMs, quarterMs);
    if (nextMs >= quarterMs) continue; // what comes then, comes at that quarter's rate
    let sum = usual;
    sales.forEach((sale, i) => {
      sum += shares[zones.length + i] = usual * surge(sale, (atMs - salesFromMs) / 1000);
    });
    let left = prng.float() * most;
    if (left >= sum) continue;
    let place = 0;
    while (place < shares.length - 1 && (left -= shares[place] as number) >= 0) place += 1;
    if (place < zones.length) yield { atMs, zone: place, sale: -1 };
    else yield { atMs, zone: drawZone(prng, zones), sale: place - zones.length };
  }
}

/** Visits beside the mean of the week, by a clock of the zone. */
export function factorAt(week: readonly number[], atMs: number, zone: string): number {
  const wallMs = atMs + offsetMs(atMs, zone);
  const day = (((Math.floor(wallMs / DAY_MS) + 7 - MONDAY) % 7) + 7) % 7;
  return week[24 * day + Math.floor((((wallMs % DAY_MS) + DAY_MS) % DAY_MS) / HOUR_MS)] as number;
}

/** Visitors that a flash sale brings, beside those who would come anyway: up along a line, down by half-lives. */
export function surge(sale: FlashSale, seconds: number): number {
  const since = seconds - sale.atSeconds;
  if (since < 0 || since >= sale.seconds) return 0;
  if (since < sale.riseSeconds) return ((sale.peak - 1) * since) / sale.riseSeconds;
  return (sale.peak - 1) * 0.5 ** ((since - sale.riseSeconds) / sale.halfLifeSeconds);
}

function drawZone(prng: Prng, zones: Profile['zones']): number {
  let left = prng.float() * zones.reduce((sum, { share }) => sum + share, 0);
  return Math.max(0, zones.findIndex(({ share }) => (left -= share) < 0));
}
