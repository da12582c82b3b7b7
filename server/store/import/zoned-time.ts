import { offsetMs } from '../../core/zone.ts';

/**
 * Milliseconds since the Unix epoch of a clock on the wall of an IANA zone. `local` is that clock's
 * reading as if it were UTC. In the hour that a zone repeats in autumn it is the first of the two;
 * a time that is skipped in spring counts as read from a clock that was not yet put forward.
 */
export function utcMs(local: number, zone: string): number {
  // The offset a day before and after: they differ only around a change, of which there is one.
  const before = local - offsetMs(local - DAY_MS, zone);
  const after = local - offsetMs(local + DAY_MS, zone);
  if (before === after) return before;
  const fits = [before, after].filter((utc) => utc + offsetMs(utc, zone) === local);
  return fits.length > 0 ? Math.min(...fits) : before;
}

const DAY_MS = 86_400_000;
