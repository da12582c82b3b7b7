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

export const NO_UPGRADE_BODY = failureBody('unknown_path', `WebSockets open on ${SOCKET_PATH}`);

const SUBPROTOCOLS: readonly Subprotocol[] = ['vitrine.v1.msgpack', 'vitrine.v1.json'];

/** The one we like best of those that a client offers, whatever the order it names them in. */
export function chooseSubprotocol(offered: Iterable<string>): Subprotocol | undefined {
  const names = new Set(offered);
  return SUBPROTOCOLS.find((name) => names.has(name));
}
