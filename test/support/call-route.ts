import type { Router } from '../../server/routes/router.ts';
import type { HttpRequest } from '../../server/transport/transport.ts';

export interface Called {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One request to a router, without a socket. */
export function callRoute(
  router: Router,
  method: string,
  path: string,
  body: unknown = '',
  headers: Record<string, string> = {},
): Promise<Called> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const request: HttpRequest = {
    method,
    path: path.split('?')[0] as string,
    query: path.split('?')[1] ?? '',
    body: Buffer.from(text),
    aborted: false,
    header: (name) => headers[name] ?? '',
    headers: () => Object.entries(headers).flat(),
    onAbort: () => {},
  };
  return new Promise((resolve) => {
    router.handle(request, (status, sent, answer) => {
      resolve({ status, headers: sent, body: Buffer.from(answer).toString() });
    });
  });
}
