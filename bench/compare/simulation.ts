/**
 * Made-up blocks that are as unfriendly as a busy machine's: latencies of a block follow each other
 * (AR(1), 0.9), have tails without a variance (stalls of a Pareto law, 1.5, that befall requests in
 * a row), and the machine drifts from slot to slot. So it is known what the judge ought to say.
 */
import { Prng } from '../../server/core/prng.ts';
import type { Block } from './block.ts';
import { decide, JUDGED, type Pair, type Verdict } from './judge.ts';

export interface World {
  /** B's latencies over A's: 1 where there is no difference. */
  readonly slower: number;
  /** B's share of requests that take five times as long; A has none. */
  readonly tail: number;
  readonly requests: number; // of a block
  /** Noise of a slot, of the log latency: 0.03 is a busy machine's, 0.005 a quiet one's. */
  readonly slot: number;
  readonly pairsMax: number;
  readonly tolerance: number; // percent
}

const DRIFT = 0.01; // of the log latency, from slot to slot
const SPREAD = 0.35; // of one request
const FOLLOWS = 0.9;
const STALL_EVERY = 400; // requests
const STALL_LASTS = 12;

/** One comparison: pairs in random order, judged after each one until it is decided. */
export function simulateCompare(
  world: World, seed: number,
): { readonly decision: Verdict['decision']; readonly pairs: number } {
  const prng = new Prng(seed);
  const pairs: Pair[] = [];
  let level = 0;
  const slot = (isB: boolean): Block => {
    level += DRIFT * prng.normal();
    return makeBlock(prng, level + world.slot * prng.normal(), isB ? world : null, world.requests);
  };
  for (;;) {
    const aFirst = prng.float() < 0.5;
    const [first, second] = [slot(!aFirst), slot(aFirst)];
    pairs.push(aFirst ? [first, second] : [second, first]);
    const { decision } = decide(pairs, { alpha: 0.05, tolerance: world.tolerance, judged: JUDGED });
    if (decision !== 'undecided' || pairs.length >= world.pairsMax) return { decision, pairs: pairs.length };
  }
}

/** Of A where `b` is null. */
export function makeBlock(
  prng: Prng, level: number, b: Pick<World, 'slower' | 'tail'> | null, requests: number,
): Block {
  const latencies = new Float64Array(requests);
  let state = prng.normal();
  let [stall, left] = [0, 0];
  for (let i = 0; i < requests; i += 1) {
    state = FOLLOWS * state + Math.sqrt(1 - FOLLOWS ** 2) * prng.normal();
    if (left > 0) left -= 1;
    else if (prng.float() < 1 / STALL_EVERY) {
      left = STALL_LASTS;
      stall = 1000 * ((1 - prng.float()) ** (-1 / 1.5) - 1);
    } else stall = 0;
    const longer = b !== null && prng.float() < b.tail ? 5 : 1;
    latencies[i] = (1000 * Math.exp(level + SPREAD * state) * longer + stall) * (b?.slower ?? 1);
  }
  latencies.sort();
  const total = latencies.reduce((sum, one) => sum + one, 0);
  return {
    latencies, answeredPerS: (requests * 16e6) / total, failedShare: 0,
    cpuUs: NaN, // so that the latencies alone decide
  };
}
