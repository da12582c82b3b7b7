/**
 * What a request costs between the socket and the model, and back: a whole infer request through
 * the server's sessions, routes and batcher, with sockets that go nowhere and a model that does
 * nothing. Nothing here waits, so nanoseconds of wall time are nanoseconds of work.
 */
import { setImmediate } from 'node:timers/promises';
import { Packr, Unpackr } from 'msgpackr';
import { runDense, seededMlp } from '../models/recipes/dense.ts';
import { BatchLane } from '../server/batch/batch-lane.ts';
import { laneRowBytes, laneSlots } from '../server/batch/lane-memory.ts';
import { parseConfig } from '../server/catalog/parse-config.ts';
import { codecFor } from '../server/client/codec.ts';
import { systemClock } from '../server/core/clock.ts';
import { Log } from '../server/core/log.ts';
import { Slab } from '../server/core/slab.ts';
import { float32Tensor } from '../server/core/tensor.ts';
import { RequestTracing } from '../server/observe/request-tracing.ts';
import { SpanExporter } from '../server/observe/span-exporter.ts';
import { InlineRunner } from '../server/pool/inline.ts';
import { DeskDoor } from '../server/routes/storefront-door.ts';
import { SocketSessions } from '../server/routes/socket.ts';
import type { Socket, Subprotocol } from '../server/transport/transport.ts';
import { FakeStorefront } from '../test/support/fake-storefront.ts';
import { allocation } from './allocation.ts';
import type { Bench } from './bench.ts';
import { interleave, nsPerItem, spread } from './harness.ts';
import { withRatios, type Row } from './report.ts';
import { modelConfig } from './repository.ts';
import { digest, makeCases } from './requests.ts';

const MODEL = seededMlp(7, [32, 256, 128, 1], 'sigmoid');
const TURN = 64; // requests in one turn of the event loop
const CASES = makeCases(MODEL, TURN, 11);
const BASE = 'msgpackr alone';
const KNOWN = 'Vitrine, a known shape';
const SIZES = {
  full: { leastMs: 500, turns: 9, rounds: 2000 },
  quick: { leastMs: 120, turns: 5, rounds: 500 },
  smoke: { leastMs: 1, turns: 1, rounds: 20 },
} as const;

export const bench: Bench = {
  packages: ['msgpackr'],
  async run({ size }) {
    const { leastMs, turns, rounds } = SIZES[size];
    const frames = CASES.map(({ row }, id) => message(row, 1000 + id));
    const binary = frames.map((each) => codecFor('msgpack').encode(each) as Uint8Array);
    const general = frames.map(({ id, ...rest }) => codecFor('msgpack').encode({ ...rest, id }) as Uint8Array);
    const text = frames.map((each) => Buffer.from(codecFor('json').encode(each) as string));
    const sides: [string, () => void | Promise<void>][] = [
      [KNOWN, through('vitrine.v1.msgpack', binary)],
      ['Vitrine, any shape', through('vitrine.v1.msgpack', general)],
      ['Vitrine, JSON', through('vitrine.v1.json', text)],
      ['Vitrine, a known shape, 1 in 1000 traced', through('vitrine.v1.msgpack', binary, traced(1000))],
      ['Vitrine, each traced', through('vitrine.v1.msgpack', binary, traced(1))],
      [BASE, msgpackrAlone(binary)],
      ['JSON.parse and stringify alone', jsonAlone(text)],
    ];
    const variants = sides.map(([name, work]) => ({ name, run: () => nsPerItem(TURN, leastMs, work) }));
    await interleave(variants, 1); // compiled
    const samples = await interleave(variants, turns);
    const rows = [...samples].map(([impl, values]): Row => {
      const { median, low, high } = spread(values);
      const name = `an infer request of 32 floats and its reply, ${TURN} a turn`;
      return { case: name, impl, metric: 'time', value: median, unit: 'ns/request', low, high };
    });
    const notes = ["'alone': decoding the request and encoding the reply, and nothing else"];
    for (const [impl, work] of sides) {
      const { bytesPerItem, top } = await allocation(TURN, rounds, work);
      const name = 'the same, memory by the heap profile';
      rows.push({ case: name, impl, metric: 'allocated', value: bytesPerItem, unit: 'bytes/request' });
      if (impl !== KNOWN) continue;
      const most = top.map(({ where, bytesPerItem: bytes }) => `${bytes.toFixed(0)} in ${where}`);
      notes.push(`${impl}, bytes allocated a request: ${most.join(', ')}`);
    }
    return { inputs: digest([...binary, ...text]), rows: withRatios(rows, BASE), notes };
  },
};

function message(row: Float32Array, id: number) {
  return { id, op: 'infer', model: MODEL.name, inputs: [float32Tensor(MODEL.input, [1, row.length], row)] };
}

/** One turn: the frames come in, the batch runs, the replies leave. */
function through(
  subprotocol: Subprotocol, frames: readonly Uint8Array[], tracing?: RequestTracing,
): () => Promise<void> {
  const turnEnds: (() => void)[] = [];
  const lane = idleLane((run) => turnEnds.push(run));
  const metadata = () => ({
    name: MODEL.name, versions: ['1'], platform: lane.config.platform, maxBatchSize: lane.rowsMax,
    inputs: lane.inputs.map(({ spec }) => spec), outputs: lane.outputs.map(({ spec }) => spec),
  });
  const sessions = new SocketSessions({
    lanes: { lane: () => lane },
    details: { labels: () => [] },
    directory: { list: () => [metadata()], metadata, ready: () => true },
    door: new DeskDoor(new FakeStorefront(), systemClock),
    clock: systemClock,
    log: new Log('error'),
    version: 'bench',
    limits: { requestsMax: TURN, pushBufferedBytesMax: 1 << 20 },
    ...(tracing ? { tracing } : {}),
  });
  const socket = new NowhereSocket(subprotocol);
  sessions.open(socket);
  return async () => {
    const before = socket.sent;
    for (const frame of frames) sessions.message(socket, frame, subprotocol === 'vitrine.v1.msgpack');
    while (socket.sent - before < frames.length) {
      for (const run of turnEnds.splice(0)) run();
      await null; // promises of this turn, and the flush after them
      // A batch that filled up within the turn is answered when the turn ends.
      if (turnEnds.length === 0 && socket.sent - before < frames.length) await setImmediate();
    }
  };
}

/** Every so many a request has its spans encoded, for a collector that takes no time. */
function traced(rate: number): RequestTracing {
  const log = new Log('error');
  const exporter = new SpanExporter({ post: async () => {}, clock: systemClock, log, version: 'bench' });
  return new RequestTracing(systemClock, exporter, rate);
}

/** A lane whose runs end at once, leaving the outputs as they are. */
function idleLane(turnEnd: (run: () => void) => void): BatchLane {
  const config = parseConfig(modelConfig(MODEL, MODEL.name, 'inline'), MODEL.name);
  const runner = new InlineRunner(MODEL.name, {
    run: () => {}, close: async () => {}, inputNs: 0, outputNs: 0,
  });
  const slab = new Slab(laneSlots(config, runner.runsMax), laneRowBytes(config));
  return new BatchLane({ model: MODEL.name, version: '1', config, slab, runner, clock: systemClock, turnEnd });
}

class NowhereSocket implements Socket {
  readonly id = 1;
  readonly open = true;
  readonly bufferedBytes = 0;
  context: unknown = null;
  sent = 0;

  constructor(readonly subprotocol: Subprotocol) {}

  send(): boolean {
    this.sent += 1;
    return true;
  }

  cork(run: () => void): void {
    run();
  }

  end(): void {}
}

function msgpackrAlone(frames: readonly Uint8Array[]): () => void {
  const packr = new Packr({ useRecords: false });
  const unpackr = new Unpackr({ useRecords: false });
  const data = Buffer.from(answer().buffer);
  return () => {
    for (const frame of frames) packr.pack(reply((unpackr.unpack(frame) as { id: number }).id, data));
  };
}

function jsonAlone(frames: readonly Buffer[]): () => void {
  const data = Array.from(answer());
  return () => {
    for (const frame of frames) JSON.stringify(reply((JSON.parse(frame.toString()) as { id: number }).id, data));
  };
}

function answer(): Float32Array<ArrayBuffer> {
  return Float32Array.from(runDense(MODEL, CASES[0]?.row as Float32Array));
}

function reply(id: number, data: unknown): object {
  const output = { name: MODEL.output, datatype: 'FP32', shape: [1, 1], data };
  return { id, model: MODEL.name, version: '1', outputs: [output] };
}
