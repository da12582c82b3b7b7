/** Pieces of work that wait for one another. */
export class OneAtATime {
  #current: Promise<void> | null = null;

  /** `after` is called when a piece is done, well or not. */
  constructor(private readonly after: () => void) {}

  async run<T>(work: () => Promise<T>): Promise<T> {
    while (this.#current) await this.#current;
    let done = (): void => {};
    this.#current = new Promise((resolve) => (done = resolve));
    try {
      return await work();
    } finally {
      this.#current = null;
      done();
      this.after();
    }
  }
}
