import type { Run, RunFailure, Runner } from '../batch/runner.ts';
import type { RowFailure } from '../core/row-failure.ts';
import { rowErrors } from './row-errors.ts';

/** What `InlineRunner` runs: a `ModelInstance` bound to the lane's slab. */
export interface InlineModel {
  run(slots: Int32Array, rows: number): void | Promise<readonly RowFailure[]>;
  close(): Promise<void>;
  readonly token?: bigint | undefined; // opens it on another thread
  readonly inputNs: number; // of the last run
  readonly outputNs: number;
}

/** Runs batches on the front end's own thread: for models that cost less than the hop. */
export class InlineRunner implements Runner {
  readonly inline = true;
  readonly runsMax = 1;
  readonly trouble = undefined;
  onFree = (): void => {};
  #busy = false;

  constructor(private readonly name: string, private readonly model: InlineModel) {}

  get token(): bigint | undefined {
    return this.model.token;
  }

  get free(): number {
    return this.#busy ? 0 : 1;
  }

  start(run: Run): void {
    const running = this.model.run(run.slots, run.rows);
    if (!running) return this.#end(run, null);
    this.#busy = true; // a runtime without a synchronous call, or rows that failed
    void running.then((failures) => {
      this.#busy = false;
      this.#end(run, rowErrors(this.name, failures));
      this.onFree();
    });
  }

  #end(run: Run, failure: RunFailure | null): void {
    run.inputNs = this.model.inputNs;
    run.outputNs = this.model.outputNs;
    run.ended(failure);
  }

  close(): Promise<void> {
    return this.model.close();
  }
}
