import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { finding, type Scenario } from '../scenario.ts';
import { unharmed } from '../witness.ts';
import { openSocket } from '../world.ts';

const EACH = 150;

/** Connections that stop in the middle: no request, half a head, half a body, half a handshake. */
export const halfOpen: Scenario = {
  name: 'half-open connections',
  expects: 'connections that never finish what they began take nobody\'s place: others connect and are answered',
  inside: false,
  async run({ url, witness, seconds, patienceMs }) {
    const { hostname, port } = new URL(url);
    const left = [
      '',
      'POST /v2/models/m/infer HTTP/1.1\r\nHost: a\r\nContent-Le',
      'POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n{"events":[',
      'GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nSec-WebSocket-Ke',
    ];
    const { came, told } = await witness.during(async () => {
      const sockets: Socket[] = [];
      let refused = 0;
      try {
        for (let i = 0; i < EACH * left.length; i += 1) {
          const socket = connect({ host: hostname, port: Number(port || 80) });
          socket.on('error', () => {});
          socket.setTimeout(10_000, () => socket.destroy());
          await once(socket, 'connect').catch(() => (refused += 1));
          socket.write(left[i % left.length] as string);
          sockets.push(socket);
        }
        const late = await openSocket(url).then((socket) => (socket.terminate(), true), () => false);
        await sleep(seconds * 1000);
        return { refused, late };
      } finally {
        for (const socket of sockets) socket.destroy();
      }
    });
    return finding([
      [came.late, `after ${EACH * left.length} of them (${came.refused} not taken) another client ` +
        `${came.late ? 'connected' : 'could not connect'}`],
      unharmed(told, patienceMs),
    ]);
  },
};
