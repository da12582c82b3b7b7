/** Speed at a given recall, from measured points: the arithmetic of every comparison in `ann`. */
import type { Setting } from './protocol.ts';

/** One setting of one engine. */
export interface Point {
  readonly setting: Setting;
  readonly recall: number; // 0..1
  readonly rate: number; // queries a second
}

/**
 * The points that no other beats in both recall and rate, by rising recall (and so falling rate).
 */
export function frontier<P extends Omit<Point, 'setting'>>(points: readonly P[]): P[] {
  const best: P[] = [];
  for (const point of points.toSorted((a, b) => b.recall - a.recall || b.rate - a.rate)) {
    if (point.rate > (best.at(-1)?.rate ?? 0)) best.push(point);
  }
  return best.reverse();
}

/**
 * Queries a second at recall `wanted`: log-linear between the two neighbours on the frontier. Where
 * even the cheapest point finds more, that point's rate (the engine is at least so fast); null where
 * no point finds enough.
 */
export function rateAt(points: readonly Point[], wanted: number): number | null {
  const line = frontier(points);
  const above = line.findIndex((point) => point.recall >= wanted);
  if (above < 0) return null;
  const high = line[above] as Point;
  const low = line[above - 1];
  if (!low) return high.rate;
  const share = (wanted - low.recall) / (high.recall - low.recall);
  return Math.exp(Math.log(low.rate) + share * (Math.log(high.rate) - Math.log(low.rate)));
}

export interface SweepLimits {
  readonly beamMin: number;
  readonly beamMax: number;
  readonly gapMax: number; // recall between the two neighbours of a target, at most
  readonly stepsMax: number; // beams looked at
}

/**
 * The next beam whose recall is worth knowing, or null when each target lies between two near
 * neighbours, or cannot. First upwards in doublings until the highest target is passed, then halving
 * (by ratio) the widest gap around a target.
 */
export function nextBeam(
  seen: readonly { readonly beam: number; readonly recall: number }[],
  targets: readonly number[],
  { beamMin, beamMax, gapMax, stepsMax }: SweepLimits,
): number | null {
  if (seen.length >= stepsMax) return null;
  const byBeam = seen.toSorted((a, b) => a.beam - b.beam);
  const top = byBeam.at(-1);
  if (!top) return beamMin;
  if (top.recall < Math.max(...targets) && top.beam < beamMax) return Math.min(beamMax, top.beam * 2);
  let widest = gapMax;
  let next: number | null = null;
  for (const target of targets) {
    const above = byBeam.findIndex((point) => point.recall >= target);
    const high = byBeam[above];
    const low = byBeam[above - 1];
    if (!high || !low || high.beam - low.beam < 2) continue;
    const gap = high.recall - low.recall;
    if (gap <= widest) continue;
    widest = gap;
    next = Math.round(Math.sqrt(low.beam * high.beam));
  }
  return next;
}

/** Share of the true ids that were found: `[queries, k]` both. `NOTHING` is no id. */
export function recallOf(found: Uint32Array, truth: Uint32Array, k: number): number {
  let hits = 0;
  let all = 0;
  for (let at = 0; at < found.length; at += k) {
    const right = new Set(truth.subarray(at, at + k));
    right.delete(NOTHING);
    all += right.size;
    for (const id of found.subarray(at, at + k)) if (right.has(id)) hits += 1;
  }
  return all === 0 ? 1 : hits / all;
}

/** Stands where a query has fewer than k results. */
export const NOTHING = 0xffff_ffff;
