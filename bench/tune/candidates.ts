/** Settings that are worth a prediction, and those that are worth a trial. */
import { type Ground, predictRate, type Slo } from './predict.ts';
import { type CurvePoint, runUs } from './curve.ts';
import type { Setting } from './setting.ts';

export interface Candidate {
  readonly setting: Setting;
  /** Requests/s within the SLO, as the simulation has it. */
  readonly predicted: number;
}

/** A run this long would stop all sockets of an inline model's thread for too long. */
const INLINE_US_MAX = 5_000;
const DELAYS = [0, 0.1, 0.3]; // of the SLO

/**
 * All settings that the SLO and the memory allow, best prediction first. Batches longer than half
 * the SLO are left out: who comes while one runs waits for it and then for its own.
 */
export function candidates(
  ground: Ground, slo: Slo, memory: { readonly bytesMax: number; readonly instanceBytes: number },
): Candidate[] {
  const sizes = ground.points
    .filter((point) => point.rows === 1 || point.us <= (slo.ms * 1000) / 2)
    .map((point) => point.rows);
  const fit = Math.max(1, Math.floor(memory.bytesMax / Math.max(1, memory.instanceBytes)));
  const { cores } = ground;
  const found: Setting[] = [];
  for (const maxBatch of sizes) {
    for (const frontEnds of counts(cores)) {
      if (frontEnds <= fit && inlineFits(ground.points, maxBatch)) {
        found.push({
          placement: 'inline', instances: 0, workers: 0, frontEnds, maxBatch, delayUs: 0,
        });
      }
      // More threads than cores only share them; one of each there must be.
      const most = Math.min(Math.max(1, cores - frontEnds), fit);
      for (const instances of counts(most)) {
        for (const share of maxBatch === 1 ? [0] : DELAYS) {
          const delayUs = Math.round(share * slo.ms * 1000);
          found.push({
            placement: 'pool', instances, workers: instances, frontEnds, maxBatch, delayUs,
          });
        }
      }
    }
  }
  return found
    .map((setting) => ({ setting, predicted: predictRate(setting, ground, slo) }))
    .sort((a, b) => b.predicted - a.predicted);
}

/** 1, 2, 4, … and `most`. */
function counts(most: number): number[] {
  const found = [];
  for (let count = 1; count < most; count *= 2) found.push(count);
  return [...found, most];
}

function inlineFits(points: readonly CurvePoint[], maxBatch: number): boolean {
  return runUs(points, maxBatch) <= INLINE_US_MAX;
}

/**
 * The `count` best, no two of them alike: of those that differ in batch size or delay alone only the
 * best is tried, until each placement and number of threads has had its turn.
 */
export function worthTrying(ranked: readonly Candidate[], count: number): Candidate[] {
  const family = ({ setting }: Candidate) =>
    `${setting.placement} ${setting.instances} ${setting.frontEnds}`;
  const seen = new Set<string>();
  const firsts = ranked.filter((candidate) => {
    if (seen.has(family(candidate))) return false;
    seen.add(family(candidate));
    return true;
  });
  const rest = ranked.filter((candidate) => !firsts.includes(candidate));
  return [...firsts, ...rest].slice(0, count);
}
