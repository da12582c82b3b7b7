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
const formats = new Map<string, Intl.DateTimeFormat>(); // costly to make, one a zone

/** How far the zone's clocks are ahead of UTC at a moment. */
function offsetMs(utc: number, zone: string): number {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric',
      hour: 'numeric', minute: 'numeric', second: 'numeric',
    });
    formats.set(zone, format);
  }
  const parts = format.formatToParts(utc).map(({ type, value }) => [type, Number(value)]);
  const part = Object.fromEntries(parts) as Record<string, number>;
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = part;
  const wall = Date.UTC(year, month - 1, day, hour, minute, second);
  return wall - Math.floor(utc / 1000) * 1000;
}
