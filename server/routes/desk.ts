import { hintMs, Refusals } from '../batch/refusals.ts';
import type { Clock } from '../core/clock.ts';
import type { Pace } from '../core/pace.ts';

export interface DeskParts {
  readonly clock: Clock;
  /** When starting work gives way to the sockets; null: it does not. */
  readonly pace: Pace | null;
  /** Runs something in the next turn of the event loop: `setImmediate`. */
  readonly nextTurn: (run: () => void) => void;
  readonly limits: DeskLimits;
}

export interface DeskLimits {
  readonly waitingMax: number; // of all callers; one more is answered `overloaded`
  readonly startedMax: number; // started and not ended
  readonly deadlineMs: number; // of work that brings none; the longest wait that is let in
  readonly knownAfter: number; // pieces that ended: before, what one costs is not believed
}

/** The first piece of a cold server took 50 ms, the others 1. */
export const DESK_LIMITS: DeskLimits = {
  waitingMax: 1024, startedMax: 64, deadlineMs: 1000, knownAfter: 8,
};

/** Least weight of the newest of the times that `costUs` is made of. */
const NEWEST = 1 / 32;

/** One source of work: a socket, or an HTTP request. */
export class Caller {
  readonly waiting: Task[] = [];
}

interface Task {
  readonly run: (leftMs: number) => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly deadlineUs: number;
  startedUs: number;
}

/** Work that was taken. */
export interface Ticket<T> {
  readonly done: Promise<T>;
  /** Gives up work that has not started; false when it has. */
  cancel(): boolean;
}

/**
 * The storefront's work of all callers: one piece of each caller in turn, few in flight, and never
 * more of a turn of the event loop than its pace allows. Who could not be answered in time is told
 * so at once.
 */
export class Desk {
  readonly #rota: Caller[] = []; // those with work that waits, each once
  readonly #refusals = new Refusals();
  #waiting = 0;
  #started = 0;
  #turnAsked = false;
  #costUs = 0; // between the ends of two pieces while there is work
  #ended = 0;
  #lastEndUs = -Infinity;
  #closing = false;
  #onEmpty: (() => void) | null = null;

  constructor(private readonly parts: DeskParts) {}

  get waiting(): number {
    return this.#waiting;
  }
  get started(): number {
    return this.#started;
  }
  /** Microseconds until work of this caller that came now would be done. */
  expectedUs(caller: Caller): number {
    const mine = caller.waiting.length + 1;
    let ahead = 0;
    for (const each of this.#rota) ahead += Math.min(each.waiting.length, mine);
    if (this.#ended < this.parts.limits.knownAfter) return 0;
    return (ahead + this.#started + 1) * this.#costUs;
  }

  /**
   * Takes work, to be started with the milliseconds that are left to it. `deadlineMs` is Infinity
   * for work that may wait for ever, absent for the usual patience. Throws `overloaded` when too
   * much waits, or the wait is expected to be longer than that; so may `done` reject later.
   */
  take<T>(
    caller: Caller, deadlineMs: number | undefined, run: (leftMs: number) => Promise<T>,
  ): Ticket<T> {
    if (this.#closing) throw this.#refusals.of('draining');
    const { clock, limits } = this.parts;
    const patienceMs = deadlineMs ?? limits.deadlineMs;
    const full = this.#waiting >= limits.waitingMax;
    const idle = this.#waiting === 0 && this.#started < limits.startedMax;
    if (!deskAdmits(idle, this.expectedUs(caller), patienceMs * 1000) ||
      (full && !this.#makeRoom(caller))) {
      throw this.#refusals.of('overloaded', this.#retryAfterMs(caller));
    }
    const deadlineUs = clock.nowUs() + patienceMs * 1000;
    let task: Task | null = null;
    const done = new Promise<T>((resolve, reject) => {
      task = { run, resolve: resolve as Task['resolve'], reject, deadlineUs, startedUs: 0 };
    });
    this.#push(caller, task as unknown as Task);
    return { done, cancel: () => this.#cancel(caller, task as unknown as Task) };
  }

  /**
   * Takes no more work and resolves when all is done; what still waits after `drainMs` is told
   * `draining`, and what has started by then is not waited for.
   */
  async close(drainMs: number): Promise<void> {
    this.#closing = true;
    if (this.#waiting + this.#started === 0) return;
    const empty = new Promise<void>((resolve) => (this.#onEmpty = resolve));
    const cancel = this.parts.clock.after(drainMs * 1000, () => this.#giveUp());
    await empty;
    cancel();
  }

  #giveUp(): void {
    for (const { waiting } of this.#rota.splice(0)) {
      for (const task of waiting.splice(0)) task.reject(this.#refusals.of('draining'));
    }
    this.#waiting = 0;
    this.#onEmpty?.();
  }

  /** Where all places are taken, who holds the most gives its newest up for who would hold fewer. */
  #makeRoom(caller: Caller): boolean {
    let most = caller;
    for (const each of this.#rota) if (each.waiting.length > most.waiting.length) most = each;
    if (most.waiting.length <= caller.waiting.length + 1) return false;
    const task = most.waiting.pop() as Task;
    this.#waiting -= 1;
    task.reject(this.#refusals.of('overloaded', this.#retryAfterMs(most)));
    return true;
  }

  #push(caller: Caller, task: Task): void {
    if (caller.waiting.length === 0) this.#rota.push(caller);
    caller.waiting.push(task);
    this.#waiting += 1;
    this.#askTurn();
  }

  #cancel(caller: Caller, task: Task): boolean {
    const at = caller.waiting.indexOf(task);
    if (at < 0) return false;
    caller.waiting.splice(at, 1);
    this.#waiting -= 1;
    if (caller.waiting.length === 0) this.#rota.splice(this.#rota.indexOf(caller), 1);
    this.#tellEmpty();
    return true;
  }

  #askTurn(): void {
    if (this.#turnAsked || this.#waiting === 0 || this.#started >= this.parts.limits.startedMax) return;
    this.#turnAsked = true;
    this.parts.nextTurn(() => this.#turn());
  }

  /** One piece of each caller, round and round, until enough is in flight or the turn is used up. */
  #turn(): void {
    this.#turnAsked = false;
    const { clock, pace, limits } = this.parts;
    while (this.#waiting > 0 && this.#started < limits.startedMax && !pace?.spent) {
      const caller = this.#rota.shift() as Caller;
      const task = caller.waiting.shift() as Task;
      this.#waiting -= 1;
      if (caller.waiting.length > 0) this.#rota.push(caller);
      const nowUs = clock.nowUs();
      if (task.deadlineUs > nowUs) this.#start(task, nowUs);
      else task.reject(this.#refusals.of('deadline', this.#retryAfterMs(caller)));
    }
    this.#askTurn();
    this.#tellEmpty(); // all that waited was late
  }

  #start(task: Task, nowUs: number): void {
    this.#started += 1;
    task.startedUs = nowUs;
    task.run((task.deadlineUs - nowUs) / 1000).then(
      (value) => {
        this.#end(task);
        task.resolve(value);
      },
      (error: unknown) => {
        this.#end(task);
        task.reject(error);
      },
    );
  }

  #end(task: Task): void {
    const nowUs = this.parts.clock.nowUs();
    const us = nowUs - Math.max(task.startedUs, this.#lastEndUs);
    this.#ended += 1;
    this.#costUs += (us - this.#costUs) * Math.max(NEWEST, 1 / this.#ended);
    this.#lastEndUs = nowUs;
    this.#started -= 1;
    this.#askTurn();
    this.#tellEmpty();
  }

  #tellEmpty(): void {
    if (this.#waiting + this.#started === 0) this.#onEmpty?.();
  }

  #retryAfterMs(caller: Caller): number {
    return hintMs(this.expectedUs(caller));
  }
}

/**
 * Whether work is expected to be done in time. A desk where nothing waits lets all work try: it may
 * be wrong about what work costs. Pure.
 */
export function deskAdmits(idle: boolean, expectedUs: number, patienceUs: number): boolean {
  return idle || expectedUs <= patienceUs;
}
