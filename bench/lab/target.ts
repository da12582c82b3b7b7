/** Where requests go, and how what comes back is told apart. */
export interface Target {
  /** As a person would write it. */
  readonly url: string;
  readonly transport: 'ws' | 'http';
  readonly tls: boolean;
  readonly host: string;
  readonly port: number;
  /** Of the WebSocket; over HTTP of each request that names none of its own. */
  readonly path: string;
  /** Asked for in the WebSocket's handshake, and must be granted. */
  readonly subprotocol?: string;
  /** Of the handshake, or of each HTTP request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly replies: Replies;
}

/**
 * How a reply finds its request, and what it says. `msgpack` and `json` are Vitrine's own messages:
 * an id, and outputs or an error with a code. Everything else goes by marks.
 */
export type Replies = { readonly by: 'msgpack' | 'json' } | Marks;

/**
 * Over HTTP the status is looked at first: 2xx may be an answer, `shedStatus` is a shed, all else
 * has failed. Then the body is, or over WebSocket the message: the first rule that holds, decides.
 */
export interface Marks {
  /** `order`: replies come in the order of a connection's requests. `id`: each repeats the id. */
  readonly by: 'order' | 'id';
  /** What stands right before the id in a reply; its digits follow. */
  readonly idAfter?: string;
  /** A reply that holds this was shed. */
  readonly shed?: string;
  /** A reply that holds this has failed. */
  readonly failed?: string;
  /** Where it is given, a reply that does not hold this has failed. */
  readonly ok?: string;
  /** HTTP: 429 and 503, where it is not said. */
  readonly shedStatus?: readonly number[];
}

export const SHED_STATUS = [429, 503] as const;

/** One request, ready to be sent as often as the plan wants it. */
export interface Request {
  /** What the message holds, or the HTTP body. */
  readonly body: Uint8Array;
  /** Where in `body` the id goes: four bytes, big-endian, in msgpack, else eight digits. Absent: nowhere. */
  readonly idAt?: number;
  /** WebSocket: sent as text. msgpack is never. */
  readonly text?: boolean;
  /** HTTP: POST, where there is a body, else GET. */
  readonly method?: string;
  /** HTTP: the target's. */
  readonly path?: string;
  /** HTTP: beside the target's. */
  readonly headers?: Readonly<Record<string, string>>;
  /** First element of the first output, where it is known: one reply in 16 is compared with it. */
  readonly expected?: number;
  /** WebSocket: requests of one lane leave on one connection, so that they come in order. Below 2^32. */
  readonly lane?: number;
  /** What `Run.kind` says of it, below 65,536: its place in the plan's list, where it is not said. */
  readonly kind?: number;
}
