import { setTimeout as sleep } from 'node:timers/promises';
import { finding, type Scenario } from '../scenario.ts';
import { unharmed } from '../witness.ts';
import { BUFFERED_BYTES_MAX, inferFrame, openSocket, readReplies, residentMiB, WIDE } from '../world.ts';

const READERS = 32;
const ASKED = 64; // 4 MiB of answers each, of which the server may keep one
const SPARE_MIB = 150; // heap, sockets and the kernel's own

/** Clients that ask for much and read nothing; then they read. */
export const slowReaders: Scenario = {
  name: 'slow readers',
  expects: 'memory stays bounded, bystanders are answered, and each slow reader gets its answers ' +
    'or is told why not (1013)',
  inside: true, // it asks for a model of its own
  async run({ url, witness, patienceMs }) {
    const beforeMiB = await residentMiB(url);
    const { came, told } = await witness.during(async () => {
      const readers = await Promise.all(Array.from({ length: READERS }, () => openSocket(url)));
      const told = readers.map((socket) => {
        const reader = { answers: 0, closed: 0 };
        socket.on('message', (data: Buffer) => {
          reader.answers += readReplies(data).filter(({ code }) => code === 'ok').length;
        });
        socket.on('close', (code) => (reader.closed = code));
        socket.pause();
        for (let id = 1; id <= ASKED; id += 1) socket.send(inferFrame(id, WIDE, id));
        return reader;
      });
      await sleep(1000);
      const grownMiB = (await residentMiB(url)) - beforeMiB;
      for (const socket of readers) socket.resume();
      const endMs = performance.now() + 20_000;
      const settled = () => told.every(({ answers, closed }) => closed > 0 || answers === ASKED);
      while (!settled() && performance.now() < endMs) await sleep(20);
      for (const socket of readers) socket.terminate();
      return { told, grownMiB };
    });
    const complete = came.told.filter(({ answers }) => answers === ASKED).length;
    const refused = came.told.filter(({ answers, closed }) => answers < ASKED && closed === 1013).length;
    const boundMiB = (READERS * BUFFERED_BYTES_MAX) / 2 ** 20 + SPARE_MIB;
    return finding([
      [came.grownMiB < boundMiB, `memory grew by ${Math.round(came.grownMiB)} of at most ${Math.round(boundMiB)} MiB`],
      [complete + refused === READERS, `${READERS} readers: ${complete} got all, ${refused} were told 1013`],
      unharmed(told, patienceMs),
    ]);
  },
};
