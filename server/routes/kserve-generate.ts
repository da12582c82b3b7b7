import { startInfer } from '../batch/infer.ts';
import type { Lane } from '../batch/lane.ts';
import { asServeError } from '../core/errors.ts';
import type { InferResult } from '../core/inference.ts';
import type { HttpRequest } from '../transport/transport.ts';
import { inTritonWords } from '../wire/kserve-error.ts';
import { decodeGenerate, encodeGenerate, type Generate } from '../wire/kserve-generate.ts';
import { inTrace, traceOf, type KserveInferParts } from './kserve-infer.ts';
import { type Answer, jsonAnswer, type Params } from './router.ts';

const EVENTS = { 'content-type': 'text/event-stream; charset=utf-8' };

/**
 * `POST …/generate` and `…/generate_stream`: Triton's plain JSON for models of texts. Models here
 * give one answer each, so a stream is one event long. What fails is no event, but an error.
 */
export async function generate(
  parts: KserveInferParts, request: HttpRequest, params: Params, stream: boolean,
): Promise<Answer> {
  const { model, version } = params as { model: string; version?: string };
  const trace = parts.tracing.begin(traceOf(request));
  let id = '';
  try {
    const lane = parts.lanes.lane(model, version);
    const specs = lane.inputs.map(({ spec }) => spec);
    const asked = decodeGenerate(request.body, specs, lane.config.max_batch_size > 0);
    ({ id } = asked);
    const result = await run(parts, lane, asked, request);
    const end = { way: 'http', model, requestId: id, result, error: null } as const;
    if (trace) parts.tracing.endInfer(trace, end);
    const text = encodeGenerate(result, id);
    const answer = stream ? { status: 200, headers: EVENTS, body: `data: ${text}\n\n` } : jsonAnswer(text);
    return trace ? inTrace(answer, trace) : answer;
  } catch (thrown) {
    const error = asServeError(thrown);
    const end = { way: 'http', model, requestId: id, result: null, error } as const;
    if (trace) parts.tracing.endInfer(trace, end);
    throw inTritonWords(error, model, version, id);
  }
}

function run(
  { clock }: KserveInferParts, lane: Lane, { id, inputs, parameters }: Generate, request: HttpRequest,
): Promise<InferResult> {
  const asking = {
    model: lane.model, inputs, parameters, phases: true, ...(id === '' ? {} : { requestId: id }),
  };
  return new Promise((resolve, reject) => {
    request.onAbort(startInfer(lane, asking, clock, (error, result) => {
      if (error || !result) reject(error);
      else resolve(result);
    }));
  });
}
