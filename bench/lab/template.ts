/**
 * Any endpoint: a file says how a request is written and how an answer is known.
 *
 *     {
 *       "requests": [{"name": "view", "body": {"id": "$ID", "op": "view"}, "share": 3},
 *                    {"name": "buy", "method": "PUT", "path": "/buy", "body": "id=$ID"}],
 *       "headers": {"content-type": "application/json"}, "subprotocol": "v1", "binary": false,
 *       "id": "$ID", "idAfter": "\"id\":",
 *       "ok": "\"ok\":true", "shed": "busy", "failed": "error", "shedStatus": [429, 503]
 *     }
 */
import { readFileSync } from 'node:fs';
import { ID_FIRST } from './limits.ts';
import { parseTarget } from './parse-target.ts';
import { LoadProblem } from './problem.ts';
import type { Marks, Request, Target } from './target.ts';

export interface Workload {
  readonly target: Target;
  readonly requests: readonly Request[];
  readonly sequence?: Uint32Array;
  /** By kind. */
  readonly names: readonly string[];
  /** Inferences of a request. */
  readonly batchSize: number;
}

const KEYS = [
  'requests', 'body', 'headers', 'subprotocol', 'binary', 'id', 'idAfter', 'ok', 'shed', 'failed',
  'shedStatus', 'method', 'path',
];
const REQUEST_KEYS = ['name', 'body', 'method', 'path', 'headers', 'share'];

export function readTemplate(path: string, url: string, headers: Readonly<Record<string, string>>): Workload {
  return workloadOf(parseJson(readFileSync(path, 'utf8'), path), url, headers, path);
}

/** Fails with `LoadProblem`, which names what is wrong in `said`. */
export function workloadOf(
  template: unknown, url: string, more: Readonly<Record<string, string>>, said: string,
): Workload {
  const refuse = (what: string): never => {
    throw new LoadProblem(`${said}: ${what}`);
  };
  const file = record(template, KEYS, refuse);
  const { requests = [pick(file, ['body', 'method', 'path'])] } = file;
  if (!Array.isArray(requests) || requests.length === 0) refuse("'requests' is an empty list or none");
  const mark = text(file, 'id', refuse);
  const idAfter = text(file, 'idAfter', refuse) ?? '"id":';
  const own = (file['headers'] ?? {}) as Record<string, unknown>;
  const headers = { ...record(own, null, refuse), ...more } as Record<string, string>;
  if (Object.values(headers).some((value) => typeof value !== 'string')) refuse("'headers' are texts");
  const marks = (['ok', 'shed', 'failed'] as const).flatMap((name) => {
    const value = text(file, name, refuse);
    return value === undefined ? [] : [[name, value]];
  });
  const shedStatus = file['shedStatus'];
  if (shedStatus !== undefined && !(Array.isArray(shedStatus) && shedStatus.every(isStatus))) {
    refuse("'shedStatus' is a list of HTTP statuses");
  }
  const asked = parseTarget(url, 'http', { replies: { by: 'order' } });
  const byId = mark !== undefined && asked.transport === 'ws'; // HTTP answers in order
  const replies: Marks = {
    by: byId ? 'id' : 'order',
    ...(byId && { idAfter }),
    ...(Object.fromEntries(marks) as Pick<Marks, 'ok' | 'shed' | 'failed'>),
    ...(shedStatus !== undefined && { shedStatus: shedStatus as number[] }),
  };
  const subprotocol = text(file, 'subprotocol', refuse);
  const target = parseTarget(url, 'http', { headers, replies, ...(subprotocol !== undefined && { subprotocol }) });
  const binary = file['binary'] === true;
  const list = (requests as unknown[]).map((one) => record(one, REQUEST_KEYS, refuse));
  const shares = list.map(({ share = 1 }) => {
    const fits = Number.isInteger(share) && (share as number) >= 0 && (share as number) <= 1000;
    return fits ? (share as number) : refuse("a 'share' is an integer of 0..1000");
  });
  const made = list.map((one): Request => {
    const method = text(one, 'method', refuse);
    const of = text(one, 'path', refuse);
    const its = one['headers'] as Record<string, string> | undefined;
    return {
      ...bodyOf(one['body'], mark, replies.by === 'id', refuse),
      text: !binary,
      ...(method !== undefined && { method }),
      ...(of !== undefined && { path: of }),
      ...(its && { headers: its }),
    };
  });
  return {
    target,
    requests: made,
    ...(shares.some((share) => share !== 1) && { sequence: interleaved(shares, refuse) }),
    names: list.map(({ name }, i) => (typeof name === 'string' ? name : `request ${i + 1}`)),
    batchSize: 1,
  };
}

/** Each request as often as its share says, spread evenly: the one that is furthest behind is next. */
function interleaved(shares: readonly number[], refuse: (what: string) => never): Uint32Array {
  const total = shares.reduce((sum, share) => sum + share, 0);
  if (total === 0) refuse('every share is 0');
  const sent = shares.map(() => 0);
  return Uint32Array.from({ length: total }, (_, i) => {
    const behind = shares.map((share, k) => (share * (i + 1)) / total - (sent[k] as number));
    const next = behind.indexOf(Math.max(...behind));
    sent[next] = (sent[next] as number) + 1;
    return next;
  });
}

function bodyOf(
  body: unknown, mark: string | undefined, wanted: boolean, refuse: (what: string) => never,
): Pick<Request, 'body' | 'idAt'> {
  let written = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  if (mark === undefined) return { body: Buffer.from(written) };
  // An id that stands alone in quotes was one only for JSON's sake: it goes out as a number.
  const quoted = JSON.stringify(mark);
  if (typeof body !== 'string' && written.includes(quoted)) written = written.replace(quoted, mark);
  const parts = written.split(mark);
  if (parts.length > 2) refuse(`'${mark}' stands more than once in a body`);
  if (parts.length < 2) return wanted ? refuse(`a body without '${mark}'`) : { body: Buffer.from(written) };
  return {
    body: Buffer.from(parts.join(String(ID_FIRST))),
    idAt: Buffer.byteLength(parts[0] as string),
  };
}

function record(
  value: unknown, keys: readonly string[] | null, refuse: (what: string) => never,
): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse(`${JSON.stringify(value)} where {…} is due`);
  }
  const unknown = keys && Object.keys(value).find((key) => !keys.includes(key));
  if (unknown) refuse(`there is no '${unknown}' (${keys.join(', ')})`);
  return value as Record<string, unknown>;
}

function text(from: Record<string, unknown>, name: string, refuse: (what: string) => never): string | undefined {
  const value = from[name];
  if (value === undefined) return undefined;
  return typeof value === 'string' && value !== '' ? value : refuse(`'${name}' is a text`);
}

function pick(from: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.flatMap((name) => (name in from ? [[name, from[name]]] : [])));
}

function isStatus(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 100 && (value as number) <= 999;
}

export function parseJson(written: string, path: string): unknown {
  try {
    return JSON.parse(written);
  } catch (error) {
    throw new LoadProblem(`${path} is no JSON: ${(error as Error).message}`);
  }
}
