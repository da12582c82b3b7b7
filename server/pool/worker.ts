/** A worker's entry: what one thread of the pool does. It knows lanes by number. */
import assert from 'node:assert/strict';
import { setPriority } from 'node:os';
import { workerData } from 'node:worker_threads';
import { lookForModel } from '../catalog/look.ts';
import { isLoose } from '../catalog/model-config.ts';
import type { ModelConfig } from '../catalog/model-config.ts';
import { ServeError } from '../core/errors.ts';
import { ModelInstance } from '../runtime/instance.ts';
import { LooseInstance } from '../runtime/loose-instance.ts';
import { describeOnnx, openRuntime } from '../runtime/open-runtime.ts';
import type { Runtime } from '../runtime/runtime.ts';
import {
  type KeepingOrder, type KeepingReply, type Refused, type RowsOrder, type RowsReply, type RunReply,
  SHEET_INPUT_NS, SHEET_INTS, SHEET_OUTPUT_NS, type SeatData, type ThreadOrder,
  type Tried,
} from './protocol.ts';
import { Listener } from './signal.ts';

type Reply = RunReply | RowsReply | KeepingReply;

const SHEET_NS_MAX = 0x7fff_ffff; // two seconds

/**
 * What Piscina calls with every order. Whatever a model throws becomes a reply: a worker that does
 * not reply has died.
 */
export function workerOf(
  runtimeOf: (platform: ModelConfig['platform']) => Promise<Runtime>,
  { sheet, signal, nice }: SeatData,
): (order: ThreadOrder) => Reply | Promise<Reply> {
  if (nice > 0) giveWay(nice);
  const ints = new Int32Array(sheet, 0, SHEET_INTS);
  const slots = ints.subarray(1);
  const lanes = new Map<number, ModelInstance>();
  let listener: Listener | undefined;
  const looseLanes = new Map<number, LooseInstance>();
  const tried = new Map<bigint, ModelInstance>(); // until others have them

  function run(lane: number): RunReply | Promise<RunReply> {
    const instance = lanes.get(lane);
    if (!instance) return `lane ${lane} is not open on this worker`;
    const running = instance.run(slots, ints[0] as number);
    if (!running) return told(instance, null);
    return running.then((failures) => told(instance, failures.length === 0 ? null : failures));
  }

  /**
   * Batch after batch, without a look at anything else, until the caller has no more or has an
   * order.
   */
  async function serve(lane: number): Promise<null> {
    assert.ok(listener, 'a port for replies comes first');
    for (let next = lane; next >= 0; next = listener.next()) {
      const running = run(next);
      listener.reply(running instanceof Promise ? await running : running);
    }
    return null;
  }

  async function runRows({ lane, rows }: RowsOrder): Promise<RowsReply> {
    ints[SHEET_INPUT_NS] = 0;
    ints[SHEET_OUTPUT_NS] = 0;
    return looseLanes.get(lane)?.run(rows) ?? `lane ${lane} is not open on this worker`;
  }

  function told(instance: ModelInstance, reply: RunReply): RunReply {
    ints[SHEET_INPUT_NS] = Math.min(instance.inputNs, SHEET_NS_MAX);
    ints[SHEET_OUTPUT_NS] = Math.min(instance.outputNs, SHEET_NS_MAX);
    return reply;
  }

  async function keep(order: KeepingOrder): Promise<KeepingReply> {
    if (order.order === 'close') {
      const instance = lanes.get(order.lane) ?? looseLanes.get(order.lane);
      lanes.delete(order.lane);
      looseLanes.delete(order.lane);
      await instance?.close();
      return { times: [], openUs: 0 };
    }
    if (order.order === 'forget') {
      const instance = tried.get(order.token);
      tried.delete(order.token);
      await instance?.close();
      return { times: [], openUs: 0 };
    }
    if (order.order === 'look') {
      return { times: [], openUs: 0, found: await lookForModel(order, describeOnnx) };
    }
    const { folder, config } = order.files;
    const runtime = await runtimeOf(config.platform);
    const startMs = performance.now();
    if (isLoose(config)) {
      const loose = await LooseInstance.open(runtime, folder, config);
      if (order.order === 'open') looseLanes.set(order.lane, loose);
      else await loose.close();
      return { times: [], openUs: (performance.now() - startMs) * 1000 };
    }
    const token = order.order === 'open' ? order.token : undefined;
    const instance = await ModelInstance.open(runtime, folder, config, token);
    const openUs = (performance.now() - startMs) * 1000;
    if (order.order === 'open') {
      instance.bind(order.memory, order.layout);
      lanes.set(order.lane, instance);
      return { times: [], openUs };
    }
    return tryOut(instance, order.timed, openUs);
  }

  async function tryOut(instance: ModelInstance, timed: boolean, openUs: number): Promise<Tried> {
    try {
      const times = timed ? await instance.measure(() => performance.now() * 1000) : [];
      if (instance.token === undefined) return { times, openUs };
      tried.set(instance.token, instance);
      return { times, openUs, token: instance.token };
    } finally {
      if (![...tried.values()].includes(instance)) await instance.close();
    }
  }

  return (order) => {
    if (typeof order === 'number') return serve(order);
    if (order.order === 'replies') {
      listener = new Listener(signal, order.port);
      return null;
    }
    if (order.order === 'rows') return runRows(order).catch(messageOf);
    return keep(order).catch(refused);
  };
}

/** Linux takes 0 for the calling thread; elsewhere it would be the whole process. */
function giveWay(nice: number): void {
  if (process.platform !== 'linux') return;
  try {
    setPriority(0, nice);
  } catch {
    // It then competes like any other thread.
  }
}

/** Without the code's own text, which is put before it again where it is told. */
function refused(thrown: unknown): Refused {
  if (!(thrown instanceof ServeError)) return { error: messageOf(thrown) };
  const error = thrown.detail || thrown.message;
  return thrown.code === 'backend' ? { error } : { error, code: thrown.code };
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

export default workerOf(openRuntime, workerData as SeatData);
