import { systemClock } from '../core/clock.ts';
import { asServeError } from '../core/errors.ts';
import { type Stage, Stages } from '../core/stages.ts';
import { Caller, type Ticket } from '../routes/desk.ts';
import type { StorefrontDoor, StorefrontRequest, Subscribed } from '../routes/storefront-door.ts';
import type { Subscription } from '../storefront/storefront.ts';
import type { Push } from '../wire/schema.ts';
import type { Line } from './line.ts';

interface Work {
  readonly caller: number; // of this end
  readonly patienceMs: number | undefined;
  readonly request: StorefrontRequest;
  /** Whether it is to be known what its time went into. */
  readonly timed: boolean;
}

/** The reply to work that is timed; times are of the other thread's clock. */
interface Timed {
  readonly reply: object;
  readonly stages: readonly Stage[];
  readonly fromUs: number;
}

/** The shop on another thread: its desk there gives each socket of here its turn. */
export class RemoteDoor implements StorefrontDoor {
  readonly #numbers = new WeakMap<Caller, number>();
  #callers = 0;

  constructor(private readonly line: Line) {}

  take(
    caller: Caller, patienceMs: number | undefined, request: StorefrontRequest, stages?: Stages,
  ): Ticket<object> {
    const timed = stages !== undefined;
    const work: Work = { caller: this.#numberOf(caller), patienceMs, request, timed };
    const unpack = (reply: object): object => {
      if (!stages) return reply;
      const { reply: told, stages: list, fromUs } = reply as Timed;
      stages.adopt(list, fromUs, stages.fromUs);
      return told;
    };
    let giveUp = (): void => {};
    const done = new Promise<object>((resolve, reject) => {
      giveUp = this.line.call<object>('work', work, {
        settled: (error, reply) => (error ? reject(error) : resolve(unpack(reply as object))),
      });
    });
    const cancel = (): boolean => {
      giveUp();
      return false; // whether it had started is not known here
    };
    return { done, cancel };
  }

  subscribe(subscription: Subscription, push: (push: Push) => void): Subscribed {
    let stopped = false;
    let giveUp = (): void => {};
    const standing = new Promise<void>((resolve, reject) => {
      giveUp = this.line.call<null>('subscribe', subscription, {
        pushed: (pushed: Push | null) => {
          if (pushed === null) resolve();
          else if (!stopped) push(pushed);
        },
        settled: (error) => (error ? reject(error) : resolve()),
      });
    });
    const stop = (): void => {
      stopped = true;
      giveUp();
    };
    return { stop, standing };
  }

  #numberOf(caller: Caller): number {
    const known = this.#numbers.get(caller);
    if (known !== undefined) return known;
    this.#callers += 1;
    this.#numbers.set(caller, this.#callers);
    return this.#callers;
  }
}

/** Answers what the `RemoteDoor` of the other end asks for. */
export function takeWork(line: Line, door: StorefrontDoor): void {
  const callers = new Map<number, { readonly caller: Caller; open: number }>();
  line.take('work', ({ caller: number, patienceMs, request, timed }: Work, answer) => {
    const known = callers.get(number) ?? { caller: new Caller(), open: 0 };
    const stages = timed ? new Stages(systemClock) : undefined;
    const ticket = door.take(known.caller, patienceMs, request, stages);
    callers.set(number, known);
    known.open += 1;
    const ended = (): void => {
      known.open -= 1;
      if (known.open === 0) callers.delete(number);
    };
    ticket.done.then(
      (reply) => {
        ended();
        answer.done(stages ? { reply, stages: stages.list, fromUs: stages.fromUs } : reply);
      },
      (thrown: unknown) => (ended(), answer.fail(asServeError(thrown))),
    );
    return () => void ticket.cancel();
  });
  line.take('subscribe', (subscription: Subscription, answer) => {
    const { stop } = door.subscribe(subscription, (push) => answer.push(push));
    answer.push(null); // it stands
    return () => {
      stop();
      answer.done(null);
    };
  });
}
