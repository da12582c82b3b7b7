import { type AddressInfo, createServer } from 'node:net';
import { after, suite, test } from 'node:test';
import { NodeTransport } from '../../server/transport/node-ws.ts';
import type {
  Handler,
  HttpRequest,
  HttpRespond,
  Socket,
  Transport,
  TransportLimits,
} from '../../server/transport/transport.ts';
import { UwsTransport } from '../../server/transport/uws.ts';
import { findUws } from '../../server/transport/uws-library.ts';

export const LIMITS: TransportLimits = {
  bodyBytesMax: 100_000,
  messageBytesMax: 100_000,
  bufferedBytesMax: 200_000,
  idleSecondsMax: 8,
};
export type MakeTransport = (handler: Handler, limits: TransportLimits) => Transport;

/** A started transport with a handler that the test fills in. */
export interface Started {
  readonly script: Script;
  readonly transport: Transport;
  readonly port: number;
  readonly url: string;
}
export interface Contract {
  readonly make: MakeTransport;
  readonly idleSecondsMax: number; // short, yet longer than a pong takes on a busy machine
  start(limits?: Partial<TransportLimits>, port?: number): Promise<Started>;
}

/** Runs a part of the transport contract on every transport that loads here. */
export function transportContract(part: string, tests: (contract: Contract) => void): void {
  run(`${part}: node:http`, 2, (handler, limits) => new NodeTransport(handler, limits), tests);
  const { found, skipped } = findUws();
  if (found) {
    run(`${part}: uws`, 8, (handler, limits) => new UwsTransport(found, handler, limits), tests);
    return;
  }
  const reasons = skipped.map(({ name, why }) => `${name}: ${why}`).join('; ');
  test(`${part}: uws`, { skip: `none loads here: ${reasons}` }, () => {});
}

function run(
  name: string,
  idleSecondsMax: number,
  make: MakeTransport,
  tests: (contract: Contract) => void,
): void {
  suite(name, { concurrency: 4, timeout: 60_000 }, () => {
    const running: Transport[] = [];
    const start: Contract['start'] = async (limits = {}, wanted = 0) => {
      const script = new Script();
      const transport = make(script, { ...LIMITS, ...limits });
      running.push(transport);
      const port = await transport.listen('127.0.0.1', wanted);
      return { script, transport, port, url: `http://127.0.0.1:${port}` };
    };
    tests({ make, idleSecondsMax, start });
    after(() => Promise.all(running.map((transport) => transport.close())));
  });
}

/** A handler that a test fills in; what it does not, is noted and answered 200. */
export class Script implements Handler {
  opened: Socket[] = [];
  closed: Socket[] = [];
  onHttp: (request: HttpRequest, respond: HttpRespond) => void = (_, respond) =>
    respond(200, {}, 'ok');
  onMessage: (socket: Socket, data: Uint8Array, binary: boolean) => void = () => {};
  onClose: (socket: Socket) => void = () => {};

  http(request: HttpRequest, respond: HttpRespond): void {
    this.onHttp(request, respond);
  }
  open(socket: Socket): void {
    this.opened.push(socket);
  }
  message(socket: Socket, data: Uint8Array, binary: boolean): void {
    this.onMessage(socket, data, binary);
  }
  close(socket: Socket): void {
    this.closed.push(socket);
    this.onClose(socket);
  }
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
