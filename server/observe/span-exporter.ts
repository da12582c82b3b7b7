import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { Metrics } from './metrics.ts';
import { encodeSpans, type Span } from './otlp.ts';

/** Spans that wait to be sent; more are dropped, and counted. */
const WAITING_MAX = 4096;
const SENT_AT_ONCE_MAX = 512;
const WAIT_US_MAX = 1_000_000;
const POST_MS_MAX = 5000;

/** Sends one body to the collector. Rejects when it was not taken. */
export type PostSpans = (body: string) => Promise<void>;

export interface ExporterParts {
  readonly post: PostSpans;
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string; // of the product
}

/**
 * Gathers spans and sends them to a collector, a batch at a time. Who adds one never waits: where
 * the collector is slow or gone, spans are dropped and counted, and the log says so once.
 */
export class SpanExporter {
  #waiting: Span[] = [];
  #sending: Promise<void> | null = null;
  #cancelTimer: (() => void) | null = null;
  #complained = false;
  sent = 0;
  dropped = 0;

  constructor(private readonly parts: ExporterParts) {}

  add(...spans: readonly Span[]): void {
    if (this.#waiting.length + spans.length > WAITING_MAX) {
      this.dropped += spans.length;
      return;
    }
    this.#waiting.push(...spans);
    if (this.#waiting.length >= SENT_AT_ONCE_MAX) this.#send();
    else this.#cancelTimer ??= this.parts.clock.after(WAIT_US_MAX, () => this.#send());
  }

  /** Sends what waits. Resolves when it is sent or lost. */
  async close(): Promise<void> {
    while (this.#waiting.length > 0 || this.#sending) {
      this.#send();
      await this.#sending;
    }
    this.#cancelTimer?.();
  }

  #send(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    if (this.#sending || this.#waiting.length === 0) return;
    const spans = this.#waiting.splice(0, SENT_AT_ONCE_MAX);
    const { post, version } = this.parts;
    this.#sending = post(encodeSpans(spans, 'vitrine', version)).then(
      () => {
        this.sent += spans.length;
        this.#complained = false;
      },
      (cause: Error) => this.#lost(spans.length, cause),
    ).then(() => {
      this.#sending = null;
      if (this.#waiting.length > 0) this.#send();
    });
  }

  #lost(count: number, cause: Error): void {
    this.dropped += count;
    if (this.#complained) return;
    this.#complained = true; // until it takes some again
    this.parts.log.warn('spans are lost: the collector takes none', { cause: cause.message });
  }
}

/** `POST`s to the collector's traces endpoint; `url` is where it listens, or the endpoint itself. */
export function postTo(url: string): PostSpans {
  const endpoint = url.endsWith('/v1/traces') ? url : `${url.replace(/\/$/, '')}/v1/traces`;
  return async (body) => {
    const answer = await fetch(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      signal: AbortSignal.timeout(POST_MS_MAX),
    });
    await answer.arrayBuffer(); // else the connection is not used again
    if (!answer.ok) throw new Error(`${endpoint} answered ${answer.status}`);
  };
}

export function observeSpans(metrics: Metrics, exporter: SpanExporter): void {
  const what = { sent: 'Spans that the collector took', dropped: 'Spans that were lost' } as const;
  for (const [name, help] of Object.entries(what)) {
    metrics.observe('counter', `vitrine_spans_${name}_total`, help, {},
      () => exporter[name as keyof typeof what]);
  }
}
