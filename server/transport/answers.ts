import { FAILURES, type FailureCode } from '../core/errors.ts';
import type { Subprotocol } from './transport.ts';

/** The path on which WebSockets open. */
export const SOCKET_PATH = '/ws';

export const JSON_HEADERS = { 'content-type': 'application/json' } as const;

/** Body of the answers that a transport gives by itself. */
function failureBody(code: FailureCode, detail: string): string {
  return JSON.stringify({ error: `${FAILURES[code].text}: ${detail}`, code });
}

export function tooLargeBody(bytesMax: number): string {
  return failureBody('too_large', `a body may have ${bytesMax} bytes`);
}

/** An answer that a transport gives by itself. */
export interface OwnAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const UPGRADE_KEY = /^[+/0-9A-Za-z]{22}==$/; // 16 bytes in base64

/**
 * What a request is answered that asks for a WebSocket where none opens, or names the path of
 * WebSockets and opens none; null for any other. `key` is its `sec-websocket-key`.
 */
export function noSocketAnswer(path: string, key: string): OwnAnswer | null {
  if (path !== SOCKET_PATH) {
    if (key === '') return null;
    const body = failureBody('unknown_path', `WebSockets open on ${SOCKET_PATH}`);
    return { status: 404, headers: JSON_HEADERS, body };
  }
  if (key === '') {
    const headers = { ...JSON_HEADERS, upgrade: 'websocket', connection: 'upgrade' };
    const body = failureBody('bad_request', `${SOCKET_PATH} takes WebSockets: ask for an upgrade`);
    return { status: 426, headers, body };
  }
  if (UPGRADE_KEY.test(key)) return null;
  const what = `sec-websocket-key must be 16 bytes in base64 (24 characters), got ${key.length}`;
  return { status: 400, headers: JSON_HEADERS, body: failureBody('bad_request', what) };
}

/** Whether an answer of this status has no body, and so may not say how long it is. */
export function bodiless(status: number): boolean {
  return status === 204 || status === 304;
}

const SUBPROTOCOLS: readonly Subprotocol[] = ['vitrine.v1.msgpack', 'vitrine.v1.json'];

/** The one we like best of those that a client offers, whatever the order it names them in. */
export function chooseSubprotocol(offered: Iterable<string>): Subprotocol | undefined {
  const names = new Set(offered);
  return SUBPROTOCOLS.find((name) => names.has(name));
}
