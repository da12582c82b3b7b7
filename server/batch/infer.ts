import type { Clock } from '../core/clock.ts';
import { asServeError, ServeError } from '../core/errors.ts';
import type { InferRequest, InferResult } from '../core/inference.ts';
import type { Job, Lane } from './lane.ts';
import { checkInputs, checkOutputs, readOutputs, writeInputs } from './tensors.ts';

/** Told once how a request ended: its result, or the error and no result. */
export type InferSettled = (error: ServeError | null, result: InferResult | null) => void;

/**
 * Starts one request on a lane. `settled` is called once, never inside this call; tensors are
 * copied before it returns. Throws `bad_tensor` or `overloaded`. Returns what gives the request up:
 * true when it then settles with `cancelled`, false when it is too late.
 */
export function startInfer(
  lane: Lane, request: InferRequest, clock: Clock, settled: InferSettled,
): () => boolean {
  const { inputs, outputs, deadlineMs, priority, timeoutUs, phases } = request;
  if (outputs) checkOutputs(lane, outputs);
  const rows = checkInputs(lane, inputs);
  if (request.sequence && !lane.desk?.sequences) {
    throw new ServeError('unsupported', `model '${lane.model}' takes no sequences`);
  }
  if (lane.desk) return lane.desk.start(request, settled);
  if (lane.loose && !lane.loose.fits(inputs)) throw noRoom(lane, rows);
  const job = lane.take(rows);
  if (!job) throw noRoom(lane, rows);
  writeInputs(lane, job, inputs);
  if (deadlineMs !== undefined) job.deadlineUs = clock.nowUs() + deadlineMs * 1000;
  if (priority !== undefined) job.priority = priority;
  if (timeoutUs !== undefined) job.timeoutUs = timeoutUs;
  let open = true; // the lane uses the job again for another once it has settled
  job.onSettled = (done, error) => {
    open = false;
    settle(lane, done, error, outputs, phases ? withPhases(lane, settled) : settled);
  };
  lane.submit(job);
  return () => open && lane.cancel(job);
}

/** The same as a promise, for comfort more than speed. Rejects as `Inference` says. */
export function inferOn(lane: Lane, request: InferRequest, clock: Clock): Promise<InferResult> {
  return new Promise((resolve, reject) => {
    const { signal } = request;
    if (signal?.aborted) throw new ServeError('cancelled');
    const cancel = startInfer(lane, request, clock, (error, result) => {
      signal?.removeEventListener('abort', onAbort);
      if (error) reject(error);
      else resolve(result as InferResult);
    });
    const onAbort = (): void => {
      if (!cancel()) reject(new ServeError('cancelled')); // it runs on, for nobody
    };
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

function withPhases({ settling }: Lane, settled: InferSettled): InferSettled {
  if (!settling) return settled;
  const { inputNs, outputNs } = settling;
  return (error, result) => settled(error, result && { ...result, phases: { inputNs, outputNs } });
}

/** What a request is told for whose rows `take` had no room. */
export function noRoom({ model, retryAfterMs }: Lane, rows: number): ServeError {
  const detail = `'${model}' has no room for ${rows} more rows`;
  return new ServeError('overloaded', detail, { retryAfterMs });
}

function settle(
  lane: Lane, job: Job, failure: ServeError | null, outputs: readonly string[] | undefined,
  settled: InferSettled,
): void {
  if (!lane.loose) return settled(failure, failure ? null : resultOf(lane, job, outputs));
  let result: InferResult | null = null;
  let error = failure;
  try {
    if (!failure) result = resultOf(lane, job, outputs);
  } catch (unlike) {
    error = asServeError(unlike); // answers of its rows that make no tensor
  }
  lane.loose.drop(job);
  settled(error, result);
}

function resultOf(lane: Lane, job: Job, wanted?: readonly string[]): InferResult {
  return {
    model: lane.model,
    version: lane.version,
    outputs: readOutputs(lane, job, wanted),
    timing: {
      queueUs: job.startedUs - job.arrivedUs,
      runUs: job.endedUs - job.startedUs,
      batchRows: job.batchRows,
      batchReason: job.batchReason,
    },
  };
}
