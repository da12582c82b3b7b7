import { finding, type Scenario } from '../scenario.ts';
import { unharmed } from '../witness.ts';
import { ask, comes, inferFrame, openSocket, QUEUE_MAX, readReplies, TOLD, WILD } from '../world.ts';

const ASKED = 4 * QUEUE_MAX;
const SOCKETS = 4; // each asks for no more than a socket may have unanswered

/** Four times what a queue holds, at once, each a run of a tenth of a second. */
export const fullQueue: Scenario = {
  name: 'full queues',
  expects: 'those that find no place are refused at once as overloaded, the others are answered, ' +
    'and then all is as before',
  inside: true,
  async run({ url, witness, patienceMs }) {
    const { came, told } = await witness.during(async () => {
      const codes: { code: string; ms: number }[] = [];
      const fromMs = performance.now();
      await Promise.all(Array.from({ length: SOCKETS }, async () => {
        const socket = await openSocket(url);
        await new Promise<void>((resolve) => {
          let left = ASKED / SOCKETS;
          socket.on('message', (data: Buffer) => {
            const replies = readReplies(data);
            for (const { code } of replies) codes.push({ code, ms: performance.now() - fromMs });
            left -= replies.length;
            if (left === 0) resolve();
          });
          socket.on('close', () => resolve());
          for (let id = 1; id <= ASKED / SOCKETS; id += 1) socket.send(inferFrame(id, WILD, TOLD.slow));
        });
        socket.terminate();
      }));
      const after = await comes(10, async () => (await ask(url, WILD, 21)) === 42);
      return { codes, after };
    });
    const refused = came.codes.filter(({ code }) => code === 'overloaded');
    const ok = came.codes.filter(({ code }) => code === 'ok').length;
    const codes = new Set(came.codes.map(({ code }) => code));
    const others = [...codes].filter((code) => code !== 'ok' && code !== 'overloaded');
    const slowest = Math.max(0, ...refused.map(({ ms }) => ms));
    return finding([
      [came.codes.length === ASKED && others.length === 0,
        [`${ASKED} asked: ${ok} answered, ${refused.length} overloaded`, ...others].join(', ')],
      [refused.length > 0 && ok >= QUEUE_MAX, `the queue of ${QUEUE_MAX} was filled and emptied`],
      [slowest < 2000, `the last refusal came after ${Math.round(slowest)} ms`],
      [came.after, came.after ? 'then a request was answered' : 'then no request was answered'],
      unharmed(told, patienceMs),
    ]);
  },
};
