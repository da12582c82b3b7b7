/**
 * What the server asks of whatever holds the sockets. `uws.ts` and `node-ws.ts` keep the same
 * contract (`test/contract/transport-{http,socket}.test.ts` run on both), so that nothing above
 * knows which it got.
 */
export interface Transport {
  /** As `/v2` and the log name it: `uWebSockets.js 20.30.0`, `ws 8.23.0 on node:http`. */
  readonly name: string;
  /**
   * Takes the address. Resolves to the port taken; rejects when it cannot be had. `shared`: other
   * threads of this process listen on the port as well, and the system deals connections out; the
   * port may not be 0, and it fails with `unsupported` where a transport cannot.
   */
  listen(host: string, port: number, shared?: boolean): Promise<number>;
  /** Stops taking connections; open ones stay. */
  stopListening(): void;
  /** Closes every connection (WebSockets with 1001) and frees the port. */
  close(): Promise<void>;
}

export interface TransportLimits {
  readonly bodyBytesMax: number; // HTTP body; more is answered 413 by the transport itself
  /** WebSocket message; more closes the socket with 1009, far more (uWS: twice) cuts it. */
  readonly messageBytesMax: number;
  readonly bufferedBytesMax: number; // bytes waiting for a slow reader before the socket is closed
  readonly idleSecondsMax: number; // a silent WebSocket is pinged, then closed
}

/** Subprotocols in order of preference; a client that names none of them gets `undefined`. */
export type Subprotocol = 'vitrine.v1.msgpack' | 'vitrine.v1.json';

export interface Handler {
  /** A whole HTTP request. `request` and its body stay valid until `respond` is called. */
  http(request: HttpRequest, respond: HttpRespond): void;
  /** A WebSocket on `/ws` has opened. */
  open(socket: Socket): void;
  /** A whole message. `data` is only valid during this call: copy what must outlive it. */
  message(socket: Socket, data: Uint8Array, binary: boolean): void;
  /**
   * The socket is gone; `send` on it now does nothing. Called once for each `open`, never from
   * inside `send`, `cork` or `end`.
   */
  close(socket: Socket): void;
}

export interface HttpRequest {
  readonly method: string; // upper case
  readonly path: string; // without the query, not decoded
  readonly query: string; // without the `?`
  header(name: string): string; // name in lower case; '' when absent
  /** All of them, names and values in turn. */
  headers(): readonly string[];
  readonly body: Uint8Array;
  /** Becomes true when the client goes away before the answer; `respond` then does nothing. */
  readonly aborted: boolean;
  /** Calls `run` when the client goes away before the answer. At most one listener. */
  onAbort(run: () => void): void;
}

/**
 * May be called once, now or later, from any turn of the event loop. The transport adds
 * `content-length`, and leaves the body away where the method is HEAD.
 */
export type HttpRespond = (
  status: number,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array | string,
) => void;

export interface Socket {
  /** Increases by one with every connection of its thread; no other of the process has it. */
  readonly id: number;
  readonly subprotocol: Subprotocol | undefined;
  readonly open: boolean;
  /** The handler's own, to find its session again. */
  context: unknown;
  /** Bytes that the kernel has not taken. */
  readonly bufferedBytes: number;
  /**
   * Queues a whole message; text when given a string. Bytes are copied or gone when it returns, so
   * the caller may reuse them. False when the socket is gone, or when
   * `bufferedBytesMax` was passed and the socket was closed for it (1013): never silently lost.
   */
  send(data: Uint8Array | string): boolean;
  /** Runs `send` calls inside one cork (one system call). Does not nest. */
  cork(run: () => void): void;
  /** Closes with a WebSocket close code and a reason of at most 123 bytes. */
  end(code: number, reason: string): void;
}
