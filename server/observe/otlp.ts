/** Spans as OpenTelemetry's OTLP/JSON has them (`POST /v1/traces`, opentelemetry-proto 1.x). */

export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string; // '' for a trace's first
  readonly state: string; // `tracestate`
  readonly name: string;
  readonly server: boolean; // it answers a caller outside, else it is a part of one that does
  readonly startUs: number; // since 1970
  readonly endUs: number;
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** What went wrong; '' for nothing. */
  readonly error: string;
}
export type Attribute = string | number | boolean;

const KIND = { internal: 1, server: 2 } as const;
const STATUS_ERROR = 2;

/** One request's body. By hand: `JSON.stringify` takes three times as long over so many maps. */
export function encodeSpans(spans: readonly Span[], service: string, version: string): string {
  const resource = attributesText({ 'service.name': service, 'service.version': version });
  const scope = JSON.stringify({ name: 'vitrine', version });
  return `{"resourceSpans":[{"resource":{"attributes":${resource}},` +
    `"scopeSpans":[{"scope":${scope},"spans":[${spans.map(spanText).join()}]}]}]}`;
}

function spanText(span: Span): string {
  const { traceId, spanId, parentId, state, name, server, startUs, endUs, error } = span;
  const parent = parentId === '' ? '' : `"parentSpanId":"${parentId}",`;
  const traceState = state === '' ? '' : `"traceState":${JSON.stringify(state)},`;
  const status = error === ''
    ? ''
    : `,"status":{"code":${STATUS_ERROR},"message":${JSON.stringify(error)}}`;
  return `{"traceId":"${traceId}","spanId":"${spanId}",${parent}${traceState}` +
    `"name":${JSON.stringify(name)},"kind":${server ? KIND.server : KIND.internal},` +
    `"startTimeUnixNano":"${nanos(startUs)}","endTimeUnixNano":"${nanos(endUs)}",` +
    `"attributes":${attributesText(span.attributes)}${status}}`;
}

/** Digits alone, since nanoseconds are past 2^53 and microseconds are not. */
function nanos(us: number): string {
  return `${Math.round(us)}000`;
}

function attributesText(values: Readonly<Record<string, Attribute>>): string {
  let text = '';
  for (const key in values) {
    text += `${text === '' ? '' : ','}{"key":"${key}","value":${valueText(values[key] as Attribute)}}`;
  }
  return `[${text}]`;
}

function valueText(value: Attribute): string {
  if (typeof value === 'string') return `{"stringValue":${JSON.stringify(value)}}`;
  if (typeof value === 'boolean') return `{"boolValue":${value}}`;
  return Number.isInteger(value) ? `{"intValue":"${value}"}` : `{"doubleValue":${value}}`;
}
