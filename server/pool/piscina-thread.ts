import { MessageChannel, type ResourceLimits } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { KeepingReply, Order, RowsReply, RunReply, SeatData } from './protocol.ts';
import type { StartThread, Thread } from './seat.ts';
import { Caller, signalMemory } from './signal.ts';

type Reply = RunReply | RowsReply | KeepingReply;

/**
 * Piscina with one thread. Piscina chooses a worker itself; here a model must be opened on each,
 * and a hung one ended by name: so every seat has a Piscina of its own, for its thread, its orders
 * and its ending. Batches reach a thread that is at work past its queue (`signal.ts`).
 */
export function piscinaThread(file: URL, nice: number, heapMiBMax: number): StartThread {
  return (sheet, died): Thread => {
    const signal = signalMemory();
    const piscina = new Piscina({
      filename: file.href,
      minThreads: 1,
      maxThreads: 1,
      idleTimeout: Infinity,
      recordTiming: false,
      workerData: { sheet, signal, nice } satisfies SeatData,
      resourceLimits: heapLimits(heapMiBMax),
    });
    let cause = new Error('the worker exited');
    piscina.on('error', (error: Error) => (cause = error));
    // Later than the end of a task that was lost with the worker, which says more.
    piscina.on('workerDestroy', () => setImmediate(() => died(cause)));

    const caller = new Caller(signal);
    const { port1: port, port2: reply } = new MessageChannel();
    let pending: { resolve(reply: RunReply): void; reject(cause: unknown): void } | null = null;
    port.on('message', (message: RunReply) => {
      const run = pending;
      pending = null;
      run?.resolve(message);
    });
    port.unref();
    const greeting = piscina.run({ order: 'replies', port: reply }, { transferList: [reply] });
    greeting.catch(() => {}); // the thread ended first, as `died` is told

    const ask = (order: Order): Promise<Reply> => {
      if (typeof order !== 'number') {
        caller.dismiss();
        return piscina.run(order) as Promise<Reply>;
      }
      return new Promise((resolve, reject) => {
        pending = { resolve, reject };
        if (caller.call(order)) return;
        // Ends when the thread has left its batches, and fails when it has died over one of them.
        piscina.run(order).catch((lost: unknown) => {
          pending?.reject(lost);
          pending = null;
        });
      });
    };
    const stop = async (): Promise<void> => {
      await piscina.destroy();
      port.close();
    };
    return { run: ask, stop };
  };
}

/**
 * Over its limit a thread gets 16 MiB to end in. What is young may all become old in that moment:
 * with more of it than that, Node 24 ends the process and not the thread.
 */
const YOUNG_MIB_MAX = 8;

function heapLimits(heapMiBMax: number): ResourceLimits {
  const old = heapMiBMax > 0 ? { maxOldGenerationSizeMb: heapMiBMax } : {};
  return { maxYoungGenerationSizeMb: YOUNG_MIB_MAX, ...old };
}
