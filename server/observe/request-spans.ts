import { randomFillSync } from 'node:crypto';
import type { InferResult, StepResult } from '../core/inference.ts';
import type { Stage } from '../core/stages.ts';
import type { Attribute, Span } from './otlp.ts';
import type { InferEnd, RequestTrace, StagesEnd } from './request-tracing.ts';

/** The clock's moment at which a request ended, as the clock and the epoch have it. */
export interface Ended {
  readonly nowUs: number;
  readonly wallMs: number;
}

/** An infer request's own span, and what it went through: a batch, or the steps of an ensemble. */
export function inferSpans(trace: RequestTrace, end: InferEnd, at: Ended): Span[] {
  const { way, model, requestId, result, error } = end;
  const make = new SpanMaker(trace, at);
  const own = make.own(`infer ${model}`, {
    'vitrine.way': way,
    'vitrine.model': model,
    ...(result ? { 'vitrine.version': result.version } : {}),
    ...(requestId === '' ? {} : { 'vitrine.request_id': requestId }),
    ...(error ? { 'error.type': error.code } : {}),
  }, error?.message ?? '');
  return result ? [own, ...partsOf(make, result, at.nowUs, trace.spanId)] : [own];
}

/** Any other request's own span, and one for each of its stages. */
export function stageSpans(trace: RequestTrace, end: StagesEnd, at: Ended): Span[] {
  const { way, name, requestId, stages, error } = end;
  const make = new SpanMaker(trace, at);
  const own = make.own(name, {
    'vitrine.way': way,
    ...(requestId === '' ? {} : { 'vitrine.request_id': requestId }),
    ...(error ? { 'error.type': error.code } : {}),
  }, error?.message ?? '');
  return [own, ...stages.map((stage) => make.part(stage, trace.spanId))];
}

/** A request settles as soon as its run has ended. */
function partsOf(
  make: SpanMaker, result: Omit<InferResult, 'outputs'>, endUs: number, parentId: string,
): Span[] {
  const { timing: { queueUs, runUs, batchRows, batchReason, cached }, steps } = result;
  if (cached) return [make.part({ name: 'cache', startUs: endUs, endUs }, parentId)];
  if (steps) return stepsOf(make, steps, endUs - runUs - queueUs, parentId);
  const startedUs = endUs - runUs;
  const reason = { 'vitrine.batch.reason': batchReason };
  const batch = make.part({ name: 'batch', startUs: startedUs, endUs }, parentId,
    { 'vitrine.batch.rows': batchRows, ...reason });
  const { inputNs = 0, outputNs = 0 } = result.phases ?? {};
  return [
    make.part({ name: 'queue', startUs: startedUs - queueUs, endUs: startedUs }, parentId, reason),
    batch,
    make.part({ name: 'compute', startUs: startedUs + inputNs / 1000, endUs: endUs - outputNs / 1000 },
      batch.spanId),
  ];
}

function stepsOf(
  make: SpanMaker, steps: readonly StepResult[], fromUs: number, parentId: string,
): Span[] {
  return steps.flatMap((step) => {
    const [startUs, endUs] = [fromUs + step.startUs, fromUs + step.endUs];
    const span = make.part({ name: `step ${step.model}`, startUs, endUs }, parentId,
      { 'vitrine.model': step.model, 'vitrine.version': step.version });
    return [span, ...partsOf(make, step, endUs, span.spanId)];
  });
}

/** Spans of one trace, with times of the server's clock put on the epoch's. */
class SpanMaker {
  readonly #sinceEpochUs: number;

  constructor(private readonly trace: RequestTrace, private readonly at: Ended) {
    this.#sinceEpochUs = at.wallMs * 1000 - at.nowUs;
  }

  part(
    { name, startUs, endUs }: Stage, parentId: string, attributes: Record<string, Attribute> = {},
  ): Span {
    const { traceId, state } = this.trace;
    return {
      traceId, spanId: newId(8), parentId, state, name, server: false,
      startUs: this.#sinceEpochUs + startUs, endUs: this.#sinceEpochUs + endUs, attributes, error: '',
    };
  }

  own(name: string, attributes: Record<string, Attribute>, error: string): Span {
    const { spanId, parentId, startUs } = this.trace;
    const span = this.part({ name, startUs, endUs: this.at.nowUs }, parentId, attributes);
    return { ...span, spanId, server: true, error };
  }
}

const POOL = Buffer.alloc(4096);
let poolAt = POOL.length;

/** So many random bytes, not all zero, in hexadecimal. */
export function newId(bytes: number): string {
  if (poolAt + bytes > POOL.length) {
    randomFillSync(POOL);
    poolAt = 0;
  }
  const id = POOL.toString('hex', poolAt, poolAt + bytes);
  poolAt += bytes;
  return /^0+$/.test(id) ? newId(bytes) : id;
}
