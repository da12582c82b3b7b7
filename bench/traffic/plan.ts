import { codecFor } from '../../server/client/codec.ts';
import { parseTarget } from '../lab/parse-target.ts';
import { LoadProblem } from '../lab/problem.ts';
import type { Request, Target } from '../lab/target.ts';
import { type Action, KINDS, messageOf } from './action.ts';
import type { Source } from './source.ts';

const ID = 0xfeed_beef; // overwritten when a request is sent
const REQUESTS_MAX = 4_194_304;
const MARK = Buffer.from([0xfe, 0xed, 0xbe, 0xef]);

/** A source's requests in the words of the load lab: one request a place of the schedule. */
export interface TrafficPlan {
  readonly due: Float64Array; // seconds from the start of the run
  readonly requests: readonly Request[];
  readonly seconds: number;
  readonly sessions: number; // of which anything is asked
}

export function trafficPlan({ actions, startMs, seconds, speed }: Source): TrafficPlan {
  const codec = codecFor('msgpack');
  const due: number[] = [];
  const requests: Request[] = [];
  const numbers = new Map<string, number>();
  for (const action of actions) {
    if (requests.length === REQUESTS_MAX) {
      throw new LoadProblem(`more than ${REQUESTS_MAX} requests: less --seconds or --rate`);
    }
    let lane = numbers.get(action.session); // what a session asks leaves on one connection, in order
    if (lane === undefined) numbers.set(action.session, lane = numbers.size);
    due.push((action.atMs - startMs) / 1000 / speed);
    requests.push({ ...requestOf(codec, action), lane });
  }
  return {
    due: Float64Array.from(due), requests, sessions: numbers.size, seconds: seconds / speed,
  };
}

function requestOf(codec: ReturnType<typeof codecFor>, action: Action): Request {
  const body = Buffer.from(codec.encode({ id: ID, ...messageOf(action) }) as Uint8Array);
  return { body, idAt: body.indexOf(MARK), kind: KINDS.indexOf(action.ask.op) };
}

/** A Vitrine's WebSocket, spoken to in msgpack. `url` is `ws://HOST:PORT`, with or without a path, or HOST:PORT. */
export function trafficTarget(url: string): Target {
  const rest = { subprotocol: 'vitrine.v1.msgpack', replies: { by: 'msgpack' } } as const;
  const asked = parseTarget(url.replace(/^http/, 'ws'), 'ws', rest);
  return asked.path === '/' ? { ...asked, path: '/ws', url: new URL('/ws', asked.url).href } : asked;
}
