/** Weight of the past at each new run: about the last 50 runs count. */
const DECAY = 0.98;

/**
 * How long a run takes, as a line over its rows, fitted by least squares to the runs of late. One
 * slow run moves it and is then forgotten.
 */
export class RunTime {
  #weight = 0;
  #rows = 0;
  #us = 0;
  #rowsRows = 0;
  #rowsUs = 0;
  #offUs = 0; // how far runs were off the line, by the same weights

  observe(rows: number, us: number): void {
    this.#weight = this.#weight * DECAY + 1;
    this.#rows = this.#rows * DECAY + rows;
    this.#us = this.#us * DECAY + us;
    this.#rowsRows = this.#rowsRows * DECAY + rows * rows;
    this.#rowsUs = this.#rowsUs * DECAY + rows * us;
    this.#offUs = this.#offUs * DECAY + Math.abs(us - this.expectUs(rows));
  }

  /** Microseconds a run of `rows` is expected to take; 0 before the first was seen. */
  expectUs(rows: number): number {
    if (this.#weight === 0) return 0;
    const meanRows = this.#rows / this.#weight;
    const meanUs = this.#us / this.#weight;
    const variance = this.#rowsRows / this.#weight - meanRows * meanRows;
    if (variance < 1e-3) return meanUs; // one size seen: no slope to speak of
    const covariance = this.#rowsUs / this.#weight - meanRows * meanUs;
    const slope = Math.max(0, covariance / variance); // more rows never take less time
    return Math.max(0, meanUs + slope * (rows - meanRows));
  }

  /** Microseconds that a run is off `expectUs`, on the average; 0 before the first was seen. */
  get spreadUs(): number {
    return this.#weight === 0 ? 0 : this.#offUs / this.#weight;
  }
}
