import type { InferRequest } from '../core/inference.ts';
import type { InferSettled } from './infer.ts';

/**
 * Starts a request as `startInfer` does: `settled` is called once, never inside the call; tensors
 * of the request are the caller's again when it returns. Gives what gives the request up.
 */
export type InferStart = (request: InferRequest, settled: InferSettled) => () => boolean;

/** Takes requests whole, where an answer is more than one run of one lane. */
export interface Desk {
  readonly start: InferStart;
  /** Whether requests may be of a sequence. */
  readonly sequences: boolean;
  /** Forgets answers that are kept, where any are. */
  readonly clear?: () => void;
}
