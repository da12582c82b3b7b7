import type { Run, RunFailure } from '../batch/runner.ts';

/** A run on its way to another runner: what that tells of it reaches whoever started it. */
export class PassedRun implements Run {
  readonly slots: Int32Array;
  readonly rows: number;
  readonly along?: NonNullable<Run['along']>;

  /** `along`: in place of what the run itself has along. */
  constructor(protected readonly run: Run, along = run.along) {
    this.slots = run.slots;
    this.rows = run.rows;
    if (along) this.along = along;
  }

  get inputNs(): number {
    return this.run.inputNs;
  }
  set inputNs(ns: number) {
    this.run.inputNs = ns;
  }
  get outputNs(): number {
    return this.run.outputNs;
  }
  set outputNs(ns: number) {
    this.run.outputNs = ns;
  }

  ended(failure: RunFailure | null, held?: boolean): void {
    this.run.ended(failure, held);
  }
  released(): void {
    this.run.released();
  }
}
