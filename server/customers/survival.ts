/**
 * What follows from a customer's hazards: a purchase in the first of the bins that end after
 * `BIN_ENDS` days, given none in the bins before.
 */
export const BIN_ENDS = [
  1, 2, 3, 4, 5, 6, 7, 10, 14, 21, 30, 45, 60, 75, 90, 120, 150, 180,
] as const;

export const HORIZON_DAYS = 180;

/** The chance of no purchase by the end of each bin, into `survival`; falls from at most 1. */
export function survivalOf(
  hazards: ArrayLike<number>, survival = new Float64Array(hazards.length),
): Float64Array {
  let left = 1;
  for (let bin = 0; bin < hazards.length; bin += 1) {
    left *= 1 - (hazards[bin] as number);
    survival[bin] = left;
  }
  return survival;
}

/** The bin of each whole day, by its number. */
const BIN_OF = Uint8Array.from({ length: HORIZON_DAYS + 1 }, (_, day) =>
  BIN_ENDS.findIndex((end) => day <= end));

/** The chance of no purchase within `days`, 0..HORIZON_DAYS; inside a bin the hazard is even. */
export function silentWithin(survival: Float64Array, days: number): number {
  const place = BIN_OF[days]; // of nearly all that is asked: the walk below is for parts of a day
  if (place !== undefined) {
    const end = BIN_ENDS[place] as number;
    const after = survival[place] as number;
    if (days === end) return after;
    const first = place === 0;
    return inside(first ? 1 : survival[place - 1] as number, after,
      days, first ? 0 : BIN_ENDS[place - 1] as number, end);
  }
  let before = 1;
  let start = 0;
  for (let bin = 0; bin < BIN_ENDS.length; bin += 1) {
    const end = BIN_ENDS[bin] as number;
    const after = survival[bin] as number;
    if (days >= end) {
      before = after;
      start = end;
      continue;
    }
    return inside(before, after, days, start, end);
  }
  return before;
}

function inside(before: number, after: number, days: number, start: number, end: number): number {
  const share = (days - start) / (end - start);
  return after <= 0 ? before * (1 - share) : before * (after / before) ** share;
}

export function buyWithin(survival: Float64Array, days: number): number {
  return 1 - silentWithin(survival, days);
}

export interface ExpectedDay {
  readonly chance: number; // of a purchase within the horizon; the days below suppose one
  readonly day: number; // the median: 1 is the day after the landmark
  readonly from: number; // the first and the last day of the middle 80 %
  readonly to: number;
}

/** When the next purchase comes, supposing that it comes within `horizon` days. */
export function expectedDay(survival: Float64Array, horizon: number = HORIZON_DAYS): ExpectedDay {
  const chance = buyWithin(survival, horizon);
  const dayOf = (share: number): number => Math.max(
    1, Math.ceil(quantile(survival, share * chance, horizon) - 1e-6));
  return { chance, day: dayOf(0.5), from: dayOf(0.1), to: dayOf(0.9) };
}

/** The first day by which the chance of a purchase is at least `chance`; inside a bin it is no whole one. */
function quantile(survival: Float64Array, chance: number, horizon: number): number {
  const left = 1 - chance;
  let before = 1;
  let start = 0;
  for (let bin = 0; bin < BIN_ENDS.length; bin += 1) {
    const end = BIN_ENDS[bin] as number;
    const after = survival[bin] as number;
    if (after <= left && after < before) {
      const share = after <= 0
        ? (before - left) / before
        : Math.log(left / before) / Math.log(after / before);
      return Math.min(horizon, start + share * (end - start));
    }
    before = after;
    start = end;
  }
  return horizon;
}
