import { clientMessage } from '../core/client-text.ts';
import { asServeError, ServeError } from '../core/errors.ts';
import { type Log, logDefect } from '../core/log.ts';
import { parseTraceContext } from '../core/trace-context.ts';
import type { RequestLog } from '../observe/request-log.ts';
import type { HttpRequest, HttpRespond } from '../transport/transport.ts';
import { KserveError } from '../wire/kserve-error.ts';
import { checkKey, groupOf, type Key, keyFor, type Restrictions } from './restrict.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
  /** The client's own name of its request, for the log. */
  readonly id?: string;
}

/** What stands in the path where the pattern has `:name`, decoded; `*` is the rest of the path. */
export type Params = Readonly<Record<string, string>>;

/** What it throws, or rejects with, is answered as an error. */
export type Route = (request: HttpRequest, params: Params) => Answer | Promise<Answer>;

/** Told of each answer: the pattern that it came from, never the path, so that names stay few. */
export type HttpObserver = (pattern: string, status: number) => void;

const NO_PATTERN = 'none';
const KNOWN_MAX = 256; // paths; then all are forgotten, and those in use come back
const KNOWN_LENGTH_MAX = 256;

/**
 * Method and path to a route. Patterns are `/v2/models/:model/ready`, or end in `/*` for all that
 * is below. The first pattern added that fits wins. HEAD is served by GET. Unknown paths are
 * answered 404, known ones with another method 405 and `Allow`.
 */
export class Router {
  readonly #patterns: Pattern[] = [];
  readonly #found = new Map<string, Found>();

  constructor(
    private readonly log: Log,
    private readonly observe: HttpObserver = () => {},
    /** What is refused for load is answered with it: 503, or 429. */
    private readonly shedStatus = 503,
    private readonly restrictions: Restrictions = new Map(),
    private readonly requests: RequestLog | null = null, // where lines are written
  ) {}

  on(method: 'GET' | 'POST' | 'PUT', path: string, route: Route): this {
    this.#found.clear();
    const known = this.#patterns.find((pattern) => pattern.path === path);
    if (known) {
      known.routes.set(method, route);
      return this;
    }
    const key = keyFor(this.restrictions, groupOf(path));
    this.#patterns.push({ path, parts: path.split('/'), routes: new Map([[method, route]]), key });
    return this;
  }

  /** Answers the request, unless its client leaves before that. */
  handle(request: HttpRequest, respond: HttpRespond): void {
    let path = NO_PATTERN;
    const startMs = this.requests ? performance.now() : 0;
    const done = ({ status, headers, body, id }: Answer): void => {
      respond(status, headers, body);
      this.observe(path, status);
      this.requests?.add({
        way: 'http', what: `${request.method} ${path}`, outcome: status, failed: status >= 400,
        ms: performance.now() - startMs, id, traceId: traceIdOf(request, headers),
      });
    };
    const failed = (thrown: unknown): void => done(this.#failure(request, thrown));
    try {
      const found = this.#find(request.path);
      if (!found) throw new ServeError('unknown_path', request.path.slice(0, 200));
      path = found.pattern.path;
      if (found.pattern.key) checkKey(found.pattern.key, request);
      const answer = routeOf(found.pattern, request.method)(request, found.params);
      if (answer instanceof Promise) answer.then(done, failed);
      else done(answer);
    } catch (thrown) {
      failed(thrown);
    }
  }

  /** Clients ask for few paths, again and again: what was found last is looked up. */
  #find(path: string): Found | null {
    const known = this.#found.get(path);
    if (known) return known;
    const found = this.#search(path);
    if (found === null || path.length > KNOWN_LENGTH_MAX) return found;
    if (this.#found.size >= KNOWN_MAX) this.#found.clear();
    this.#found.set(path, found);
    return found;
  }

  #search(path: string): Found | null {
    const parts = path.split('/');
    for (const pattern of this.#patterns) {
      const params = matched(pattern.parts, parts);
      if (params) return { pattern, params };
    }
    return null;
  }

  #failure(request: HttpRequest, thrown: unknown): Answer {
    const error = asServeError(thrown);
    const traceId = traceIdOf(request, {});
    logDefect(this.log, 'a route failed', error, { path: request.path, trace_id: traceId });
    const made = failureAnswer(error, request.path, this.shedStatus);
    const answer = error instanceof KserveError && error.id !== '' ? { ...made, id: error.id } : made;
    if (!(thrown instanceof WrongMethod)) return answer;
    return { ...answer, headers: { ...answer.headers, allow: thrown.allow.join(', ') } };
  }
}

/** As the answer has it, else as the request brought it. */
function traceIdOf(request: HttpRequest, answered: Answer['headers']): string | undefined {
  return parseTraceContext(answered['traceparent'] ?? request.header('traceparent'), '')?.traceId;
}

interface Found {
  readonly pattern: Pattern;
  readonly params: Params;
}

interface Pattern {
  readonly path: string;
  readonly parts: readonly string[];
  readonly routes: Map<string, Route>;
  readonly key: Key | null; // that requests must have
}

class WrongMethod extends ServeError {
  constructor(
    method: string,
    readonly allow: readonly string[],
  ) {
    super('method_not_allowed', `${method} is none of ${allow.join(', ')}`);
  }
}

function routeOf({ routes }: Pattern, method: string): Route {
  const route = routes.get(method === 'HEAD' ? 'GET' : method);
  if (route) return route;
  const allow = [...routes.keys(), ...(routes.has('GET') ? ['HEAD'] : [])];
  throw new WrongMethod(method, allow);
}

function matched(pattern: readonly string[], parts: readonly string[]): Params | null {
  const open = pattern.at(-1) === '*';
  if (open ? parts.length < pattern.length : parts.length !== pattern.length) return null;
  const params: Record<string, string> = {};
  for (let i = 0; i < pattern.length; i += 1) {
    const want = pattern[i] as string;
    const part = parts[i] as string;
    if (open && i === pattern.length - 1) {
      params['*'] = decoded(parts.slice(i).join('/'));
    } else if (want.startsWith(':') && part !== '') {
      params[want.slice(1)] = decoded(part);
    } else if (want !== part) {
      return null;
    }
  }
  return params;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (cause) {
    throw new ServeError('bad_request', `the path has a broken escape: ${part.slice(0, 200)}`, {
      cause,
    });
  }
}

export function jsonAnswer(text: string, status = 200): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: text };
}

/** `{"error": text}`, as KServe v2 has it; beside the code, where KServe does not speak. */
function failureAnswer(error: ServeError, path: string, shedStatus: number): Answer {
  const kserve = path === '/v2' || path.startsWith('/v2/');
  const { code, retryAfterMs } = error;
  const message = kserve && code === 'method_not_allowed' ? 'Method Not Allowed' : clientMessage(error);
  const body = kserve ? { error: message } : { error: message, code, retry_after_ms: retryAfterMs };
  const shed = code === 'overloaded' || code === 'deadline';
  const answer = jsonAnswer(JSON.stringify(body), shed ? shedStatus : error.status);
  if (error.status !== 503) return answer;
  const seconds = Math.max(1, Math.ceil((retryAfterMs ?? 0) / 1000)); // the header knows no less
  const hints = { 'retry-after': String(seconds), 'x-shed-reason': code };
  return { ...answer, headers: { ...answer.headers, ...hints } };
}
