import type { Run, Runner } from '../batch/runner.ts';
import { ServeError } from '../core/errors.ts';

/** What `InlineRunner` runs: a `ModelInstance` bound to the lane's slab. */
export interface InlineModel {
  run(slots: Int32Array, rows: number): void | Promise<void>;
  close(): Promise<void>;
}

/** Runs batches on the front end's own thread: for models that cost less than the hop. */
export class InlineRunner implements Runner {
  readonly inline = true;
  readonly runsMax = 1;
  onFree = (): void => {};
  #busy = false;

  constructor(private readonly name: string, private readonly model: InlineModel) {}

  get free(): number {
    return this.#busy ? 0 : 1;
  }

  start(run: Run): void {
    let running: void | Promise<void>;
    try {
      running = this.model.run(run.slots, run.rows);
    } catch (thrown) {
      return run.ended(this.#failure(thrown));
    }
    if (!running) return run.ended(null);
    this.#busy = true; // a runtime without a synchronous call
    void running.then(() => null, (thrown: unknown) => this.#failure(thrown)).then((failure) => {
      this.#busy = false;
      run.ended(failure);
      this.onFree();
    });
  }

  close(): Promise<void> {
    return this.model.close();
  }

  #failure(thrown: unknown): ServeError {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new ServeError('backend', `${this.name}: ${message}`, { cause: thrown });
  }
}
