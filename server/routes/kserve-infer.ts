import { startInfer } from '../batch/infer.ts';
import type { Lane, Lanes } from '../batch/lane.ts';
import type { ModelDetails } from '../catalog/directory.ts';
import type { ModelConfig } from '../catalog/model-config.ts';
import type { Clock } from '../core/clock.ts';
import { asServeError, type ServeError } from '../core/errors.ts';
import type { InferResult } from '../core/inference.ts';
import { parseTraceContext, type TraceContext } from '../core/trace-context.ts';
import {
  type RequestTrace, type RequestTracing, traceparent,
} from '../observe/request-tracing.ts';
import type { Trace, Tracer } from '../observe/tracer.ts';
import type { HttpRequest } from '../transport/transport.ts';
import { acceptedEncoding, encodingOf, unwrap, wrap } from '../wire/compression.ts';
import { inTritonWords, KserveError } from '../wire/kserve-error.ts';
import {
  cutBody, fillPlan, type InferBody, type KserveInfer, rawInferRequest,
} from '../wire/kserve-request.ts';
import type { InferPlans } from '../wire/kserve-plans.ts';
import { encodeInferResponse } from '../wire/kserve-response.ts';
import type { KserveFast } from './kserve-fast.ts';
import { type Answer, jsonAnswer, type Params } from './router.ts';

export interface KserveInferParts {
  readonly lanes: Lanes;
  readonly clock: Clock; // the lanes' own
  readonly details: ModelDetails;
  readonly tracer: Tracer;
  readonly tracing: RequestTracing;
  readonly bodyBytesMax: number; // unpacked
}

/** Smaller answers are not worth the packing, whatever the client would take. */
const PACK_BYTES_MIN = 1024;

/** `POST …/infer`: JSON, JSON with tensors in binary behind it, or one tensor's bytes alone. */
export function infer(
  parts: KserveInferParts, plans: InferPlans, fast: KserveFast, request: HttpRequest, params: Params,
): Promise<Answer> {
  const { model, version } = params as { model: string; version?: string };
  const plain = request.header('content-encoding') === '' && !traced(parts, request);
  if (!plain) return inferAny(parts, plans, null, request, params);
  try {
    const lane = parts.lanes.lane(model, version);
    const bytesMax = request.header('accept-encoding') === '' ? Infinity : PACK_BYTES_MIN - 1;
    const inWords = (error: ServeError) => inTritonWords(error, model, version, '');
    const known = fast.take(lane, request, bytesMax, inWords);
    if (known !== null) return known;
  } catch (thrown) {
    throw inTritonWords(asServeError(thrown), model, version, '');
  }
  return inferAny(parts, plans, fast, request, params);
}

/** Whether anything of the request may have to be written down. */
function traced({ tracer, tracing }: KserveInferParts, request: HttpRequest): boolean {
  return tracer.on || tracing.samples || request.header('traceparent') !== '';
}

/** `fast` learns from it, where it is given. */
async function inferAny(
  parts: KserveInferParts, plans: InferPlans, fast: KserveFast | null, request: HttpRequest,
  params: Params,
): Promise<Answer> {
  const { model, version } = params as { model: string; version?: string };
  const encoding = encodingOf(request.header('content-encoding'));
  if (encoding === null) return unknownEncoding();
  const trace = parts.tracing.begin(traceOf(request));
  let id = '';
  try {
    let lane = parts.lanes.lane(model, version); // before the body: Triton tells of it first
    const packed = request.body;
    const body =
      encoding === 'identity' ? packed : await unwrap(encoding, packed, parts.bodyBytesMax);
    if (encoding !== 'identity') lane = parts.lanes.lane(model, version); // replaced meanwhile?
    const cut = cutBody(body, request.header('inference-header-content-length'));
    const asked = decoded(cut, lane, plans);
    ({ id } = asked);
    const answered = await run(parts, lane, asked, request, trace);
    fast?.learn(lane, request, asked, answered);
    const traced = trace ? inTrace(answered, trace) : answered;
    const answer = id === '' ? traced : { ...traced, id };
    const accept = request.header('accept-encoding');
    const accepted = accept === '' ? 'identity' : acceptedEncoding(accept);
    if (accepted === 'identity' || Buffer.byteLength(answer.body) < PACK_BYTES_MIN) return answer;
    return {
      ...answer,
      headers: { ...answer.headers, 'content-encoding': accepted },
      body: await wrap(accepted, answer.body),
    };
  } catch (thrown) {
    const error = asServeError(thrown);
    const end = { way: 'http', model, requestId: id, result: null, error } as const;
    if (trace) parts.tracing.endInfer(trace, end);
    throw inTritonWords(error, model, version, id);
  }
}

/** The caller's trace, where its headers name one. */
export function traceOf(request: HttpRequest): TraceContext | null {
  const parent = request.header('traceparent');
  return parent === '' ? null : parseTraceContext(parent, request.header('tracestate'));
}

/** The answer with this request's span of the trace. */
export function inTrace(answer: Answer, trace: RequestTrace): Answer {
  const state = trace.state === '' ? {} : { tracestate: trace.state };
  return { ...answer, headers: { ...answer.headers, traceparent: traceparent(trace), ...state } };
}

function decoded(
  body: InferBody, { model, inputs, config }: Lane, plans: InferPlans,
): KserveInfer {
  if (!body.raw) return fillPlan(plans.of(body.json, model), body.binary, model);
  const specs = inputs.map(({ spec }) => spec);
  return rawInferRequest(body.binary, specs, config.max_batch_size > 0, model);
}

function run(
  { clock, details, tracer, tracing }: KserveInferParts, lane: Lane, asked: KserveInfer,
  request: HttpRequest, trace: RequestTrace | null,
): Promise<Answer> {
  const { model } = lane;
  if (asked.request.sequence && !lane.desk?.sequences) {
    throw new KserveError('unsupported', `'sequence_id': model '${model}' takes no sequences`);
  }
  const startUs = tracer.sample(model) ? clock.nowUs() : -1;
  return new Promise((resolve, reject) => {
    const phases = trace?.sampled ? { phases: true } : {};
    const asking = { model, ...asked.request, ...timeLimit(lane, asked), ...phases };
    const cancel = startInfer(lane, asking, clock, (error, result) => {
      if (error || !result) return reject(error);
      if (startUs >= 0) tracer.add(timesOf(result, asked.id, startUs, clock.nowUs()));
      try {
        const end = { way: 'http', model, requestId: asked.id, result, error: null } as const;
        if (trace) tracing.endInfer(trace, end);
        resolve(answerOf(result, asked, lane, details));
      } catch (noForm) {
        reject(noForm); // an output that cannot be written as it was asked for
      }
    });
    request.onAbort(cancel);
  });
}

/**
 * Triton's `timeout` is of the queue, and heeded where the model's policy lets requests say. Where
 * it does not, it is by when the answer is of use.
 */
function timeLimit({ config }: Lane, { request }: KserveInfer): { deadlineMs?: number } {
  const { timeoutUs } = request;
  if (timeoutUs === undefined || allowsTimeouts(config)) return {};
  return { deadlineMs: timeoutUs / 1000 };
}

function allowsTimeouts({ dynamic_batching }: ModelConfig): boolean {
  const { default_queue_policy, priority_queue_policy } = dynamic_batching;
  const policies = [default_queue_policy, ...Object.values(priority_queue_policy)];
  return policies.some(({ allow_timeout_override }) => allow_timeout_override);
}

/** A request settles as soon as its run has ended: its times lie before that. */
function timesOf(
  { model, version, timing }: InferResult, requestId: string, startUs: number, endUs: number,
): Trace {
  const runUs = endUs - timing.runUs;
  const times = {
    REQUEST_START: startUs,
    QUEUE_START: runUs - timing.queueUs,
    COMPUTE_START: runUs,
    COMPUTE_END: endUs,
    REQUEST_END: endUs,
  };
  const timestamps = Object.entries(times).map(([name, us]) => ({ name, ns: Math.round(us * 1000) }));
  return { model, version, requestId, batchReason: timing.batchReason, timestamps };
}

function answerOf(
  result: InferResult, asked: KserveInfer, lane: Lane, details: ModelDetails,
): Answer {
  const { body, jsonBytes } = encodeInferResponse(result, asked, {
    batches: lane.config.max_batch_size > 0,
    labels: (output) => details.labels(lane.model, output),
  });
  if (jsonBytes === null) return jsonAnswer(body as string);
  const headers = {
    'content-type': 'application/octet-stream',
    'inference-header-content-length': String(jsonBytes),
  };
  return { status: 200, headers, body };
}

function unknownEncoding(): Answer {
  const answer = jsonAnswer('{"error":"Unsupported compression type"}', 501);
  return { ...answer, headers: { ...answer.headers, 'accept-encoding': 'gzip, deflate' } };
}
