import assert from 'node:assert/strict';
import type { RateLimit } from '../catalog/model-config.ts';
import { ServeError } from '../core/errors.ts';

/** One model's place at the limiter. */
export interface Ticket {
  readonly need: ReadonlyMap<string, number>; // of each resource, for one run
  readonly priority: number; // n gets an n-th of the chances of 1
  runs: number; // started so far, times `priority`: who has the least is next
  wants: boolean; // it asked, and there was not enough
  readonly onFree: () => void;
}

/**
 * Resources that runs of all models share, by name: a run starts when all it needs is there, and
 * gives it back when it ends. Of several that wait, the one with the fewest runs for its priority
 * is next, and none passes it that needs what it waits for: so a large need is not starved by small
 * ones.
 */
export class RateLimiter {
  readonly #tickets = new Set<Ticket>();
  readonly #used = new Map<string, number>();

  /**
   * `totals`: how much there is, where somebody says; else the most that one run of any model
   * needs.
   */
  constructor(private readonly totals: ReadonlyMap<string, number> = new Map()) {}

  /** Fails with `bad_argument` where a run could never start. */
  join({ resources, priority }: RateLimit, onFree: () => void): Ticket {
    for (const { name, count } of resources) {
      const total = this.totals.get(name);
      if (total === undefined || count <= total) continue;
      throw new ServeError('bad_argument',
        `a run needs ${count} of the resource '${name}', of which there are ${total}`);
    }
    const need = new Map(resources.map(({ name, count }) => [name, count]));
    const runs = Math.min(...[...this.#tickets].map((other) => other.runs), Infinity);
    const ticket: Ticket = {
      need, priority, runs: runs === Infinity ? 0 : runs, wants: false, onFree,
    };
    this.#tickets.add(ticket);
    return ticket;
  }

  leave(ticket: Ticket): void {
    this.#tickets.delete(ticket);
    this.#offer();
  }

  /** What is in use of every resource that there is. */
  get used(): ReadonlyMap<string, number> {
    const names = [...this.#tickets].flatMap(({ need }) => [...need.keys()]);
    return new Map([...new Set(names)].map((name) => [name, this.#used.get(name) ?? 0]));
  }

  /** Whether a run may start now. Asked by who has something to run. */
  admits(ticket: Ticket): boolean {
    const fits = this.#fits(ticket) && !this.#passes(ticket);
    ticket.wants = !fits;
    return fits;
  }

  take(ticket: Ticket): void {
    assert.ok(this.#fits(ticket), 'a run starts when there is enough for it');
    ticket.wants = false;
    ticket.runs += ticket.priority;
    for (const [name, count] of ticket.need) {
      this.#used.set(name, (this.#used.get(name) ?? 0) + count);
    }
  }

  giveBack(ticket: Ticket): void {
    for (const [name, count] of ticket.need) {
      this.#used.set(name, (this.#used.get(name) as number) - count);
    }
    this.#offer();
  }

  /** In turn; who has nothing to run any more does not ask again, and holds nobody up. */
  #offer(): void {
    const tickets = [...this.#tickets].sort((a, b) => a.runs - b.runs);
    for (const ticket of tickets) ticket.wants = false;
    for (const ticket of tickets) ticket.onFree();
  }

  #fits({ need }: Ticket): boolean {
    return [...need].every(([name, count]) =>
      (this.#used.get(name) ?? 0) + count <= this.#total(name));
  }

  /**
   * Whether one that waits is before it and needs some of the same. Nobody waits for what is idle.
   */
  #passes(ticket: Ticket): boolean {
    for (const other of this.#tickets) {
      if (other === ticket || !other.wants || other.runs > ticket.runs) continue;
      const shared = [...ticket.need.keys()].filter((name) => other.need.has(name));
      if (shared.some((name) => (this.#used.get(name) ?? 0) > 0)) return true;
    }
    return false;
  }

  #total(name: string): number {
    const said = this.totals.get(name);
    if (said !== undefined) return said;
    return Math.max(...[...this.#tickets].map(({ need }) => need.get(name) ?? 0));
  }
}

/** `R1:10,R2:4` as amounts by name. Fails with `bad_argument`. */
export function parseResources(text: string): ReadonlyMap<string, number> {
  const parts = text.split(',').filter((part) => part !== '');
  return new Map(parts.map((part) => {
    const [, name, count] = /^([\w.-]{1,128}):(\d{1,9})$/.exec(part) ?? [];
    if (name === undefined) {
      throw new ServeError('bad_argument', `'${part}' is no NAME:COUNT, such as R1:10`);
    }
    return [name, Number(count)];
  }));
}
