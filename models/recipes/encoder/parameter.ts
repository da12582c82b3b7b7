/**
 * Learned numbers in rows, with their gradient. A step touches few rows of a big table, so the rows
 * that have a gradient are listed, and only they are updated.
 */
export class Parameter {
  readonly values: Float32Array; // [rows, width]
  readonly gradient: Float32Array; // zero outside the touched rows
  readonly #mean: Float32Array; // Adam's two moments
  readonly #square: Float32Array;
  readonly #touched: number[] = [];
  readonly #isTouched: Uint8Array;

  constructor(readonly rows: number, readonly width: number) {
    this.values = new Float32Array(rows * width);
    this.gradient = new Float32Array(rows * width);
    this.#mean = new Float32Array(rows * width);
    this.#square = new Float32Array(rows * width);
    this.#isTouched = new Uint8Array(rows);
  }

  /** Must be called for a row before its gradient is added to. */
  touch(row: number): void {
    if (this.#isTouched[row] === 1) return;
    this.#isTouched[row] = 1;
    this.#touched.push(row);
  }

  /**
   * One step of Adam (Kingma & Ba 2015) on the touched rows, which are then untouched again. Rows
   * that rest keep their moments as they were ("lazy" Adam): a rare item is not dragged along.
   * `step` counts from 1.
   */
  update(step: number, rate: number): void {
    const { values, gradient } = this;
    const mean = this.#mean;
    const square = this.#square;
    const meanBias = 1 / (1 - BETA1 ** step);
    const squareBias = 1 / (1 - BETA2 ** step);
    for (const row of this.#touched) {
      this.#isTouched[row] = 0;
      const end = (row + 1) * this.width;
      for (let i = row * this.width; i < end; i += 1) {
        const g = gradient[i] as number;
        const m = BETA1 * (mean[i] as number) + (1 - BETA1) * g;
        const s = BETA2 * (square[i] as number) + (1 - BETA2) * g * g;
        mean[i] = m;
        square[i] = s;
        const way = (m * meanBias) / (Math.sqrt(s * squareBias) + 1e-8);
        values[i] = (values[i] as number) - rate * way;
        gradient[i] = 0;
      }
    }
    this.#touched.length = 0;
  }
}

const BETA1 = 0.9;
const BETA2 = 0.999;
