import { once } from 'node:events';
import { connect } from 'node:net';
import { codecFor } from '../../../server/client/codec.ts';
import type { Prng } from '../../../server/core/prng.ts';
import { finding, type Scenario } from '../scenario.ts';
import { unharmed } from '../witness.ts';
import { CALM, inferFrame, openSocket, readReplies } from '../world.ts';

const FRAMES = 2000;
const BODIES = 400;
const LAST_ID = 99_999;
const EVENT = { id: 'e', type: 'item_view', session: 's', items: ['a'] };
const CUT = 50; // frames a socket, before another takes its place
const codec = codecFor('msgpack');

/** Frames and bodies that were right once: cut, flipped, grown, spliced. Seeded. */
export const malformed: Scenario = {
  name: 'malformed frames',
  expects: 'each gets a typed error or its socket a close code; nobody else notices',
  inside: false,
  async run({ url, witness, prng, patienceMs }) {
    const right = [
      inferFrame(1, CALM, 1),
      codec.encode({ id: 2, op: 'ping' }) as Uint8Array,
      codec.encode({ id: 3, op: 'recommend', session: 's', k: 5 }) as Uint8Array,
      codec.encode({ id: 4, op: 'events', events: [EVENT] }) as Uint8Array,
    ];
    const bodies = [
      '{"inputs":[{"name":"x","datatype":"FP32","shape":[1,1],"data":[1]}]}',
      JSON.stringify({ events: [EVENT] }),
    ].map((text) => Buffer.from(text));
    const { came, told } = await witness.during(async () => ({
      ...await frames(url, right, prng), ...await posts(url, bodies, prng),
    }));
    const { errors, fine, internal, closes, statuses, unanswered } = came;
    const strange = closes.filter((code) => ![1000, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1011].includes(code));
    const bad = statuses.filter((status) => status >= 500);
    return finding([
      [internal === 0, `${FRAMES} frames: ${errors} typed errors, ${fine} were still right, ` +
        `${closes.length} sockets closed, ${internal} called internal`],
      [strange.length === 0, `close codes ${[...new Set(closes)].join(', ') || 'none'}`],
      [bad.length === 0, `${BODIES} HTTP bodies: statuses ${[...new Set(statuses)].sort().join(', ')}`],
      [unanswered === 0, `${unanswered} bodies without an answer or an end`],
      unharmed(told, patienceMs),
    ]);
  },
};

async function frames(url: string, right: readonly Uint8Array[], prng: Prng) {
  let errors = 0;
  let fine = 0;
  let internal = 0;
  const closes: number[] = [];
  for (let sent = 0; sent < FRAMES;) {
    const socket = await openSocket(url);
    socket.on('message', (data: Buffer) => {
      for (const { code } of readReplies(data)) {
        if (code === 'ok') fine += 1;
        else if (code === 'internal') internal += 1;
        else errors += 1;
      }
    });
    const closed = once(socket, 'close') as Promise<[number]>;
    let open = true;
    void closed.then(() => (open = false));
    for (let frame = 0; frame < CUT && open && sent < FRAMES; frame += 1, sent += 1) {
      socket.send(mangled(right, prng));
      if (frame % 10 === 9) await new Promise((resolve) => setImmediate(resolve));
    }
    // What has come by the answer to a right one has come for good.
    const last = new Promise<void>((resolve) => socket.on('message', (data: Buffer) => {
      if (readReplies(data).some(({ id }) => id === LAST_ID)) resolve();
    }));
    if (open) socket.send(codec.encode({ id: LAST_ID, op: 'ping' }) as Uint8Array);
    await Promise.race([last, closed]);
    if (!open) closes.push((await closed)[0]);
    socket.terminate();
  }
  return { errors, fine, internal, closes };
}

/** Over plain sockets: a client library would not send some of these. */
async function posts(url: string, right: readonly Buffer[], prng: Prng) {
  const statuses: number[] = [];
  let unanswered = 0;
  const { hostname, port } = new URL(url);
  const paths = [`/v2/models/${CALM}/infer`, '/v1/events', '/v1/recommend', '/v2/models/none/infer', '/%zz'];
  for (let post = 0; post < BODIES; post += 1) {
    const body = mangled(right, prng);
    const socket = connect({ host: hostname, port: Number(port || 80) });
    socket.on('error', () => {});
    let said = '';
    const ended = new Promise<void>((resolve) => {
      socket.on('data', (data) => {
        said += data.toString('latin1');
        if (said.includes('\r\n\r\n')) resolve();
      });
      socket.on('close', () => resolve());
      socket.setTimeout(15_000, () => {
        unanswered += 1;
        resolve();
      });
    });
    socket.write(`POST ${prng.pick(paths)} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n`);
    socket.write(body);
    await ended;
    socket.destroy();
    const status = /^HTTP\/1\.[01] (\d{3})/.exec(said)?.[1];
    if (status) statuses.push(Number(status));
  }
  return { statuses, unanswered };
}

/** One to three things done to it that a broken sender might do. */
function mangled(right: readonly Uint8Array[], prng: Prng): Buffer {
  let bytes: Buffer = Buffer.from(prng.pick(right));
  for (let changes = 1 + prng.below(3); changes > 0; changes -= 1) {
    const at = prng.below(bytes.length + 1);
    const other = Buffer.from(prng.pick(right));
    const noise = Buffer.from(Array.from({ length: 1 + prng.below(8) }, () => prng.below(256)));
    switch (prng.below(4)) {
      case 0: bytes = bytes.subarray(0, at); break;
      case 1: bytes = Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at + noise.length)]); break;
      case 2: bytes = Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at)]); break;
      default: bytes = Buffer.concat([bytes.subarray(0, at), other.subarray(prng.below(other.length))]);
    }
  }
  return bytes;
}
