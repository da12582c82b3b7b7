import { availableParallelism } from 'node:os';
import type { Run, Runner } from '../batch/runner.ts';
import type { FoundModel, WantedModel } from '../catalog/look.ts';
import type { ModelConfig } from '../catalog/model-config.ts';
import type { Clock } from '../core/clock.ts';
import { ServeError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Slab } from '../core/slab.ts';
import { holdShared } from '../runtime/onnx-shared.ts';
import type { Held } from '../runtime/runtime.ts';
import { piscinaThread } from './piscina-thread.ts';
import type { LookOrder, ModelFiles, OpenOrder, Tried, TryOrder } from './protocol.ts';
import { Seat } from './seat.ts';

/**
 * What is known of a model that was tried out, and its hold on it where other threads can have it.
 */
export interface TriedModel extends Omit<Tried, 'token'> {
  readonly held: Held | null;
}

export interface PoolOptions {
  readonly workers: number; // threads; 0 is one less than the cores, at least 1
  readonly runMsMax: number; // a run that takes longer has hung
  readonly clock: Clock;
  readonly log: Log;
  /** Of one thread's heap; one that needs more is ended, and replaced. 0 is Node's own limit. */
  readonly heapMiBMax?: number;
  /** What the threads run; tests put a faulty one here. */
  readonly workerFile?: URL;
}

/**
 * Opening a model stops the seat's runs for as long as it takes. Above this it is opened on a
 * second thread while the first goes on: that costs a thread and opening every model that is served
 * again.
 */
const OPEN_HERE_US_MAX = 30_000;
/**
 * What tries models out gives way to what serves them, and yet gets on where all cores are busy: it
 * then has a thirtieth of one.
 */
const TRIAL_NICE = 15;
/** It is kept for the next model this long: a thread with a runtime takes 100 ms to start. */
const TRIAL_IDLE_US = 5_000_000;

/**
 * Threads that run models, each in a seat. Lanes take turns at seats that fall free. A model is
 * tried out on a thread beside them, before it comes near what is served.
 */
export class Pool {
  readonly #seats: readonly Seat[];
  readonly #trialSeat: Seat;
  readonly #wanted = new Map<number, OpenOrder>();
  readonly #clock: Clock;
  #cancelRest: () => void = () => {};
  readonly #runners: PoolRunner[] = [];
  #turn = 0; // the runner asked first when a seat is free: a busy lane may not starve the others
  #lanes = 0;

  constructor(options: PoolOptions) {
    const { clock, log, runMsMax } = options;
    const workerFile = options.workerFile ?? new URL('./worker.js', import.meta.url);
    const startThread = piscinaThread(workerFile, 0, options.heapMiBMax ?? 0);
    this.#clock = clock;
    const count = options.workers || Math.max(1, availableParallelism() - 1);
    this.#seats = Array.from({ length: count }, (_, number) => {
      const onIdle = (): void => this.#offer();
      return new Seat({ number, clock, log, runMsMax, startThread, wanted: this.#wanted, onIdle });
    });
    this.#trialSeat = new Seat({
      number: -1, clock, log, runMsMax, startThread: piscinaThread(
        workerFile, TRIAL_NICE, options.heapMiBMax ?? 0,
      ),
      wanted: new Map(), onIdle: () => {},
    });
  }

  get workers(): number {
    return this.#seats.length;
  }

  /**
   * Opens the model where nothing else runs, with its best times over one row and a full batch
   * where it is to be timed. What can be had by other threads is held for them, until the caller
   * releases it. Fails with `backend`: it does not open, hangs, or ends its thread.
   */
  async tryOut(files: ModelFiles, timed: boolean): Promise<TriedModel> {
    const { name } = files.config;
    const { times, openUs, token } = await this.#apart({ order: 'try', files, timed }, name);
    if (token === undefined) return { times, openUs, held: null };
    const held = holdShared(token);
    void this.#trialSeat.forget({ order: 'forget', token });
    return { times, openUs: held ? 0 : openUs, held };
  }

  /**
   * `lookForModel`, where nothing else runs: its many small steps, and the model file of an
   * incomplete config, would hold up the sockets.
   */
  async look(wanted: WantedModel): Promise<FoundModel | null> {
    const { found } = await this.#apart({ order: 'look', ...wanted }, wanted.name);
    return found ?? null;
  }

  async #apart(order: TryOrder | LookOrder, name: string): Promise<Tried> {
    const seat = this.#trialSeat;
    this.#cancelRest();
    const reply = await seat.try(order, name).catch((cause: unknown) => {
      throw new ServeError('backend', `${name}: ${(cause as Error).message}`, { cause });
    });
    this.#cancelRest();
    this.#cancelRest = this.#clock.after(TRIAL_IDLE_US, () => void seat.rest());
    if (!('error' in reply)) return reply;
    const { code, error } = reply;
    throw code ? new ServeError(code, error) : new ServeError('backend', `${name}: ${error}`);
  }

  /** Runs that the model may have in flight here: `instance_group.count`, 0 for every worker. */
  runsMax({ instance_group: { count } }: ModelConfig): number {
    return count === 0 ? this.workers : Math.min(count, this.workers);
  }

  /**
   * Loads and warms the model on every worker, on all at once or, `gently`, so that what is served
   * goes on meanwhile: then the workers take turns, and what it took where it was tried out says
   * whether it is opened on the thread that runs or on one to take its place. A model that is held
   * is there already, and is held until the runner is closed: threads that are replaced have it at
   * once. Fails with `backend` when any of them cannot.
   */
  async open(
    files: ModelFiles, slab: Slab, { openUs, held }: TriedModel, gently: boolean,
  ): Promise<Runner> {
    const lane = this.#lanes;
    this.#lanes += 1;
    const { memory, layout } = slab;
    const shared = held ? { token: held.token } : {};
    this.#wanted.set(lane, { order: 'open', lane, files, memory, layout, ...shared });
    if (!gently) {
      await this.#syncAll();
    } else {
      for (const seat of this.#seats) {
        await seat.sync(openUs > OPEN_HERE_US_MAX);
        if (seat.trouble(lane) !== undefined) break;
      }
    }
    const trouble = this.#trouble(lane);
    if (trouble !== undefined) {
      await this.#drop(lane);
      held?.release();
      throw new ServeError('backend', `${files.config.name}: ${trouble}`);
    }
    const runsMax = this.runsMax(files.config);
    const runner = new PoolRunner(files.config.name, lane, runsMax, this.#seats, async () => {
      await this.#close(runner);
      held?.release();
    });
    this.#runners.push(runner);
    return runner;
  }

  /** Ends the threads when no lane is open: a host whose models are all inline needs none. */
  async rest(): Promise<void> {
    this.#cancelRest();
    await Promise.all([this.#trialSeat, ...this.#seats].map((seat) => seat.rest()));
  }

  /** Ends every thread. Runs in flight fail with `backend`. */
  async close(): Promise<void> {
    this.#cancelRest();
    await Promise.all([this.#trialSeat, ...this.#seats].map((seat) => seat.close()));
  }

  async #close(runner: PoolRunner): Promise<void> {
    this.#runners.splice(this.#runners.indexOf(runner), 1);
    await this.#drop(runner.lane);
  }

  async #drop(lane: number): Promise<void> {
    this.#wanted.delete(lane);
    for (const seat of this.#seats) seat.forgive(lane);
    await this.#syncAll();
  }

  async #syncAll(): Promise<void> {
    await Promise.all(this.#seats.map((seat) => seat.sync()));
  }

  #trouble(lane: number): string | undefined {
    const trouble = this.#seats.map((seat) => seat.trouble(lane)).find((why) => why !== undefined);
    if (trouble !== undefined || this.#seats.some((seat) => seat.holds(lane))) return trouble;
    return 'no worker can be started';
  }

  #offer(): void {
    const count = this.#runners.length;
    this.#turn += 1;
    for (let i = 0; i < count; i += 1) this.#runners[(this.#turn + i) % count]?.onFree();
  }
}

/** A lane's way to the seats. */
class PoolRunner implements Runner {
  readonly inline = false;
  onFree = (): void => {};

  constructor(
    private readonly name: string,
    readonly lane: number,
    readonly runsMax: number,
    private readonly seats: readonly Seat[],
    readonly close: () => Promise<void>,
  ) {}

  get free(): number {
    let runs = 0;
    let free = 0;
    for (const seat of this.seats) {
      if (seat.runs(this.lane)) runs += 1;
      else if (seat.takes(this.lane)) free += 1;
    }
    if (free + runs === 0 && this.trouble !== undefined) return 1; // to say that it never will
    return Math.min(free, this.runsMax - runs);
  }

  start(run: Run): void {
    const seat = this.seats.find((each) => each.takes(this.lane));
    if (!seat) {
      const detail = `${this.name}: no worker can open it: ${this.trouble}`;
      const error = new ServeError('backend', detail);
      setImmediate(() => run.ended(error)); // never inside this call
      return;
    }
    seat.start(this.lane, this.name, run);
  }

  get trouble(): string | undefined {
    const troubles = this.seats.map((seat) => seat.trouble(this.lane));
    return troubles.every((why) => why !== undefined) ? troubles[0] : undefined;
  }
}
