import { offsetMs } from '../core/zone.ts';
import type { Findings } from './findings.ts';

const HOUR_MS = 3_600_000;
const WEEK_HOURS = 168;
const HOURS_MAX = 400_000; // 45 years
const USUAL_MIN = 20; // events that an hour usually has, for their absence to mean something: e^-20
const NIGHT = { from: 22, to: 8 }; // the middle of the quietest four hours of a shop lies in it
const MIDNIGHT_SHARE = 0.2;
const PROFILE_EVENTS_MIN = 5000;
const PROFILE_DAYS_MIN = 3;

/** When things happen: gaps against the usual week, and whether the clock is the shop's. */
export class TimeProfile {
  readonly #hours = new Map<number, number>(); // since 1970, UTC -> events
  readonly #ofDay = new Float64Array(24); // by the shop's clock
  #events = 0;
  #midnight = 0;

  constructor(private readonly zone: string) {}

  add(atMs: number): void {
    const hour = Math.floor(atMs / HOUR_MS);
    const before = this.#hours.get(hour);
    if (before !== undefined || this.#hours.size < HOURS_MAX) this.#hours.set(hour, (before ?? 0) + 1);
    const local = atMs + offsetMs(atMs, this.zone);
    const ofDay = Math.floor(local / HOUR_MS) % 24;
    this.#ofDay[ofDay]! += 1;
    this.#events += 1;
    if (local % 86_400_000 === 0) this.#midnight += 1;
  }

  tell(findings: Findings): void {
    this.#tellGaps(findings);
    if (this.#events < 100) return;
    if (this.#midnight / this.#events > MIDNIGHT_SHARE) {
      findings.put('midnight-only', this.#midnight, `${this.#midnight} of ${this.#events} events`);
    } else if (this.#days() >= PROFILE_DAYS_MIN) this.#tellShift(findings);
  }

  #days(): number {
    const days = new Set<number>();
    for (const hour of this.#hours.keys()) days.add(Math.floor(hour / 24));
    return days.size;
  }

  #tellGaps(findings: Findings): void {
    const known = [...this.#hours.keys()];
    if (known.length === 0) return;
    const first = known.reduce((least, hour) => Math.min(least, hour), Infinity);
    const last = known.reduce((most, hour) => Math.max(most, hour), -Infinity);
    if (last - first > HOURS_MAX) return; // of a time that is wrong, and told as such
    const sums = new Float64Array(WEEK_HOURS);
    for (const [hour, events] of this.#hours) sums[hour % WEEK_HOURS]! += events;
    const weeks = (last - first + 1) / WEEK_HOURS;
    if (weeks < 2) return; // what is usual is not known
    let gaps = 0;
    let longest = [0, 0];
    for (let hour = first, begun = -1; hour <= last + 1; hour += 1) {
      // What the other weeks have at this hour.
      const usual = (sums[hour % WEEK_HOURS] as number) / (weeks - 1);
      const missed = hour <= last && !this.#hours.has(hour) && usual >= USUAL_MIN;
      if (missed) gaps += 1;
      if (missed && begun < 0) begun = hour;
      if (missed || begun < 0) continue;
      if (hour - begun > longest[1]! - longest[0]!) longest = [begun, hour];
      begun = -1;
    }
    if (gaps === 0) return;
    const [from, to] = longest.map((hour) => new Date(hour * HOUR_MS).toISOString().slice(0, 16));
    findings.put('gap', gaps, `the longest: ${from}Z to ${to}Z`, 'hours', last - first + 1);
  }

  #tellShift(findings: Findings): void {
    if (this.#events < PROFILE_EVENTS_MIN) return;
    let [quiet, least] = [0, Infinity];
    for (let hour = 0; hour < 24; hour += 1) {
      let sum = 0;
      for (let i = 0; i < 4; i += 1) sum += this.#ofDay[(hour + i) % 24] as number;
      if (sum < least) [quiet, least] = [hour, sum];
    }
    const middle = (quiet + 2) % 24;
    if (middle >= NIGHT.from || middle <= NIGHT.to) return;
    if (least * 6 > this.#events * 0.8) return; // a day that is all alike says nothing
    const off = (middle - 4 + 24) % 24;
    findings.put('clock-shift', off > 12 ? 24 - off : off,
      `quietest from ${quiet} to ${(quiet + 4) % 24} o'clock in ${this.zone}`, 'hours', 24);
  }
}
