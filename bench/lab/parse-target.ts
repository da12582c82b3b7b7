import { LoadProblem } from './problem.ts';
import type { Replies, Target } from './target.ts';

/**
 * A URL with a protocol, or `HOST:PORT` as perf_analyzer has it. Fails with `LoadProblem` where it
 * is neither.
 */
export function parseTarget(
  text: string,
  usual: 'ws' | 'http',
  rest: { headers?: Readonly<Record<string, string>>; replies: Replies; subprotocol?: string },
): Target {
  let url: URL;
  try {
    url = new URL(/^[a-z]+:\/\//i.test(text) ? text : `${usual}://${text}`);
  } catch {
    throw new LoadProblem(`'${text}' is no URL: ws://HOST:PORT/PATH, http://HOST:PORT or HOST:PORT`);
  }
  const scheme = url.protocol.slice(0, -1);
  if (!['ws', 'wss', 'http', 'https'].includes(scheme)) {
    throw new LoadProblem(`'${scheme}' is not spoken: ws, wss, http and https are`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new LoadProblem('a URL with a password in it: give a header instead (-H "authorization: …")');
  }
  const tls = scheme === 'wss' || scheme === 'https';
  const { headers = {}, replies, subprotocol } = rest;
  return {
    url: url.href,
    transport: scheme.startsWith('ws') ? 'ws' : 'http',
    tls,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (tls ? 443 : 80) : Number(url.port),
    path: url.pathname + url.search,
    headers,
    replies,
    ...(subprotocol !== undefined && { subprotocol }),
  };
}

/** `name: value`, as `-H` takes it. */
export function parseHeaders(lines: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n]*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new LoadProblem(`'${line}' is no header (name: value)`);
    headers[name] = value;
  }
  return headers;
}
