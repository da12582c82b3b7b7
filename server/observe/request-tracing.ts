import type { Clock } from '../core/clock.ts';
import type { ServeError } from '../core/errors.ts';
import type { InferResult } from '../core/inference.ts';
import { type Stage, Stages } from '../core/stages.ts';
import { type TraceContext, traceparentOf } from '../core/trace-context.ts';
import type { Span } from './otlp.ts';
import { type Ended, inferSpans, newId, stageSpans } from './request-spans.ts';

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

/** What is known of any other request when it ends. */
export interface StagesEnd {
  readonly way: 'http' | 'websocket';
  readonly name: string; // what was asked for
  readonly requestId: string;
  readonly stages: readonly Stage[]; // by the server's clock
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

  /** Keeps the spans of an infer request that has ended. The first call counts. */
  endInfer(trace: RequestTrace, end: InferEnd): void {
    if (this.#ends(trace)) this.sink?.add(...inferSpans(trace, end, this.#now()));
  }

  /** The same of any other request. */
  endStages(trace: RequestTrace, end: StagesEnd): void {
    if (this.#ends(trace)) this.sink?.add(...stageSpans(trace, end, this.#now()));
  }

  /** Where what the request's time goes into may be noted; nowhere unless its spans are kept. */
  stages(trace: RequestTrace | null): Stages | undefined {
    return trace?.sampled ? new Stages(this.clock) : undefined;
  }

  #ends(trace: RequestTrace): boolean {
    if (!trace.sampled || trace.ended) return false;
    trace.ended = true;
    return true;
  }

  #now(): Ended {
    return { nowUs: this.clock.nowUs(), wallMs: this.clock.wallMs() };
  }
}

/** What the caller is told: the trace, and this request's span in it. */
export function traceparent({ traceId, spanId, sampled }: RequestTrace): string {
  return traceparentOf(traceId, spanId, sampled);
}
