import type { ServeError } from '../core/errors.ts';
import type { LooseRow } from '../core/loose.ts';

/** What a lane's batches run on: the front end's own thread, or a pool of workers. */
export interface Runner {
  /** Runs inside `start`: the lane then never starts one from inside `submit`. */
  readonly inline: boolean;
  /** Runs that can be in flight at once. */
  readonly runsMax: number;
  /** Runs that would start at once now. */
  readonly free: number;
  /** Starts a run; `free` is at least 1. The run ends inside this call only when `inline`. */
  start(run: Run): void;
  /** Opens the model on another thread, where others can have the same. */
  readonly token?: bigint | undefined;
  /** Why runs fail until further notice; undefined while they start, or may again soon. */
  readonly trouble: string | undefined;
  /** The lane's: called after `free` has risen from 0. */
  onFree: () => void;
  /** Releases the model. No run is in flight, and none will start. */
  close(): Promise<void>;
}

/**
 * Why rows of a run have no answer: all of them for one reason, or each of those named for its own.
 */
export type RunFailure = ServeError | ReadonlyMap<number, ServeError>;

/**
 * What rows of a run hold, in its order, and who takes their answers; null for a row that failed.
 */
export interface RowsAlong {
  readonly rows: readonly LooseRow[];
  answered(outputs: readonly (LooseRow | null)[]): void;
}

/** One batch on its way. The runner reads `rows` slots and calls `ended` exactly once. */
export interface Run {
  readonly slots: Int32Array; // only the first `rows` count
  readonly rows: number;
  /** Of a loose model: its rows, which have no place in the slab. */
  readonly along?: RowsAlong;
  /** Nanoseconds of the run that went into gathering its rows, and into scattering its answers. */
  inputNs: number;
  outputNs: number;
  /**
   * The outputs are in the slots, or `failure` says for which rows not. `held` says that something
   * may still write to the slots (a worker that hangs): they are not reused before `released`.
   */
  ended(failure: RunFailure | null, held?: boolean): void;
  /** Nothing writes to the slots any more. Called once after `ended(failure, true)`. */
  released(): void;
}
