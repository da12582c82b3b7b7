import type { Question } from './leave-one-out.ts';
import { Scores } from './scores.ts';
import type { Scorer } from './scores.ts';

/** Adds scorers up: each one's scores as shares of 1 (own items out), times its weight. */
export class Mixture implements Scorer {
  readonly name = 'Blend';
  readonly settings: string;
  readonly #part: Scores;

  constructor(
    private readonly scorers: readonly Scorer[],
    private readonly weights: readonly number[], // a last one more: of the popularity of what is found
    private readonly popular: Float64Array, // by row, sums to 1
  ) {
    this.#part = new Scores(popular.length);
    const named = scorers.map(({ name, settings }, at) => `${name} (${settings}) ${weights[at]}`);
    this.settings = [...named, `popularity ${weights[scorers.length]}`].join('; ');
  }

  score(items: Uint32Array, into: Scores): void {
    this.scorers.forEach((scorer, at) => {
      const weight = this.weights[at] as number;
      if (weight === 0) return;
      const { rows, shares } = sharesOf(scorer, items, this.#part);
      rows.forEach((row, i) => into.add(row, weight * (shares[i] as number)));
    });
    const weight = this.weights[this.scorers.length] as number;
    if (weight > 0) for (const row of into.rows) into.values[row]! += weight * this.popular[row]!;
  }
}

interface Shares {
  readonly rows: Uint32Array;
  readonly shares: Float32Array; // above 0, sum 1
}

/** What one scorer finds beyond the items themselves. Leaves `part` clear. */
function sharesOf(scorer: Scorer, items: Uint32Array, part: Scores): Shares {
  scorer.score(items, part);
  part.drop(items);
  const rows = Uint32Array.from(part.rows.filter((row) => (part.values[row] as number) > 0));
  let sum = 0;
  for (const row of rows) sum += part.values[row] as number;
  const shares = Float32Array.from(rows, (row) => (part.values[row] as number) / sum);
  part.clear();
  return { rows, shares };
}

/** Answers of scorers to some questions, kept so that weights can be tried in milliseconds. */
export class Rehearsal {
  readonly #found: Shares[][] = []; // by scorer, by question
  readonly #scores: Scores;

  constructor(
    private readonly questions: readonly Question[],
    private readonly popular: Float64Array,
  ) {
    this.#scores = new Scores(popular.length);
  }

  /** The number of the scorer, which comes at that place of the weights. */
  add(scorer: Scorer): number {
    const part = new Scores(this.popular.length);
    return this.#found.push(this.questions.map(({ items }) => sharesOf(scorer, items, part))) - 1;
  }

  /** Puts another in a scorer's place. */
  replace(at: number, scorer: Scorer): void {
    const part = new Scores(this.popular.length);
    this.#found[at] = this.questions.map(({ items }) => sharesOf(scorer, items, part));
  }

  /** Geometric mean of HR@10 and NDCG@10 with these weights, of which the last is popularity's. */
  judge(weights: readonly number[]): number {
    let hits = 0;
    let gain = 0;
    this.questions.forEach(({ target }, question) => {
      const place = this.#placeOf(target, question, weights);
      if (place > 10) return;
      hits += 1;
      gain += 1 / Math.log2(place + 1);
    });
    return Math.sqrt(hits * gain) / Math.max(1, this.questions.length);
  }

  #placeOf(target: number, question: number, weights: readonly number[]): number {
    const scores = this.#scores;
    this.#found.forEach((found, at) => {
      const weight = weights[at] as number;
      if (weight === 0) return;
      const { rows, shares } = found[question] as Shares;
      for (let i = 0; i < rows.length; i++) scores.add(rows[i] as number, weight * shares[i]!);
    });
    const popular = weights[this.#found.length] as number;
    const total = (row: number): number => scores.values[row]! + popular * this.popular[row]!;
    let place = Infinity;
    if ((scores.values[target] as number) > 0) {
      const its = total(target);
      place = 1;
      for (const row of scores.rows) {
        const other = total(row);
        if (other > its || (other === its && row < target)) place += 1;
      }
    }
    scores.clear();
    return place;
  }
}
