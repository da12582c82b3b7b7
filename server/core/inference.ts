import type { Tensor } from './tensor.ts';

/** A request to run one model. The first size of every input's shape is the number of rows. */
export interface InferRequest {
  readonly model: string;
  /** The exact version; the newest served one by the model's policy when absent. */
  readonly version?: string;
  readonly inputs: readonly Tensor[];
  /** Names of the outputs wanted; all of them when absent. */
  readonly outputs?: readonly string[];
  /** Milliseconds from arrival after which the answer is of no use. */
  readonly deadlineMs?: number;
  /** 1 is the most urgent; absent or 0 is the model's own default. */
  readonly priority?: number;
  /** Ends the wait with `cancelled`; a batch that already runs is not stopped. */
  readonly signal?: AbortSignal;
}

export interface InferResult {
  readonly model: string;
  readonly version: string;
  readonly outputs: readonly Tensor[];
  /** Where the time went: what the demo page and `trace: true` show. */
  readonly timing: InferTiming;
}

export interface InferTiming {
  /** Microseconds from submission to the start of the run. */
  readonly queueUs: number;
  /** Microseconds of the run, the hop to a worker and back included. */
  readonly runUs: number;
  /** Rows in the batch that this request was part of. */
  readonly batchRows: number;
}

/**
 * Runs models through the batcher. The storefront sees models through this alone.
 * Rejects with a `ServeError`: `unknown_model`, `unknown_version`, `bad_tensor`, `overloaded`,
 * `deadline`, `cancelled`, `backend`, `draining`.
 */
export interface Inference {
  infer(request: InferRequest): Promise<InferResult>;
  /** Whether a version of the model is loaded and takes requests. */
  ready(model: string, version?: string): boolean;
}
