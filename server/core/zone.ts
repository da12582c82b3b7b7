/**
 * How far a zone's clocks are ahead of UTC at a moment, in ms. The lookup in the zone's rules costs
 * some 10 us, so it is made once for each zone and UTC day; a day in which clocks change is asked for
 * by quarters of an hour, where all changes since 1972 lie. Throws a RangeError where there is no such
 * zone. The same answer for the same arguments, in any order of calls.
 */
export function offsetMs(utcMs: number, zone: string): number {
  const known = zone === lastZone ? lastDays : daysOf(zone);
  const day = Math.floor(utcMs / DAY_MS);
  let offset = known.get(day);
  if (offset === undefined) {
    const first = lookUp(day * DAY_MS, zone);
    offset = first === lookUp((day + 1) * DAY_MS, zone) ? first : NaN;
    if (known.size >= DAYS_MAX) known.clear();
    known.set(day, offset);
  }
  if (offset === offset) return offset;
  const quarter = Math.floor(utcMs / QUARTER_MS);
  const key = -1 - quarter; // days of this century and quarters below 0 share one map
  offset = known.get(key);
  if (offset === undefined) {
    offset = lookUp(quarter * QUARTER_MS, zone);
    known.set(key, offset);
  }
  return offset;
}

/** Whether there is a zone of this IANA name. */
export function isZone(zone: string): boolean {
  if (zone === lastZone) return true;
  try {
    daysOf(zone);
    return true;
  } catch {
    return false;
  }
}

const DAY_MS = 86_400_000;
const QUARTER_MS = 900_000;
const DAYS_MAX = 40_000; // of one zone: a century, in about 2 MB
const ZONES_MAX = 1000; // there are about 600, some with several names

interface Zone {
  readonly format: Intl.DateTimeFormat; // costly to make
  readonly days: Map<number, number>; // UTC day -> offset, NaN where it changes; -1 - quarter -> offset
}
const zones = new Map<string, Zone>();
let lastZone = '';
let lastDays = new Map<number, number>();

function daysOf(zone: string): Map<number, number> {
  lastDays = zoneOf(zone).days;
  lastZone = zone;
  return lastDays;
}

function zoneOf(name: string): Zone {
  let zone = zones.get(name);
  if (zone) return zone;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: name, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric',
    hour: 'numeric', minute: 'numeric', second: 'numeric',
  });
  zone = { format, days: new Map() };
  if (zones.size >= ZONES_MAX) zones.clear();
  zones.set(name, zone);
  return zone;
}

function lookUp(utcMs: number, zone: string): number {
  const parts = zoneOf(zone).format.formatToParts(utcMs).map(({ type, value }) => [type, Number(value)]);
  const part = Object.fromEntries(parts) as Record<string, number>;
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(utcMs / 1000) * 1000;
}
