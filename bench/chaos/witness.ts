import { setTimeout as sleep } from 'node:timers/promises';
import { connectNode } from '../../server/client/node.ts';
import type { VitrineClient } from '../../server/client/types.ts';

const EVERY_MS = 20;
const TIMEOUT_MS = 15_000;
const REACH_MS = 5_000;

/** What a bystander was told while there was trouble. */
export interface Testimony {
  readonly asked: number;
  readonly failed: number;
  readonly longestMs: number;
  readonly firstFailure: string;
}

/**
 * A visitor who has nothing to do with the trouble: a well-behaved client on a socket of its own
 * that asks for something cheap fifty times a second, whatever has been answered.
 */
export class Witness {
  readonly #client: VitrineClient;

  constructor(url: string, private readonly ask: (client: VitrineClient) => Promise<unknown>) {
    this.#client = connectNode(`${url.replace(/^http/, 'ws')}/ws`, { timeoutMs: TIMEOUT_MS, resendMax: 0 });
  }

  /** Watches while `trouble` goes on; resolves when all that was asked by then is settled. */
  async during<T>(trouble: () => Promise<T>): Promise<{ came: T; told: Testimony }> {
    const reached = await Promise.race([
      this.#client.ready().then(() => true), sleep(REACH_MS, false, { ref: false }),
    ]);
    if (!reached) throw new Error(`no WebSocket of the server within ${REACH_MS} ms`);
    await this.ask(this.#client);
    let asked = 0;
    let failed = 0;
    let longestMs = 0;
    let firstFailure = '';
    const open: Promise<void>[] = [];
    const timer = setInterval(() => {
      const fromMs = performance.now();
      asked += 1;
      open.push(this.ask(this.#client).catch((error: Error) => {
        failed += 1;
        firstFailure ||= error.message;
      }).then(() => {
        longestMs = Math.max(longestMs, performance.now() - fromMs);
      }).then(() => {}));
    }, EVERY_MS);
    try {
      const came = await trouble();
      clearInterval(timer);
      await Promise.all(open);
      return { came, told: { asked, failed, longestMs, firstFailure } };
    } finally {
      clearInterval(timer);
    }
  }

  close(): void {
    this.#client.close();
  }
}

/** As a check of a scenario: all were answered, the slowest within `msMax`. */
export function unharmed({ asked, failed, longestMs, firstFailure }: Testimony, msMax: number): [boolean, string] {
  const why = failed > 0 ? ` (${firstFailure})` : '';
  return [
    failed === 0 && longestMs <= msMax,
    `bystanders: ${failed} of ${asked} failed${why}, the slowest waited ${Math.round(longestMs)} ms of ${msMax}`,
  ];
}
