import { ServeError } from '../core/errors.ts';
import type { InferRequest, InferResult } from '../core/inference.ts';
import type { Clock } from '../core/clock.ts';
import type { BatchLane } from './batch-lane.ts';
import type { Job } from './lane.ts';
import { checkInputs, checkOutputs, readOutputs, writeInputs } from './tensors.ts';

/**
 * One request through a lane, as a promise: for callers that need comfort more than speed. Rejects
 * as `Inference` says.
 */
export function inferOn(
  lane: BatchLane, request: InferRequest, clock: Clock,
): Promise<InferResult> {
  return new Promise((resolve, reject) => {
    const { signal } = request;
    if (signal?.aborted) throw new ServeError('cancelled');
    if (request.outputs) checkOutputs(lane, request.outputs);
    const rows = checkInputs(lane, request.inputs);
    const job = lane.take(rows);
    if (!job) {
      throw new ServeError('overloaded', `'${lane.model}' has no room for ${rows} more rows`, {
        retryAfterMs: lane.retryAfterMs,
      });
    }
    writeInputs(lane, job, request.inputs);
    if (request.deadlineMs !== undefined) {
      job.deadlineUs = clock.nowUs() + request.deadlineMs * 1000;
    }
    const onAbort = (): void => {
      if (!lane.cancel(job)) reject(new ServeError('cancelled')); // it runs on, for nobody
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    job.onSettled = (settled, error) => {
      signal?.removeEventListener('abort', onAbort);
      if (error) reject(error);
      else resolve(resultOf(lane, settled, request.outputs));
    };
    lane.submit(job);
  });
}

function resultOf(lane: BatchLane, job: Job, wanted?: readonly string[]): InferResult {
  return {
    model: lane.model,
    version: lane.version,
    outputs: readOutputs(lane, job, wanted),
    timing: {
      queueUs: job.startedUs - job.arrivedUs,
      runUs: job.endedUs - job.startedUs,
      batchRows: job.batchRows,
    },
  };
}
