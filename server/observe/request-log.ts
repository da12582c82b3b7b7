import type { Log } from '../core/log.ts';

export type RequestLogging = 'none' | 'failed' | 'all';

/** One request as the log has it; fields that are undefined are left out. */
export interface LoggedRequest {
  readonly way: 'http' | 'websocket';
  /** The operation, or method and pattern of the path: never what stands in it. */
  readonly what: string;
  /** `ok`, a failure's code, or a status. */
  readonly outcome: string | number;
  readonly failed: boolean;
  readonly ms: number;
  readonly id?: string | number | undefined; // the client's own
  readonly traceId?: string | undefined;
  readonly socket?: number | undefined;
}

/** A line for each request, or for each that failed, by `VITRINE_LOG_REQUESTS`. */
export class RequestLog {
  /** Whether any are written: who asks spares what a line needs. */
  readonly on: boolean;

  constructor(private readonly log: Log, private readonly which: RequestLogging) {
    this.on = which !== 'none';
  }

  add({ what, ms, id, traceId, failed, ...rest }: LoggedRequest): void {
    if (!this.on || (this.which === 'failed' && !failed)) return;
    const fields = { op: what, ...rest, ms: Math.round(ms * 1000) / 1000, id, trace_id: traceId };
    this.log.info('request', fields); // JSON leaves out what is undefined
  }
}
