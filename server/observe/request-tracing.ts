import { randomFillSync } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import type { ServeError } from '../core/errors.ts';
import type { InferResult } from '../core/inference.ts';
import { type TraceContext, traceparentOf } from '../core/trace-context.ts';
import type { Attribute, Span } from './otlp.ts';

/** A request that belongs to a trace. */
export interface RequestTrace {
  readonly traceId: string;
  readonly spanId: string; // of the request here
  readonly parentId: string; // '' where the trace begins here
  readonly state: string;
  readonly sampled: boolean; // its spans are kept
  readonly startUs: number; // by the server's clock
  ended: boolean;
}

/** What is known of an infer request when it ends. */
export interface InferEnd {
  readonly way: 'http' | 'websocket';
  readonly model: string;
  readonly requestId: string; // '' where it has none
  readonly result: InferResult | null;
  readonly error: ServeError | null;
}

/** Where spans go: `SpanExporter`. */
export interface SpanSink {
  add(...spans: readonly Span[]): void;
}

/**
 * Which requests belong to a trace, and their spans. A caller's trace is gone on with, and kept
 * where the caller keeps it; of requests without one, every `rate`th begins one, where spans go
 * anywhere at all.
 */
export class RequestTracing {
  #seen = 0;

  constructor(
    private readonly clock: Clock,
    private readonly sink: SpanSink | null = null,
    private readonly rate = 1,
  ) {}

  /** Whether requests that bring no trace may begin one. */
  get samples(): boolean {
    return this.sink !== null;
  }

  /** Whether it is the turn of one of these, which brought no trace. Counts them. */
  turn(requests = 1): boolean {
    if (this.sink === null) return false;
    this.#seen += requests;
    if (this.#seen < this.rate) return false;
    this.#seen = 0;
    return true;
  }

  /** The request's trace: the caller's, or one that begins here; null for none. */
  begin(context: TraceContext | null, chosen = context === null && this.turn()): RequestTrace | null {
    if (context === null && !chosen) return null;
    const { traceId, parentId, state, sampled } = context ?? {
      traceId: newId(16), parentId: '', state: '', sampled: true,
    };
    const kept = sampled && this.sink !== null;
    const startUs = kept ? this.clock.nowUs() : 0;
    return { traceId, spanId: newId(8), parentId, state, sampled: kept, startUs, ended: false };
  }

  /**
   * Keeps the spans of a request that has ended: its own, `queue`, `batch` and in it `compute`. The
   * first call counts.
   */
  endInfer(trace: RequestTrace, end: InferEnd): void {
    if (!trace.sampled || trace.ended || this.sink === null) return;
    trace.ended = true;
    const { way, model, requestId, result, error } = end;
    const nowUs = this.clock.nowUs();
    const sinceEpochUs = this.clock.wallMs() * 1000 - nowUs;
    const part = (
      name: string, startUs: number, endUs: number, parentId: string,
      attributes: Record<string, Attribute> = {},
    ): Span => ({
      traceId: trace.traceId, spanId: newId(8), parentId, state: trace.state, name, server: false,
      startUs: sinceEpochUs + startUs, endUs: sinceEpochUs + endUs, attributes, error: '',
    });
    const own: Span = {
      ...part(`infer ${model}`, trace.startUs, nowUs, trace.parentId, {
        'vitrine.way': way,
        'vitrine.model': model,
        ...(result ? { 'vitrine.version': result.version } : {}),
        ...(requestId === '' ? {} : { 'vitrine.request_id': requestId }),
        ...(error ? { 'error.type': error.code } : {}),
      }),
      spanId: trace.spanId, server: true, error: error?.message ?? '',
    };
    if (!result) return this.sink.add(own);
    const { queueUs, runUs, batchRows, batchReason } = result.timing;
    const startedUs = nowUs - runUs; // a request settles as soon as its run has ended
    const batch = part('batch', startedUs, nowUs, trace.spanId, {
      'vitrine.batch.rows': batchRows, 'vitrine.batch.reason': batchReason,
    });
    const { inputNs = 0, outputNs = 0 } = result.phases ?? {};
    this.sink.add(
      own,
      part('queue', startedUs - queueUs, startedUs, trace.spanId,
        { 'vitrine.batch.reason': batchReason }),
      batch,
      part('compute', startedUs + inputNs / 1000, nowUs - outputNs / 1000, batch.spanId),
    );
  }
}

/** What the caller is told: the trace, and this request's span in it. */
export function traceparent({ traceId, spanId, sampled }: RequestTrace): string {
  return traceparentOf(traceId, spanId, sampled);
}

const POOL = Buffer.alloc(4096);
let poolAt = POOL.length;

/** So many random bytes, not all zero, in hexadecimal. */
function newId(bytes: number): string {
  if (poolAt + bytes > POOL.length) {
    randomFillSync(POOL);
    poolAt = 0;
  }
  const id = POOL.toString('hex', poolAt, poolAt + bytes);
  poolAt += bytes;
  return /^0+$/.test(id) ? newId(bytes) : id;
}
