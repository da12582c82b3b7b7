import type { LooseRows } from '../batch/loose-rows.ts';
import type { Run, Runner } from '../batch/runner.ts';
import type { RowFailure } from '../core/row-failure.ts';
import type { LooseInstance } from '../runtime/loose-instance.ts';
import type { InlineModel } from './inline.ts';
import { PassedRun } from './passed-run.ts';

/** Sends the rows of a loose model's runs along with them. */
export class LooseRunner implements Runner {
  constructor(private readonly inner: Runner, private readonly rows: LooseRows) {}

  get inline(): boolean {
    return this.inner.inline;
  }
  get runsMax(): number {
    return this.inner.runsMax;
  }
  get free(): number {
    return this.inner.free;
  }
  get trouble(): string | undefined {
    return this.inner.trouble;
  }
  get onFree(): () => void {
    return this.inner.onFree;
  }
  set onFree(told: () => void) {
    this.inner.onFree = told;
  }

  start(run: Run): void {
    this.inner.start(new LooseRun(run, this.rows));
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}

class LooseRun extends PassedRun {
  constructor(run: Run, held: LooseRows) {
    // A run that is lost gives its slots' list to the next.
    const own = run.slots.slice(0, run.rows);
    super(run, {
      rows: held.inputs(own, run.rows),
      answered: (outputs) => held.answer(own, outputs),
    });
  }
}

/** A loose model on the front end's own thread. */
export class LooseInline implements InlineModel {
  readonly inputNs = 0;
  readonly outputNs = 0;

  constructor(private readonly model: LooseInstance, private readonly held: LooseRows) {}

  async run(slots: Int32Array, rows: number): Promise<readonly RowFailure[]> {
    const own = slots.slice(0, rows);
    const { outputs, failures } = await this.model.run(this.held.inputs(own, rows));
    this.held.answer(own, outputs);
    return failures;
  }

  close(): Promise<void> {
    return this.model.close();
  }
}
