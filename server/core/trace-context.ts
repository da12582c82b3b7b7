/** W3C Trace Context: which trace a request belongs to, as `traceparent` and `tracestate` say. */
export interface TraceContext {
  readonly traceId: string; // 32 hexadecimal digits
  readonly parentId: string; // 16 of them: the caller's span
  readonly sampled: boolean; // the caller keeps its part
  readonly state: string; // `tracestate`, handed on as it came; '' where there is none
}

const STATE_LENGTH_MAX = 512;
const PARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/**
 * Null where `traceparent` is none: a trace begins anew then, nothing is refused. Versions to come
 * are read as far as this one goes, as the specification asks. A `tracestate` that is too long is
 * dropped.
 */
export function parseTraceContext(traceparent: string, tracestate: string): TraceContext | null {
  const [, version, traceId = '', parentId = '', flags = '', more] = PARENT.exec(traceparent) ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) {
    return null;
  }
  if (/^0+$/.test(traceId) || /^0+$/.test(parentId)) return null;
  const state = tracestate.length <= STATE_LENGTH_MAX ? tracestate.trim() : '';
  return { traceId, parentId, sampled: (parseInt(flags, 16) & 1) === 1, state };
}

export function traceparentOf(traceId: string, spanId: string, sampled: boolean): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
}
