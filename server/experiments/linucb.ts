/**
 * LinUCB with disjoint models (Li, Chu, Langford & Schapire, WWW 2010, algorithm 1): each item has its own
 * ridge regression of the reward on the context x of visitor and item,
 *
 *     A = I + sum of x x' of its showings,   b = sum of x of those that were rewarded,   theta = A^-1 b
 *     bound(x) = theta' x + width sqrt(x' A^-1 x)
 *
 * A^-1 is kept, and moved by Sherman and Morrison's formula. A showing counts as not rewarded until its
 * reward comes, so at any moment the models are those of all that is known.
 */
export class LinUcb {
  readonly #models = new Map<string, Model>();

  constructor(
    readonly size: number, // of a context
    private readonly itemsMax: number, // later ones have the bound of one never shown
  ) {}

  get itemCount(): number {
    return this.#models.size;
  }

  /** Below which the item's expected reward is, but for `width` of its standard errors. */
  bound(item: string, x: readonly number[], width: number): number {
    const model = this.#models.get(item);
    if (!model) return width * Math.sqrt(x.reduce((sum, one) => sum + one * one, 0));
    const { size } = this;
    const theta = thetaOf(model, size);
    let mean = 0;
    let variance = 0;
    for (let i = 0; i < size; i += 1) {
      let row = 0;
      for (let j = 0; j < size; j += 1) row += model.inverse[i * size + j]! * x[j]!;
      mean += theta[i]! * x[i]!;
      variance += x[i]! * row;
    }
    return mean + width * Math.sqrt(Math.max(0, variance));
  }

  /** The item was shown, and is not rewarded yet. */
  shown(item: string, x: readonly number[]): void {
    const model = this.#models.get(item) ?? this.#add(item);
    if (!model) return;
    const { size } = this;
    const { inverse } = model;
    const ax = Array.from({ length: size }, (_, i) => {
      let sum = 0;
      for (let j = 0; j < size; j += 1) sum += inverse[i * size + j]! * x[j]!;
      return sum;
    });
    const scale = 1 + ax.reduce((sum, one, i) => sum + one * x[i]!, 0);
    for (let i = 0; i < size; i += 1) {
      for (let j = 0; j < size; j += 1) inverse[i * size + j]! -= ax[i]! * ax[j]! / scale;
    }
    model.theta = null;
  }

  /** A showing with this context was rewarded. */
  rewarded(item: string, x: readonly number[]): void {
    const model = this.#models.get(item);
    if (!model) return;
    x.forEach((one, i) => (model.b[i]! += one));
    model.theta = null;
  }

  #add(item: string): Model | undefined {
    if (this.#models.size >= this.itemsMax) return undefined;
    const { size } = this;
    const inverse = new Float64Array(size * size);
    for (let i = 0; i < size; i += 1) inverse[i * size + i] = 1;
    const model: Model = { inverse, b: new Float64Array(size), theta: null };
    this.#models.set(item, model);
    return model;
  }
}

interface Model {
  readonly inverse: Float64Array; // of A, row by row
  readonly b: Float64Array;
  theta: Float64Array | null; // when it was last wanted; null: something has changed
}

function thetaOf(model: Model, size: number): Float64Array {
  model.theta ??= Float64Array.from({ length: size }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < size; j += 1) sum += model.inverse[i * size + j]! * model.b[j]!;
    return sum;
  });
  return model.theta;
}

/**
 * How probable each of a pool is to be chosen, summing to 1. LinUCB itself is a rule without chance, of
 * which no log could tell what another would have got; so a share `uniform` of the choices is made evenly,
 * and the others by the highest bound, those that are equal (items never shown) evenly. What is returned is
 * what the choice is drawn with: exactly the propensity, at least `uniform` over the pool's size. Pure.
 */
export function greedyShares(bounds: readonly number[], uniform: number): number[] {
  const best = Math.max(...bounds);
  const first = bounds.filter((bound) => bound === best).length;
  return bounds.map((bound) =>
    (bound === best ? (1 - uniform) / first : 0) + uniform / bounds.length);
}
