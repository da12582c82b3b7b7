import type { ModelConfig } from '../catalog/model-config.ts';
import type { ServeError } from '../core/errors.ts';
import type { BatchReason } from '../core/inference.ts';
import type { TensorSpec } from '../core/tensor.ts';
import type { Desk } from './desk.ts';
import type { LooseRows } from './loose-rows.ts';

/**
 * The way into one loaded model version: slots of shared memory, a bounded queue, a batcher.
 * A caller takes a job, writes its rows into the slots' input bytes, submits, and reads the output
 * bytes when the job settles. Nothing is allocated on the way.
 */
export interface Lane {
  readonly model: string;
  readonly version: string;
  readonly config: ModelConfig;
  readonly inputs: readonly LaneTensor[];
  readonly outputs: readonly LaneTensor[];
  /** Where rows travel with their runs, what each slot holds; its tensors then have no bytes. */
  readonly loose?: LooseRows | undefined;
  /** Where it is there, requests go to it: its lane's own slots know less than it does. */
  readonly desk?: Desk;
  /** Rows one job may have: `max_batch_size`, or 1 for a model that does not batch. */
  readonly rowsMax: number;
  /** The run whose jobs settle now: for `onSettled` alone. */
  readonly settling?: { readonly inputNs: number; readonly outputNs: number } | null;
  /** Milliseconds after which a caller that `take` refused may find room. */
  readonly retryAfterMs: number;
  /**
   * Takes a job with `rows` slots (1..rowsMax), or null when queue or slots are full. A full lane
   * tries `makeRoom` first.
   */
  take(rows: number): Job | null;
  /**
   * What a request is told that came now and cannot be answered in time, and counts as told; null
   * where it may be let in. So nobody reads the rows of what is refused.
   */
  refuse?(
    rows: number, deadlineUs: number, priority: number, timeoutUs: number,
  ): ServeError | null;
  /**
   * Runs and settles what waits now, where the model runs on this thread: an answer costs it less
   * than a refusal. True when fewer rows wait than before.
   */
  makeRoom(): boolean;
  /**
   * Runs and settles full batches now, where the model runs on this thread: what a batch needs is
   * still in the caches then. For who submits many in a row.
   */
  runFull?(): void;
  /** Queues the job. It settles exactly once, never inside this call. */
  submit(job: Job): void;
  /** Gives up a job that was taken and not submitted. */
  giveBack(job: Job): void;
  /** Settles a job that has not started with `cancelled`. False when it is too late. */
  cancel(job: Job): boolean;
}

/** One input or output of a lane. Slot s holds bytes `[s * rowBytes, (s + 1) * rowBytes)`. */
export interface LaneTensor {
  readonly spec: TensorSpec; // dims without the batch dimension
  readonly rowBytes: number;
  readonly bytes: Uint8Array; // over the slab, made once
}

/** A pooled object: the lane owns it again as soon as `onSettled` has returned. */
export interface Job {
  readonly rows: number;
  /** Slot numbers of the rows, in order; only the first `rows` count. */
  readonly slots: Int32Array;
  /** By the lane's clock; Infinity for none. Past it the job settles with `deadline`. */
  deadlineUs: number;
  /** 1 is the most urgent level; 0 is the model's default one. */
  priority: number;
  /** In the queue, where the model's policy lets requests say; 0 for none of its own. */
  timeoutUs: number;
  readonly arrivedUs: number;
  readonly startedUs: number;
  readonly endedUs: number;
  readonly batchRows: number;
  readonly batchReason: BatchReason;
  /** Called once: null when the output slots hold the answer. Slots are given back after it. */
  onSettled: (job: Job, error: ServeError | null) => void;
  /** The caller's own, to find its request again. */
  context: unknown;
}

/** Finds lanes. Throws `unknown_model`, `unknown_version` or `model_not_ready`. */
export interface Lanes {
  lane(model: string, version?: string): Lane;
}
