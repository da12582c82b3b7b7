import type { Request, Target } from './target.ts';

/** The headers of a request: its own win over the target's, and both over these. */
export function headersOf(target: Target, request: Request): Record<string, string> {
  const usual = (target.tls ? 443 : 80) === target.port;
  const host = target.host.includes(':') ? `[${target.host}]` : target.host;
  const headers: Record<string, string> = { host: usual ? host : `${host}:${target.port}` };
  const given = { ...target.headers, ...request.headers };
  for (const [name, value] of Object.entries(given)) headers[name.toLowerCase()] = value;
  const method = methodOf(request);
  if (request.body.length > 0 || (method !== 'GET' && method !== 'HEAD')) {
    headers['content-length'] = String(request.body.length);
  }
  return headers;
}

export function methodOf(request: Request): string {
  return request.method ?? (request.body.length > 0 ? 'POST' : 'GET');
}

/** A request as it goes on the wire: HTTP/1.1, on a connection that stays open. */
export function httpRequest(target: Target, request: Request): Buffer {
  const lines = Object.entries(headersOf(target, request)).map(([name, value]) => `${name}: ${value}\r\n`);
  const first = `${methodOf(request)} ${request.path ?? target.path} HTTP/1.1\r\n`;
  return Buffer.concat([Buffer.from(`${first}${lines.join('')}\r\n`, 'latin1'), request.body]);
}
