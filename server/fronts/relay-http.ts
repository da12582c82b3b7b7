import type { Router } from '../routes/router.ts';
import { PendingRequest } from '../transport/pending-request.ts';
import type { HttpRequest, HttpRespond } from '../transport/transport.ts';
import type { Line } from './line.ts';

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: readonly string[]; // names and values in turn
  readonly body: Uint8Array;
}

interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
}

/** Has the other thread answer a request. */
export function relayHttp(line: Line, request: HttpRequest, respond: HttpRespond): void {
  const { method, path, query, body } = request;
  const sent: Sent = { method, path, query, headers: request.headers(), body: new Uint8Array(body) };
  const giveUp = line.call<Answered>('http', sent, {
    settled: (error, answered) => {
      if (answered) return respond(answered.status, answered.headers, answered.body);
      const headers = { 'content-type': 'application/json', 'retry-after': '1' };
      respond(503, headers, JSON.stringify({ error: error?.message, code: error?.code }));
    },
  });
  request.onAbort(giveUp);
}

/** Answers what the other end relays. */
export function takeHttp(line: Line, router: Router): void {
  line.take('http', (sent: Sent, answer) => {
    const request = new RelayedRequest(sent);
    router.handle(request, (status, headers, body) => {
      // A view of a larger block would be sent with all of it.
      const own = typeof body === 'string' ? body : new Uint8Array(body);
      answer.done({ status, headers, body: own } satisfies Answered);
    });
    return () => request.abort();
  });
}

class RelayedRequest extends PendingRequest implements HttpRequest {
  readonly #headers: readonly string[];

  constructor({ method, path, query, headers, body }: Sent) {
    super(method, path, query);
    this.#headers = headers;
    this.body = body;
  }

  headers(): readonly string[] {
    return this.#headers;
  }

  header(name: string): string {
    const headers = this.#headers;
    const found: string[] = [];
    for (let at = 0; at < headers.length; at += 2) {
      if (headers[at] === name) found.push(headers[at + 1] as string);
    }
    return found.join(', ');
  }
}
