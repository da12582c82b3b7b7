import { finding, type Scenario } from '../scenario.ts';
import { unharmed } from '../witness.ts';
import { openSocket, readReplies, residentMiB } from '../world.ts';
import { codecFor } from '../../../server/client/codec.ts';

const CLIENTS = 200; // at any time
const GROWTH_MIB = 100;
const codec = codecFor('msgpack');

/** Everybody connects, asks, is cut off without a goodbye, and comes back at once. */
export const reconnectStorm: Scenario = {
  name: 'reconnect storm',
  expects: 'all who come back are taken and answered, bystanders too, and memory does not keep the gone ones',
  inside: false,
  async run({ url, witness, seconds, patienceMs }) {
    const ping = (id: number) => codec.encode({ id, op: 'ping' }) as Uint8Array;
    const beforeMiB = await residentMiB(url);
    const { came, told } = await witness.during(async () => {
      const endMs = performance.now() + seconds * 1000;
      let connected = 0;
      let failed = 0;
      await Promise.all(Array.from({ length: CLIENTS }, async () => {
        while (performance.now() < endMs) {
          try {
            const socket = await openSocket(url);
            const answered = new Promise<boolean>((resolve) => {
              socket.once('message', (data: Buffer) => resolve(readReplies(data)[0]?.code === 'ok'));
              socket.once('close', () => resolve(false));
            });
            socket.send(ping(1));
            if (await answered) connected += 1;
            else failed += 1;
            socket.send(ping(2)); // its answer finds nobody
            socket.terminate();
          } catch {
            failed += 1;
          }
        }
      }));
      return { connected, failed };
    });
    const grownMiB = (await residentMiB(url)) - beforeMiB;
    return finding([
      [came.failed === 0 && came.connected > 0,
        `${came.connected} connected and were answered, ${came.failed} were not`],
      [!(grownMiB > GROWTH_MIB), `memory grew by ${Math.round(grownMiB)} of at most ${GROWTH_MIB} MiB`],
      unharmed(told, patienceMs),
    ]);
  },
};
