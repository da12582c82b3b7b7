/** The files between Node and the C++ generator: formats in load/{requests,plan,rows}.h. */
import { httpRequest } from './http-request.ts';
import type { Plan } from './plan.ts';
import { LoadProblem } from './problem.ts';
import type { Run } from './run.ts';

const NOWHERE = 0xffff_ffff;

/** The requests; over HTTP with their heads. */
export function requestsFile({ target, requests }: Plan): Buffer {
  const http = target.transport === 'http';
  const payloads = requests.map((request) => (http ? httpRequest(target, request) : request.body));
  const bytes = payloads.reduce((sum, payload) => sum + 12 + payload.length, 8);
  const file = Buffer.alloc(bytes);
  file.write('VLR1', 'latin1');
  file.writeUInt32LE(requests.length, 4);
  let at = 8;
  requests.forEach((request, i) => {
    const payload = payloads[i] as Uint8Array;
    const { idAt, expected } = request;
    const head = payload.length - request.body.length;
    at = file.writeUInt32LE(payload.length, at);
    at = file.writeUInt32LE(idAt === undefined ? NOWHERE : head + idAt, at);
    at = file.writeFloatLE(expected ?? NaN, at);
    file.set(payload, at);
    at += payload.length;
  });
  return file;
}

/** When which of them is due. */
export function planFile({ requests, sequence, load }: Plan): Buffer {
  const due = load.loop === 'open' ? load.due : new Float64Array(0);
  const order = sequence ?? new Uint32Array(0);
  const kinds = Uint16Array.from(requests, ({ kind }, i) => kind ?? i);
  const head = Buffer.alloc(24);
  head.write('VLP1', 'latin1');
  head.writeUInt32LE(requests.length, 4);
  head.writeBigUInt64LE(BigInt(due.length), 8);
  head.writeBigUInt64LE(BigInt(order.length), 16);
  const laned = requests.some(({ lane }) => lane !== undefined);
  const lanes = laned ? Uint32Array.from(requests, ({ lane }, i) => lane ?? i) : new Uint32Array(0);
  return Buffer.concat([head, bytesOf(due), bytesOf(order), bytesOf(kinds), bytesOf(lanes)]);
}

type Columns = Pick<Run, 'seconds' | 'ended' | 'due' | 'sent' | 'done' | 'outcome' | 'kind'>;

/** What the generator wrote, without copies where memory allows. */
export function readRows(file: Buffer): Columns {
  const whole = file.length >= 32 && file.toString('latin1', 0, 4) === 'VLT1';
  const rows = whole ? Number(file.readBigUInt64LE(8)) : 0;
  if (!whole || file.length !== 32 + rows * 27) throw new LoadProblem('the generator wrote a damaged file', 1);
  // Views want their elements' alignment, which a small file out of Node's pool may not have.
  const aligned = file.byteOffset % 8 === 0 ? file : Buffer.from(new Uint8Array(file).buffer);
  const { buffer, byteOffset } = aligned;
  let at = byteOffset + 32;
  const next = (bytes: number) => (at += bytes * rows) - bytes * rows;
  return {
    seconds: file.readDoubleLE(16),
    ended: file.readDoubleLE(24),
    due: new Float64Array(buffer, next(8), rows),
    sent: new Float64Array(buffer, next(8), rows),
    done: new Float64Array(buffer, next(8), rows),
    kind: new Uint16Array(buffer, next(2), rows),
    outcome: new Uint8Array(buffer, next(1), rows),
  };
}

/** Node runs on little-endian machines alone, as the file has it. */
function bytesOf(array: Float64Array | Uint32Array | Uint16Array): Buffer {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength);
}
