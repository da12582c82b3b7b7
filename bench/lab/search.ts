/** The highest load that meets an objective: found by halving, verified by MLPerf's rule. */
import type { SearchResult } from './load-test.ts';

export interface Probe {
  readonly met: boolean;
  /** Share of what was due that was answered in time. */
  readonly within: number;
  /** The generator could not offer it. */
  readonly late?: boolean;
}

export interface SearchOptions {
  readonly low: number;
  readonly high: number;
  /** Ends when what is met and what is not are as near as this, as a share. */
  readonly precision?: number; // 0.02
  /** Levels are integers: concurrency. */
  readonly whole?: boolean;
  readonly verify?: { readonly queries: number; readonly runs: number };
}

const VERIFICATIONS_MAX = 10; // lower rates that are tried, when a verifying run fails

/**
 * `probe` offers a load and says whether the objective was met; `queries` is how many requests it
 * must see at least, where that matters. The load doubles from `low` until the objective fails, so
 * that a server is not flooded first; then the gap is halved, by ratio. One failed probe may be the
 * machine's fault: only two in a row count.
 */
export async function highestLoad(
  probe: (load: number, queries?: number) => Promise<Probe>,
  options: SearchOptions,
): Promise<SearchResult> {
  const { low, high, precision = 0.02, whole = false, verify } = options;
  const tried: { rate: number; met: boolean; within: number }[] = [];
  let generatorLimited = false;
  const ask = async (load: number, queries?: number): Promise<boolean> => {
    for (let again = 0; again < 2; again += 1) {
      const { met, within, late = false } = await probe(load, queries);
      tried.push({ rate: load, met, within });
      if (late) generatorLimited = true;
      if (met || late) return met;
    }
    return false;
  };
  const done = (rate: number, verified?: SearchResult['verified']): SearchResult =>
    ({ rate, tried, ...(generatorLimited && { generatorLimited }), ...(verified && { verified }) });

  const rounded = (load: number) => (whole ? Math.max(1, Math.round(load)) : load);
  let best = rounded(low);
  if (!(await ask(best))) return done(0);
  let worst = Infinity;
  while (best < high && worst === Infinity) {
    const next = rounded(Math.min(high, best * 2));
    if (await ask(next)) best = next;
    else worst = next;
  }
  while (worst < Infinity && worst / best > 1 + precision && !(whole && worst - best <= 1)) {
    const middle = rounded(Math.sqrt(best * worst));
    const next = whole ? Math.min(Math.max(middle, best + 1), worst - 1) : middle;
    if (await ask(next)) best = next;
    else worst = next;
  }
  if (!verify) return done(best);
  let met = 0;
  for (let tries = 0; tries < VERIFICATIONS_MAX; tries += 1) {
    for (met = 0; met < verify.runs; met += 1) {
      const one = await probe(best, verify.queries);
      tried.push({ rate: best, met: one.met, within: one.within });
      if (!one.met) break;
    }
    if (met === verify.runs || best <= low) break;
    best = Math.max(low, rounded(best * (1 - precision)));
  }
  return done(met === verify.runs ? best : 0, { ...verify, met });
}

const Z_99 = 2.575829; // of a two-sided confidence of 99 %
const QUERIES_STEP = 8192;

/**
 * Queries that a run needs so that a percentile is known with 99 % confidence to a twentieth of
 * its distance from 1 (MLPerf inference rules): 24,576 for 0.9, 57,344 for 0.95, 90,112 for 0.97,
 * 270,336 for 0.99.
 */
export function queriesFor(share: number): number {
  const margin = (1 - share) / 20;
  const needed = (Z_99 ** 2 * share * (1 - share)) / margin ** 2;
  return Math.ceil(needed / QUERIES_STEP) * QUERIES_STEP;
}
