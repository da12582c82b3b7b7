import { OnnxGraphBuilder } from './onnx/graph.ts';
import { Kernel } from './onnx/session.ts';
import type { Examples, FlatSessions } from './training-sessions.ts';

/** Shares, 0..1. */
export interface HitRate {
  readonly hr20: number; // targets among the best 20 of all items
  readonly mrr20: number; // mean of 1 / rank, 0 beyond 20
}

/** Scores items by the inner product with a vector that stands for a session. */
export interface Ranker {
  readonly dim: number;
  readonly units: Float32Array; // [items, dim]: vocabulary number n at (n - 1) * dim
  readonly queries: Float32Array; // [RANKED_ROWS, dim]
  /** Fills row `row` of `queries` for the session `items[start .. end)`, newest last. */
  ask(row: number, items: Int32Array, start: number, end: number): void;
}

/** Sessions scored at a time: 64 x 43,000 floats are 11 MB. */
export const RANKED_ROWS = 64;
const CUT = 20;

/**
 * Ranks every item for every example. `misses` more examples count as not found: their targets are
 * in no vocabulary.
 */
export async function hitRate(
  ranker: Ranker, items: Int32Array, examples: Examples, misses = 0,
): Promise<HitRate> {
  const { dim, units, queries } = ranker;
  const size = units.length / dim;
  const scores = new Float32Array(RANKED_ROWS * size);
  const kernel = await Kernel.open(scoreGraph());
  const count = examples.targets.length;
  const tally = new Tally();
  for (let from = 0; from < count; from += RANKED_ROWS) {
    const rows = Math.min(RANKED_ROWS, count - from);
    for (let row = 0; row < rows; row += 1) {
      const target = examples.targets[from + row] as number;
      ranker.ask(row, items, examples.starts[from + row] as number, target);
    }
    await kernel.run({
      queries: { data: queries, shape: [RANKED_ROWS, dim] },
      units: { data: units, shape: [size, dim] },
    }, { scores: { data: scores, shape: [RANKED_ROWS, size] } });
    for (let row = 0; row < rows; row += 1) {
      const target = (items[examples.targets[from + row] as number] as number) - 1;
      tally.add(rankOf(scores, row * size, size, target));
    }
  }
  await kernel.close();
  return tally.rate(count + misses);
}

/** The same for the training sessions' most visited items, whatever the session. */
export function popularityHitRate(
  train: FlatSessions, items: Int32Array, examples: Examples, misses = 0,
): HitRate {
  const counts = new Map<number, number>();
  for (const item of train.items) counts.set(item, (counts.get(item) ?? 0) + 1);
  const best = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, CUT);
  const ranks = new Map(best.map(([item], at) => [item, at + 1]));
  const tally = new Tally();
  for (const target of examples.targets) tally.add(ranks.get(items[target] as number) ?? Infinity);
  return tally.rate(examples.targets.length + misses);
}

class Tally {
  #hits = 0;
  #reciprocals = 0;

  add(rank: number): void {
    if (rank > CUT) return;
    this.#hits += 1;
    this.#reciprocals += 1 / rank;
  }

  rate(count: number): HitRate {
    const all = Math.max(1, count);
    return { hr20: this.#hits / all, mrr20: this.#reciprocals / all };
  }
}

/** 1 + the items scored above the target, ties going to the lower number; beyond 20 just more. */
function rankOf(scores: Float32Array, from: number, count: number, target: number): number {
  const own = scores[from + target] as number;
  let rank = 1;
  for (let item = 0; item < count && rank <= CUT; item += 1) {
    const score = scores[from + item] as number;
    if (score > own || (score === own && item < target)) rank += 1;
  }
  return rank;
}

function scoreGraph(): Uint8Array {
  const graph = new OnnxGraphBuilder('scores');
  const queries = graph.input('queries', 'FP32', ['rows', 'dim']);
  const units = graph.input('units', 'FP32', ['items', 'dim']);
  graph.node('Gemm', [queries, units], { transB: { int: 1 } }, 'scores');
  graph.output('scores', 'FP32', ['rows', 'items']);
  return graph.encode();
}
