import type { ReasonCode } from '../../../wire/schema.ts';
import { Candidates, ROOM } from '../candidates.ts';
import type { Source } from '../candidates.ts';
import { ANSWER_ITEMS } from '../hit-rate.ts';
import type { Question } from './held-out.ts';

/** How good answers are, over all questions; 0..1. */
export interface PlacementScore {
  readonly recall20: number; // of at most 20 targets
  readonly ndcg20: number;
}

interface Shares {
  readonly rows: Uint32Array;
  readonly shares: Float32Array;
}

/** What each source finds for some questions, kept so that weights can be tried in milliseconds. */
export class PlacementTrials {
  readonly reasons: ReasonCode[] = [];
  readonly #found: Shares[][] = []; // by source, by question
  readonly #sums: Float64Array; // by row

  /** `barred` are the rows that a question's answer may not hold. */
  constructor(
    private readonly questions: readonly Question[],
    private readonly itemCount: number,
    private readonly barred: (question: Question) => Iterable<number>,
  ) {
    this.#sums = new Float64Array(itemCount);
  }

  /** Asks the sources; `tastes` is what the encoder made of each question. */
  ask(sources: readonly Source[], tastes: readonly (Float32Array | null)[] | null): void {
    const answers = sources.map((): Shares[] => []);
    const found = new Candidates(ROOM);
    this.questions.forEach((question, at) => {
      const allow = this.#allow(question);
      const taste = tastes?.[at];
      const query = { ...question.query, k: ROOM, allow, ...(taste && { taste }) };
      sources.forEach((source, s) => {
        source.find(query, found);
        const rows = found.rows.slice(0, found.count);
        answers[s]!.push({ rows, shares: found.scores.slice(0, found.count) });
      });
    });
    this.reasons.push(...sources.map(({ reason }) => reason));
    this.#found.push(...answers);
  }

  /** With these weights, one a source in the order of `reasons`. */
  score(weights: readonly number[]): PlacementScore {
    let [recall, ndcg] = [0, 0];
    this.questions.forEach(({ targets }, at) => {
      const best = this.#best(at, weights);
      const most = Math.min(ANSWER_ITEMS, targets.size);
      let [hits, gain, ideal] = [0, 0, 0];
      best.forEach((row, place) => {
        if (!targets.has(row)) return;
        hits += 1;
        gain += 1 / Math.log2(place + 2);
      });
      for (let place = 0; place < most; place++) ideal += 1 / Math.log2(place + 2);
      recall += hits / most;
      ndcg += gain / ideal;
    });
    const asked = Math.max(1, this.questions.length);
    return { recall20: recall / asked, ndcg20: ndcg / asked };
  }

  /** Best first, ties by lower row. */
  #best(at: number, weights: readonly number[]): number[] {
    const sums = this.#sums;
    const touched: number[] = [];
    this.#found.forEach((answers, s) => {
      const weight = weights[s] as number;
      if (weight === 0) return;
      const { rows, shares } = answers[at] as Shares;
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i] as number;
        if (sums[row] === 0) touched.push(row);
        sums[row] = (sums[row] as number) + weight * (shares[i] as number);
      }
    });
    const best: number[] = [];
    const before = (a: number, b: number): boolean =>
      (sums[a] as number) > (sums[b] as number) || (sums[a] === sums[b] && a < b);
    for (const row of touched) {
      if (best.length === ANSWER_ITEMS) {
        if (!before(row, best[ANSWER_ITEMS - 1] as number)) continue;
        best.pop();
      }
      let place = best.length;
      while (place > 0 && before(row, best[place - 1] as number)) place -= 1;
      best.splice(place, 0, row);
    }
    for (const row of touched) sums[row] = 0;
    return best;
  }

  #allow(question: Question): Uint32Array {
    const allow = new Uint32Array((this.itemCount >>> 5) + 1).fill(0xffff_ffff);
    for (const row of this.barred(question)) allow[row >>> 5]! &= ~(1 << (row & 31));
    return allow;
  }
}
