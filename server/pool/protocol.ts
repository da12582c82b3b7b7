import type { MessagePort } from 'node:worker_threads';
import { CONFIG_LIMITS } from '../catalog/config-limits.ts';
import type { FoundModel, WantedModel } from '../catalog/look.ts';
import type { ModelConfig } from '../catalog/model-config.ts';
import type { FailureCode } from '../core/errors.ts';
import type { RowFailure } from '../core/row-failure.ts';
import type { LooseRow } from '../core/loose.ts';
import type { SlabLayout } from '../core/slab.ts';
import type { LooseAnswers } from '../runtime/loose-instance.ts';

/**
 * What the front end and a worker say to each other. A batch is one small number: the lane. Which
 * slots it takes stands on the worker's sheet, in memory that both of them see:
 *
 * | int32 | meaning |
 * |---|---|
 * | 0 | rows of the batch |
 * | 1.. | their slots, in order |
 * | the last two | written by the worker: nanoseconds of gathering rows, of scattering answers |
 */
export const SHEET_INTS = 1 + CONFIG_LIMITS.batchMax + 2;
export const SHEET_INPUT_NS = SHEET_INTS - 2;
export const SHEET_OUTPUT_NS = SHEET_INTS - 1;

/** Given to a worker when it starts (`workerData`). */
export interface SeatData {
  readonly sheet: SharedArrayBuffer;
  /** By which batches reach the thread while it waits for them: `signal.ts`. */
  readonly signal: SharedArrayBuffer;
  /** Of the thread alone, where the system has such a thing: 0..19, higher gives way to others. */
  readonly nice: number;
}

/**
 * Run the batch on the sheet for the lane of this number; the reply goes to the port of `replies`.
 * The thread then waits for further ones, and the order has been carried out when it has left.
 */
export type RunOrder = number;
/** Where replies to batches go. The first order of a thread. */
export interface RepliesOrder {
  readonly order: 'replies';
  readonly port: MessagePort;
}
/** Run these rows, which have no slots in the slab, for the loose model's lane of this number. */
export interface RowsOrder {
  readonly order: 'rows';
  readonly lane: number;
  readonly rows: readonly LooseRow[];
}
/** Load the model, warm it up, and keep it under the lane's number. */
export interface OpenOrder {
  readonly order: 'open';
  readonly lane: number;
  readonly files: ModelFiles;
  /** Of the model where it is open on another thread: it is run here as well, and not read. */
  readonly token?: bigint;
  readonly memory: SharedArrayBuffer;
  readonly layout: SlabLayout;
}
/** Load the model and time it, where that is wanted; one that has a token stays until `forget`. */
export interface TryOrder {
  readonly order: 'try';
  readonly files: ModelFiles;
  readonly timed: boolean;
}
/** Read a model's folder, and its ONNX file where the config leaves something to it. */
export interface LookOrder extends WantedModel {
  readonly order: 'look';
}
/** Let a model go that was tried out: others have it now. */
export interface ForgetOrder {
  readonly order: 'forget';
  readonly token: bigint;
}
export interface CloseOrder {
  readonly order: 'close';
  readonly lane: number;
}
export type KeepingOrder = OpenOrder | TryOrder | LookOrder | ForgetOrder | CloseOrder;
export type Order = RunOrder | RowsOrder | KeepingOrder;
export type ThreadOrder = Order | RepliesOrder;

export interface ModelFiles {
  readonly folder: string; // of the version: it holds the model file
  readonly config: ModelConfig;
}

/**
 * A batch that ran is answered with null. Where the worker survives a failure the reply names the
 * rows that have no answer, or is one string for all; where it does not there is no reply at all.
 */
export type RunReply = readonly RowFailure[] | string | null;
export type RowsReply = LooseAnswers | string;
/** What failed has a code where the caller's files are at fault, and is `backend` else. */
export type KeepingReply = Refused | Tried;
export interface Refused {
  readonly error: string;
  readonly code?: FailureCode;
}

/** What is known of a model that opened and ran: no times where it was not timed. */
export interface Tried {
  readonly times: readonly RunTimes[];
  readonly openUs: number; // from the files to the first answers
  /** Of a model that was looked for; null where there is none of its name. */
  readonly found?: FoundModel | null;
  /** Opens it on other threads; undefined where each has to read it for itself. */
  readonly token?: bigint;
}

/** The best of several runs after a warm-up. */
export interface RunTimes {
  readonly rows: number;
  readonly us: number;
}
