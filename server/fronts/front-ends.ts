import { Worker } from 'node:worker_threads';
import type { Lanes } from '../batch/lane.ts';
import type { Config } from '../config.ts';
import type { Clock } from '../core/clock.ts';
import { type Log, logDefect } from '../core/log.ts';
import type { SpanSink } from '../observe/request-tracing.ts';
import type { Span } from '../observe/otlp.ts';
import type { Router } from '../routes/router.ts';
import type { StorefrontDoor } from '../routes/storefront-door.ts';
import { Line } from './line.ts';
import type { FrontNumbers } from './numbers.ts';
import type { FrontData } from './orders.ts';
import { takeHttp } from './relay-http.ts';
import { takeWork } from './remote-door.ts';
import { takeInfers } from './remote-lane.ts';
import type { ModelTable } from './table.ts';

export interface FrontEndsParts {
  readonly config: Config;
  readonly log: Log;
  readonly clock: Clock;
  readonly lanes: Lanes;
  readonly door: StorefrontDoor;
  readonly router: Router;
  readonly spans: SpanSink | null;
  readonly tally: SharedArrayBuffer;
  /** What the threads run: `front-thread.ts`, built. */
  readonly threadFile: URL;
}

interface Front {
  readonly worker: Worker;
  readonly line: Line;
  readonly gone: Promise<unknown>;
}

/**
 * The front ends beside this thread's. Each has its own sockets, decodes, and runs cheap models
 * itself; what there is one of (the shop, pooled models, caches, settings) it asks for here.
 */
export class FrontEnds {
  /** As of the last `refresh`, one for each. */
  numbers: readonly FrontNumbers[] = [];
  readonly #fronts: Front[] = [];
  #closing = false;

  constructor(private readonly parts: FrontEndsParts) {}

  /** Starts them with these models; they listen from `listen` on. */
  async start(table: ModelTable): Promise<void> {
    const { frontEnds } = this.parts.config;
    for (let number = 1; number < frontEnds; number += 1) this.#fronts.push(this.#open(number));
    await this.#all('models', table);
  }

  async listen(port: number): Promise<void> {
    await this.#all('listen', port);
  }

  /** Resolves when all of them serve what the table has, and nothing else. */
  async changed(table: ModelTable): Promise<void> {
    if (!this.#closing) await this.#all('models', table);
  }

  /** Looks what they have counted. */
  async refresh(): Promise<void> {
    if (!this.#closing) this.numbers = await this.#all<FrontNumbers>('numbers');
  }

  /** Tells them which levels of the log are written. */
  logLevels(): void {
    for (const { line } of this.#fronts) line.tell('log levels', this.parts.log.on);
  }

  /** They take no more connections. */
  stopListening(): void {
    for (const { line } of this.#fronts) line.tell('stop listening', null);
  }

  /** They answer what they have taken, and take no more. */
  async drain(): Promise<void> {
    await this.#all('drain');
  }

  async close(): Promise<void> {
    this.#closing = true;
    await Promise.all(this.#fronts.splice(0).map(async ({ line, gone }) => {
      await line.ask('close');
      await gone;
      line.close();
    }));
  }

  #all<Value>(what: string, body: unknown = null): Promise<Value[]> {
    return Promise.all(this.#fronts.map(({ line }) => line.ask<Value>(what, body)));
  }

  #open(number: number): Front {
    const { config, log, clock, lanes, door, router, spans, tally, threadFile } = this.parts;
    const workerData: FrontData = { config, number, tally, levels: log.on };
    const worker = new Worker(threadFile, { workerData });
    const line = new Line(worker, (what, error) => {
      logDefect(log, 'a call of a front end failed', error, { what, front_end: number + 1 });
    });
    takeInfers(line, lanes, clock);
    takeWork(line, door);
    takeHttp(line, router);
    line.hear('log', (text: string) => log.pass(text));
    line.hear('spans', (added: readonly Span[]) => spans?.add(...added));
    // What ends one is a defect, and ends the server, as it does where there is one thread.
    worker.once('error', (cause) => setImmediate(() => { throw cause; }));
    return { worker, line, gone: new Promise((resolve) => worker.once('exit', resolve)) };
  }
}
