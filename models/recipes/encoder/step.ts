import type { Examples } from '../training-sessions.ts';
import type { CandidateSampler } from './candidates.ts';
import { Pooling } from './pooling.ts';
import type { SoftmaxOutput, SoftmaxSizes, SoftmaxStep } from './softmax.ts';
import { length, type EncoderWeights } from './weights.ts';

/** One batch forward and back: fills the gradients of the weights, and leaves them unapplied. */
export class TrainingStep {
  readonly #pooling: Pooling;
  readonly #targets: Int32Array;
  readonly #places: BigInt64Array;
  readonly #candidates: Int32Array;
  readonly #units: Float32Array; // [candidates, dim]
  readonly #norms: Float32Array; // [candidates]
  readonly #offsets: Float32Array;
  readonly #out: SoftmaxOutput;

  constructor(
    private readonly weights: EncoderWeights,
    private readonly sizes: SoftmaxSizes,
    private readonly softmax: SoftmaxStep,
    private readonly sampler: CandidateSampler,
  ) {
    const { batch, candidates, dim } = sizes;
    this.#pooling = new Pooling(weights, batch);
    this.#targets = new Int32Array(batch);
    this.#places = new BigInt64Array(batch);
    this.#candidates = new Int32Array(candidates);
    this.#units = new Float32Array(candidates * dim);
    this.#norms = new Float32Array(candidates);
    this.#offsets = new Float32Array(candidates);
    this.#out = {
      chances: new Float32Array(batch),
      expected: new Float32Array(batch * dim),
      pulled: new Float32Array(candidates * dim),
    };
  }

  /**
   * Mean cross-entropy over the batch, of the examples numbered `chosen[at .. at + batch)`. The
   * gradients are those of that mean.
   */
  async run(
    items: Int32Array, examples: Examples, chosen: Uint32Array, at: number,
  ): Promise<number> {
    const { batch } = this.sizes;
    for (let row = 0; row < batch; row += 1) {
      const example = chosen[at + row] as number;
      const target = examples.targets[example] as number;
      this.#pooling.forward(row, items, examples.starts[example] as number, target);
      this.#targets[row] = items[target] as number;
    }
    this.sampler.draw(this.#targets, this.#candidates, this.#places);
    this.sampler.corrections(this.#candidates, batch, this.#offsets);
    this.#candidates.forEach((item, place) => this.#loadUnit(item, place));
    const { vectors } = this.#pooling;
    await this.softmax.run({
      vectors, candidates: this.#units, offsets: this.#offsets, targets: this.#places,
    }, this.#out);
    this.#subtractTargets(vectors);
    for (let row = 0; row < batch; row += 1) {
      const example = chosen[at + row] as number;
      const start = examples.starts[example] as number;
      const end = examples.targets[example] as number;
      this.#pooling.backward(row, items, start, end, this.#out.expected);
    }
    this.#candidates.forEach((item, place) => this.#throughUnit(item, place));
    return this.#loss();
  }

  #loadUnit(item: number, place: number): void {
    const { dim } = this.sizes;
    const row = this.weights.embedding.values.subarray(item * dim, (item + 1) * dim);
    const norm = length(row);
    this.#norms[place] = norm;
    for (let j = 0; j < dim; j += 1) this.#units[place * dim + j] = (row[j] as number) / norm;
  }

  /** The derivative by the scores is P less 1 at the target, over the batch. */
  #subtractTargets(vectors: Float32Array): void {
    const { batch, dim } = this.sizes;
    const { expected, pulled } = this.#out;
    for (let row = 0; row < batch; row += 1) {
      const base = row * dim;
      const target = Number(this.#places[row]) * dim;
      for (let j = 0; j < dim; j += 1) {
        const unit = this.#units[target + j] as number;
        expected[base + j] = ((expected[base + j] as number) - unit) / batch;
        pulled[target + j] = (pulled[target + j] as number) - (vectors[base + j] as number);
      }
    }
  }

  /** A unit vector passes on only what is square to it. */
  #throughUnit(item: number, place: number): void {
    const { batch, dim } = this.sizes;
    const { embedding } = this.weights;
    const { pulled } = this.#out;
    const units = this.#units;
    const base = place * dim;
    const scale = 1 / ((this.#norms[place] as number) * batch);
    let along = 0;
    for (let j = 0; j < dim; j += 1) {
      along += (pulled[base + j] as number) * (units[base + j] as number);
    }
    embedding.touch(item);
    for (let j = 0; j < dim; j += 1) {
      const square = (pulled[base + j] as number) - along * (units[base + j] as number);
      const at = item * dim + j;
      embedding.gradient[at] = (embedding.gradient[at] as number) + square * scale;
    }
  }

  #loss(): number {
    const { chances } = this.#out;
    let sum = 0;
    for (const chance of chances) sum -= Math.log(Math.max(chance, 1e-12));
    return sum / chances.length;
  }
}
