import type { Tensor } from './tensor.ts';

/**
 * Why a batch left: it was full; it had a size that the model prefers; it filled a size that runs
 * may have, and waiting for the next was not worth it; a deadline came near; the oldest row had
 * waited its time; or a worker was idle. Counted, and shown by `/metrics` and in traces.
 */
export const BATCH_REASONS = ['full', 'preferred', 'bucket', 'deadline', 'delay', 'idle'] as const;
export type BatchReason = (typeof BATCH_REASONS)[number];

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
  /** 1 is the most urgent; the model's default level when absent, 0, or beyond its levels. */
  readonly priority?: number;
  /** Microseconds in the queue, where the model's queue policy lets requests say. */
  readonly timeoutUs?: number;
  /** The client's own name for it: where the model's rollout goes by it. */
  readonly requestId?: string;
  /** What the client says beside: rollouts may go by one of them, caches tell requests apart. */
  readonly parameters?: RequestParameters;
  /** Of a model that takes sequences, which these are parts of. */
  readonly sequence?: SequencePart;
  /** Adds `phases` to the result, or `steps`. */
  readonly phases?: boolean;
  /** Ends the wait with `cancelled`; a batch that already runs is not stopped. */
  readonly signal?: AbortSignal;
}

export type RequestParameters = Readonly<Record<string, string | number | boolean | bigint>>;

/** A request's place among those that share a state. */
export interface SequencePart {
  readonly id: string; // never ''
  readonly start: boolean;
  readonly end: boolean;
}

export interface InferResult {
  readonly model: string;
  readonly version: string;
  readonly outputs: readonly Tensor[];
  /** Where the time went: what the demo page and `trace: true` show. */
  readonly timing: InferTiming;
  /** Of the run: nanoseconds in which rows were gathered, and answers scattered. */
  readonly phases?: { readonly inputNs: number; readonly outputNs: number };
  /** Of an ensemble, in the order in which they ended; where `phases` are asked for. */
  readonly steps?: readonly StepResult[];
}

/** What became of one step of an ensemble; microseconds are since the request came. */
export interface StepResult extends Omit<InferResult, 'outputs'> {
  readonly startUs: number;
  readonly endUs: number;
}

export interface InferTiming {
  /** Microseconds from submission to the start of the run. */
  readonly queueUs: number;
  /** Microseconds of the run, the hop to a worker and back included. */
  readonly runUs: number;
  /** Rows in the batch that this request was part of. */
  readonly batchRows: number;
  /** Why that batch left when it did. */
  readonly batchReason: BatchReason;
  /** The answer was there already, from another request that said the same. */
  readonly cached?: true;
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
