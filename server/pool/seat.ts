import assert from 'node:assert/strict';
import type { RowsAlong, Run } from '../batch/runner.ts';
import type { Clock } from '../core/clock.ts';
import { ServeError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { BrokenLanes } from './broken-lanes.ts';
import {
  type ForgetOrder, type KeepingOrder, type KeepingReply, type LookOrder, type OpenOrder,
  type Order, type RowsReply, type RunReply, SHEET_INPUT_NS, SHEET_INTS, SHEET_OUTPUT_NS,
  type TryOrder,
} from './protocol.ts';
import { OneAtATime } from './one-at-a-time.ts';
import { rowErrors } from './row-errors.ts';
import { RunWatch } from './run-watch.ts';

/** One thread that takes orders one after the other. Piscina's is in `piscina-thread.ts`. */
export interface Thread {
  /** Rejects when the thread has died, or is stopped, before it replied. */
  run(order: Order): Promise<RunReply | RowsReply | KeepingReply>;
  /** Ends the thread whatever it does. Resolves when it can write to no memory any more. */
  stop(): Promise<void>;
}

/** Starts a thread; `died` is called when it ends without having been told to. */
export type StartThread = (sheet: SharedArrayBuffer, died: (cause: Error) => void) => Thread;

/** Loading and warming up one model; a thread that takes longer is replaced. */
const OPEN_MS_MAX = 120_000;
/** Wait before a thread is replaced, doubled for each that fell since a run last went well. */
const RESTART_MS_MIN = 50;
const RESTART_MS_MAX = 10_000;

export interface SeatParts {
  readonly number: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly runMsMax: number;
  readonly startThread: StartThread;
  /** The pool's: what every seat should hold, by lane number. */
  readonly wanted: ReadonlyMap<number, OpenOrder>;
  /** Called when the seat may take a run. */
  readonly onIdle: () => void;
}

/**
 * A place in the pool and whatever thread sits in it: a thread that dies or hangs is replaced, and
 * the new one is given the same lanes. One batch at a time.
 */
export class Seat {
  readonly #sheet = new SharedArrayBuffer(SHEET_INTS * Int32Array.BYTES_PER_ELEMENT);
  readonly #ints = new Int32Array(this.#sheet);
  #opened = new Set<number>();
  readonly #broken: BrokenLanes; // that could not be opened here
  readonly #watch: RunWatch;
  readonly #parts: SeatParts;
  #thread: Thread | null = null;
  #next: Thread | null = null; // what will sit here in place of `#thread`
  #stopping: Promise<void> = Promise.resolve();
  #run: Run | null = null;
  #runLane = -1;
  #runName = '';
  #onRunEnd: (() => void) | null = null;
  readonly #keeping: OneAtATime; // what is done besides batches, which go on but for its orders
  #orders = 0; // those that the thread is asked to carry out: no batch goes between
  #cutWait: (() => void) | null = null;
  #falls = 0;
  #retrying = false; // to start a thread
  #closed = false;

  constructor(parts: SeatParts) {
    this.#parts = parts;
    const { clock, runMsMax } = parts;
    this.#keeping = new OneAtATime(parts.onIdle);
    this.#broken = new BrokenLanes(clock, () => void this.sync());
    this.#watch = new RunWatch(clock, runMsMax, () => {
      if (this.#thread) {
        this.#fell(this.#thread, new Error(`a run took longer than ${runMsMax} ms`));
      }
    });
  }

  /** Whether a batch of the lane would start at once. */
  takes(lane: number): boolean {
    const idle = this.#thread !== null && this.#run === null && this.#orders === 0;
    return idle && this.#opened.has(lane);
  }

  /** Whether a batch of the lane is in flight here. */
  runs(lane: number): boolean {
    return this.#run !== null && this.#runLane === lane;
  }

  /** Why the lane cannot run here; undefined while it can, or may again soon. */
  trouble(lane: number): string | undefined {
    return this.#broken.why(lane);
  }

  /** Whether the lane is open on the thread that sits here. */
  holds(lane: number): boolean {
    return this.#opened.has(lane);
  }

  /** The seat takes the lane. */
  start(lane: number, name: string, run: Run): void {
    assert.ok(this.takes(lane) && this.#thread);
    this.#ints[0] = run.rows;
    for (let row = 0; row < run.rows; row += 1) this.#ints[1 + row] = run.slots[row] as number;
    this.#run = run;
    this.#runLane = lane;
    this.#runName = name;
    this.#watch.started();
    const thread = this.#thread;
    thread.run(run.along ? { order: 'rows', lane, rows: run.along.rows } : lane).then(
      (reply) => this.#replied(thread, run.along ? unpacked(run.along, reply) : reply as RunReply),
      (cause: unknown) => this.#fell(thread, cause),
    );
  }

  /**
   * Opens what is wanted and closes what is not. Resolves when nothing is left to do, or when no
   * thread can be started: that is then tried again, ever later. `apart` opens what is missing on a
   * second thread, with all that is open here, while this one goes on running; then that one sits
   * here. Where it cannot hold all of it, what is missing is opened here after all.
   */
  async sync(apart = false): Promise<void> {
    if (apart) await this.#keeping.run(() => this.#replace());
    if ((await this.#trySync()) || this.#retrying) return;
    this.#retrying = true;
    void this.#retry();
  }

  async #retry(): Promise<void> {
    while (!this.#closed && !(await this.#trySync()));
    this.#retrying = false;
  }

  /** False when no thread can be started. */
  async #trySync(): Promise<boolean> {
    try {
      await this.#keeping.run(() => this.#sync());
      return true;
    } catch (cause) {
      this.#falls += 1;
      const { log, number } = this.#parts;
      log.error('a worker cannot be started', { seat: number, cause: messageOf(cause) });
      return false;
    }
  }

  /** Forgets that the lane was in trouble: it is about to be opened anew. */
  forgive(lane: number): void {
    this.#broken.forgive(lane);
  }

  /** Looks at a model on this seat's thread. Rejects when the thread is lost over it. */
  try(order: TryOrder | LookOrder, name: string): Promise<KeepingReply> {
    return this.#keeping.run(async () => {
      await this.#seated();
      return this.#keep(order, name);
    });
  }

  /** Lets go of a model that was tried out here; with the thread it is gone anyway. */
  forget(order: ForgetOrder): Promise<void> {
    return this.#keeping.run(async () => {
      if (this.#thread) await this.#keep(order, 'a model that was tried out').catch(() => {});
    });
  }

  /** Ends the thread when there is no lane for it. */
  rest(): Promise<void> {
    return this.#keeping.run(async () => {
      if (this.#parts.wanted.size > 0 || !this.#thread) return;
      const thread = this.#thread;
      this.#thread = null;
      this.#stopping = thread.stop();
      await this.#stopping;
    });
  }

  /** Ends the thread. A run in flight fails with `backend`. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#watch.stop();
    this.#cutWait?.();
    const next = this.#next?.stop();
    this.#broken.clear();
    if (this.#thread) this.#fell(this.#thread, new Error('the pool is closed'));
    await Promise.all([this.#stopping, next]);
  }

  async #sync(): Promise<void> {
    for (;;) {
      if (!this.#thread && this.#parts.wanted.size === 0) return; // nothing to start one for
      await this.#seated();
      if (this.#closed) return;
      const extra = [...this.#opened].find((lane) => !this.#parts.wanted.has(lane));
      if (extra !== undefined) {
        this.#opened.delete(extra);
        await this.#keep({ order: 'close', lane: extra }, `lane ${extra}`).catch(() => {});
        continue;
      }
      const missing = [...this.#parts.wanted.values()].find(
        ({ lane }) => !this.#opened.has(lane) && this.#broken.due(lane),
      );
      if (!missing) return;
      await this.#open(missing);
    }
  }

  /**
   * A second thread takes this one's place once all is open there, and no run is in flight here.
   */
  async #replace(): Promise<void> {
    if (!this.#thread || this.#closed) return;
    const { startThread, wanted, log, number } = this.#parts;
    let lost: Error | null = null;
    const next: Thread = startThread(
      this.#sheet, (cause) => (lost = cause, this.#fell(next, cause)),
    );
    this.#next = next;
    const opened = new Set<number>();
    try {
      for (const order of wanted.values()) {
        if (this.#broken.has(order.lane)) continue; // it is tried again when it is due, here
        const reply = await this.#send(next, order, order.files.config.name);
        if ('error' in reply) throw new Error(reply.error);
        opened.add(order.lane);
      }
      this.#orders += 1; // else the next run would be in flight before this one is seen to end
      try {
        while (this.#run) await new Promise<void>((resolve) => (this.#onRunEnd = resolve));
      } finally {
        this.#orders -= 1;
      }
      if (lost || this.#closed) throw lost ?? new Error('the pool is closed');
    } catch (cause) {
      log.debug('a worker was not replaced', { seat: number, cause: messageOf(cause) });
      await next.stop();
      return;
    } finally {
      this.#next = null;
    }
    const before: Thread | null = this.#thread;
    this.#thread = next;
    this.#opened = opened;
    if (before) void before.stop(); // it has no run; one that fell meanwhile is stopped already
  }

  async #open(order: OpenOrder): Promise<void> {
    const { name } = order.files.config;
    try {
      const reply = await this.#keep(order, name);
      if ('error' in reply) throw new Error(reply.error);
      this.#opened.add(order.lane);
      this.forgive(order.lane);
    } catch (cause) {
      const { log, number } = this.#parts;
      const why = messageOf(cause);
      log.error('model cannot be opened', { seat: number, model: name, cause: why });
      this.#broken.breaks(order.lane, why);
    }
  }

  /** Sends an order that is not a batch, after the batch in flight and before the next. */
  async #keep(order: KeepingOrder, name: string): Promise<KeepingReply> {
    this.#orders += 1;
    try {
      while (this.#run) await new Promise<void>((resolve) => (this.#onRunEnd = resolve));
      if (!this.#thread) throw new Error('the worker has died');
      return await this.#send(this.#thread, order, name);
    } finally {
      this.#orders -= 1;
      this.#parts.onIdle();
    }
  }

  async #send(thread: Thread, order: KeepingOrder, name: string): Promise<KeepingReply> {
    const late = new Error(`${name} did not open within ${OPEN_MS_MAX} ms`);
    let giveUp = (_: Error): void => {};
    const overdue = new Promise<never>((_, reject) => (giveUp = reject));
    const cancel = this.#parts.clock.after(OPEN_MS_MAX * 1000, () => {
      this.#fell(thread, late);
      giveUp(late);
    });
    try {
      return await Promise.race([thread.run(order) as Promise<KeepingReply>, overdue]);
    } catch (cause) {
      this.#fell(thread, cause);
      throw cause;
    } finally {
      cancel();
    }
  }

  /** Sees to it that a thread sits here, unless the seat is closed. */
  async #seated(): Promise<void> {
    await this.#stopping;
    if (this.#thread || this.#closed) return;
    if (this.#falls > 1) {
      const ms = Math.min(RESTART_MS_MAX, RESTART_MS_MIN * 2 ** (this.#falls - 2));
      await new Promise<void>((resolve) => {
        const cancel = this.#parts.clock.after(ms * 1000, resolve);
        this.#cutWait = () => (cancel(), resolve());
      });
      if (this.#closed) return;
    }
    const thread = this.#parts.startThread(this.#sheet, (cause) => this.#fell(thread, cause));
    this.#thread = thread;
  }

  #replied(thread: Thread, reply: RunReply): void {
    if (thread !== this.#thread) return; // it fell, and its run was ended then
    this.#falls = 0;
    const name = this.#runName;
    const run = this.#endRun();
    if (run) {
      run.inputNs = this.#ints[SHEET_INPUT_NS] as number;
      run.outputNs = this.#ints[SHEET_OUTPUT_NS] as number;
    }
    this.#parts.onIdle(); // the next batch first: the thread works while the answers are sent
    if (typeof reply === 'string') run?.ended(new ServeError('backend', `${name}: ${reply}`));
    else run?.ended(reply && rowErrors(name, reply));
  }

  /** The thread is lost. Its run fails, its slots stay held until it is gone for certain. */
  #fell(thread: Thread, cause: unknown): void {
    if (thread !== this.#thread) return;
    const message = messageOf(cause);
    this.#thread = null;
    this.#opened.clear();
    this.#falls += 1;
    const name = this.#runName;
    const run = this.#endRun();
    this.#stopping = thread.stop().then(() => run?.released());
    if (!this.#closed) {
      const { log, number } = this.#parts;
      log.error('worker lost', { seat: number, model: run ? name : '', cause: message });
      void this.sync();
    }
    const detail = `${name}: the worker was lost: ${message}`;
    run?.ended(new ServeError('backend', detail, { cause }), true);
  }

  #endRun(): Run | null {
    const run = this.#run;
    this.#run = null;
    this.#watch.ended();
    this.#onRunEnd?.();
    this.#onRunEnd = null;
    return run;
  }
}

/** Hands the answers on that came with a reply; what is left is the reply of any run. */
function unpacked(along: RowsAlong, reply: unknown): RunReply {
  if (typeof reply === 'string') return reply;
  const { outputs, failures } = reply as Exclude<RowsReply, string>;
  along.answered(outputs);
  return failures.length === 0 ? null : failures;
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
