import { ServeError } from '../core/errors.ts';

export interface FtrlOptions {
  readonly alpha: number; // learning rate
  readonly beta: number; // its smoothing
  readonly l1: number; // weights that earn less stay exactly 0
  readonly l2: number;
}

export const FTRL_DEFAULTS: FtrlOptions = { alpha: 0.05, beta: 1, l1: 0, l2: 1 };

/** What `Ftrl.save` wrote. */
export interface SavedFtrl {
  readonly format: 'vitrine-ftrl-1';
  readonly options: FtrlOptions;
  readonly examples: number;
  readonly z: readonly number[];
  readonly n: readonly number[];
}

/**
 * Logistic regression that learns from one example after the other: FTRL-Proximal with a learning
 * rate for each coordinate (McMahan et al. 2013, algorithm 1). An offset, the log odds that another
 * model gives, makes it learn what that one misses; then all weights 0 is that model's answer.
 */
export class Ftrl {
  examples = 0;
  readonly #z: Float64Array;
  readonly #n: Float64Array;

  /** `features` without the intercept, which is a coordinate of its own. */
  constructor(
    readonly features: number,
    readonly options: FtrlOptions = FTRL_DEFAULTS,
  ) {
    this.#z = new Float64Array(features + 1);
    this.#n = new Float64Array(features + 1);
  }

  /** Probability of a 1. `row` has `features` finite values; `offset` is in log odds. */
  predict(row: ArrayLike<number>, offset = 0): number {
    let sum = offset + this.weight(this.features);
    for (let i = 0; i < this.features; i += 1) sum += this.weight(i) * (row[i] as number);
    return 1 / (1 + Math.exp(-Math.max(-35, Math.min(35, sum))));
  }

  /** Learns that `row` came to `label`. Returns what it would have said before. */
  learn(row: ArrayLike<number>, label: 0 | 1, offset = 0): number {
    const said = this.predict(row, offset);
    for (let i = 0; i <= this.features; i += 1) {
      const gradient = (said - label) * (i === this.features ? 1 : (row[i] as number));
      this.#step(i, gradient);
    }
    this.examples += 1;
    return said;
  }

  /** Of a feature; of the intercept, which is not held back, for `features`. */
  weight(i: number): number {
    const { alpha, beta, l1, l2 } = this.options;
    const z = this.#z[i] as number;
    const held = i === this.features ? 0 : l1;
    if (Math.abs(z) <= held) return 0;
    const rate = (beta + Math.sqrt(this.#n[i] as number)) / alpha;
    return -(z - Math.sign(z) * held) / (rate + (i === this.features ? 0 : l2));
  }

  #step(i: number, gradient: number): void {
    const before = this.#n[i] as number;
    const after = before + gradient * gradient;
    const sigma = (Math.sqrt(after) - Math.sqrt(before)) / this.options.alpha;
    this.#z[i] = (this.#z[i] as number) + gradient - sigma * this.weight(i);
    this.#n[i] = after;
  }

  save(): SavedFtrl {
    const { options, examples } = this;
    return { format: 'vitrine-ftrl-1', options, examples, z: [...this.#z], n: [...this.#n] };
  }

  /** Fails with `bad_argument` where `saved` is not of so many features. */
  static load(saved: SavedFtrl, features: number): Ftrl {
    const { format, z, n, examples, options } = saved;
    const fits = format === 'vitrine-ftrl-1' && [z, n].every((list) =>
      Array.isArray(list) && list.length === features + 1 && list.every(Number.isFinite));
    if (!fits) throw new ServeError('bad_argument', `no FTRL state of ${features} features`);
    const model = new Ftrl(features, options);
    model.#z.set(z);
    model.#n.set(n);
    model.examples = examples;
    return model;
  }
}
