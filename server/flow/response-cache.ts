import type { Desk, InferStart } from '../batch/desk.ts';
import type { InferSettled } from '../batch/infer.ts';
import type { CacheSums } from '../batch/served-lane.ts';
import type { Clock } from '../core/clock.ts';
import { type FailureCode, ServeError } from '../core/errors.ts';
import type { InferRequest, InferResult } from '../core/inference.ts';
import type { AnswerStore } from './answer-store.ts';
import { ownTensors } from './own-tensors.ts';
import { requestKey } from './request-key.ts';

export interface CacheParts {
  readonly store: AnswerStore;
  readonly ttlUs: number; // Infinity: until the model is replaced
  readonly run: InferStart; // where an answer comes from that is not there
  readonly clock: Clock;
  readonly turnEnd: (run: () => void) => void;
}

/** One caller that waits for the run of a flight. */
interface Waiter {
  readonly request: InferRequest;
  readonly settled: InferSettled;
  readonly arrivedUs: number;
  readonly deadlineUs: number;
  cancelTimer: () => void;
}

/** A request whose answer was there. */
interface Hit {
  readonly settled: InferSettled;
  readonly result: InferResult;
  readonly ns: number; // of looking it up
  cancelled: boolean;
}

/** Requests that say the same, and the one run that answers them all. */
interface Flight {
  readonly waiters: Set<Waiter>;
  leader: Waiter; // one of them, whose deadline and priority the run has
  cancelRun: () => boolean;
}

/**
 * Answers of one version of a model, for requests that say the same. Those that come while the
 * first runs wait for its answer: a run's failure is theirs as well, but for what is the first
 * one's own (its deadline, its being cancelled, the queue it found full): then the next of them
 * runs.
 */
export class ResponseCache implements Desk {
  readonly sequences = false;
  readonly sums = {
    hits: 0, joined: 0, misses: 0, hitNs: 0, missNs: 0,
    failed: {} as Partial<Record<FailureCode, number>>,
  } satisfies CacheSums;
  readonly #flights = new Map<string, Flight>();
  #owner: object = {};
  #hits: Hit[] = []; // to be told at the turn's end

  constructor(private readonly parts: CacheParts) {}

  /** Forgets every answer, and those of runs that go on. */
  readonly clear = (): void => {
    this.parts.store.drop(this.#owner);
    this.#owner = {};
  };

  readonly start = (request: InferRequest, settled: InferSettled): (() => boolean) => {
    const startMs = performance.now();
    const key = requestKey(request);
    const found = this.parts.store.get(this.#owner, key);
    const flight = found ? undefined : this.#flights.get(key);
    if (found) return this.#hit(found, settled, startMs);
    if (flight) return this.#join(flight, request, settled);
    this.sums.misses += 1;
    this.sums.missNs += nsSince(startMs);
    return this.#lead(key, request, settled);
  };

  #hit(found: InferResult, settled: InferSettled, startMs: number): () => boolean {
    if (this.#hits.length === 0) this.parts.turnEnd(() => this.#tellHits());
    const hit = { settled, result: asHit(found), ns: nsSince(startMs), cancelled: false };
    this.#hits.push(hit);
    return () => !hit.cancelled && (hit.cancelled = true);
  }

  #tellHits(): void {
    const hits = this.#hits;
    this.#hits = [];
    for (const { settled, result, ns, cancelled } of hits) {
      if (cancelled) {
        this.#failed('cancelled');
        settled(new ServeError('cancelled'), null);
      } else {
        this.sums.hits += 1;
        this.sums.hitNs += ns;
        settled(null, result);
      }
    }
  }

  #lead(key: string, request: InferRequest, settled: InferSettled): () => boolean {
    const waiter = this.#waiter(request, settled);
    const flight: Flight = { waiters: new Set([waiter]), leader: waiter, cancelRun: () => false };
    flight.cancelRun = this.#run(key, flight, request); // throws where it is refused at once
    this.#flights.set(key, flight);
    return () => this.#leave(flight, waiter);
  }

  #join(flight: Flight, request: InferRequest, settled: InferSettled): () => boolean {
    const waiter = this.#waiter({ ...request, inputs: ownTensors(request.inputs) }, settled);
    flight.waiters.add(waiter);
    if (waiter.deadlineUs < Infinity) {
      waiter.cancelTimer = this.parts.clock.after(waiter.deadlineUs - waiter.arrivedUs, () => {
        flight.waiters.delete(waiter);
        this.#failed('deadline');
        settled(new ServeError('deadline'), null);
      });
    }
    return () => this.#leave(flight, waiter);
  }

  #waiter(request: InferRequest, settled: InferSettled): Waiter {
    const arrivedUs = this.parts.clock.nowUs();
    const deadlineUs = arrivedUs + (request.deadlineMs ?? Infinity) * 1000;
    return { request, settled, arrivedUs, deadlineUs, cancelTimer: () => {} };
  }

  #run(key: string, flight: Flight, request: InferRequest): () => boolean {
    const owner = this.#owner;
    return this.parts.run(request, (error, result) => {
      const putMs = performance.now();
      if (result && owner === this.#owner) {
        this.parts.store.put(owner, key, result, this.parts.ttlUs);
        this.sums.missNs += nsSince(putMs);
      }
      if (error && isOwn(error) && this.#passOn(key, flight, error)) return;
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
      for (const waiter of flight.waiters) {
        waiter.cancelTimer();
        if (waiter === flight.leader) waiter.settled(error, result); // the lane has counted it
        else this.#tell(waiter, error, result);
      }
      flight.waiters.clear();
    });
  }

  #tell({ settled }: Waiter, error: ServeError | null, result: InferResult | null): void {
    if (error || !result) {
      this.#failed(error?.code ?? 'internal');
      return settled(error, null);
    }
    this.sums.hits += 1;
    this.sums.joined += 1;
    settled(null, asHit(result));
  }

  /** A request ends that no lane knows of. */
  #failed(code: FailureCode): void {
    this.sums.misses += 1;
    this.sums.failed[code] = (this.sums.failed[code] ?? 0) + 1;
  }

  /** Tells the leader what befell it alone; true when another of its flight runs in its place. */
  #passOn(key: string, flight: Flight, error: ServeError): boolean {
    flight.waiters.delete(flight.leader);
    flight.leader.settled(error, null);
    for (const next of flight.waiters) {
      next.cancelTimer(); // its run has the deadline now
      const leftMs = (next.deadlineUs - this.parts.clock.nowUs()) / 1000;
      const { deadlineMs: _, ...rest } = next.request;
      const request = leftMs === Infinity ? rest : { ...rest, deadlineMs: Math.max(0, leftMs) };
      flight.leader = next;
      this.sums.misses += 1;
      try {
        flight.cancelRun = this.#run(key, flight, request);
        return true;
      } catch (refused) {
        flight.waiters.delete(next);
        next.settled(refused as ServeError, null);
      }
    }
    return false;
  }

  /**
   * Whose run has not started leaves with it, and the next of them runs; later it has its answer.
   */
  #leave(flight: Flight, waiter: Waiter): boolean {
    if (!flight.waiters.has(waiter)) return false;
    if (waiter === flight.leader) return flight.cancelRun();
    flight.waiters.delete(waiter);
    waiter.cancelTimer();
    this.#failed('cancelled');
    this.parts.turnEnd(() => waiter.settled(new ServeError('cancelled'), null));
    return true;
  }
}

/** What befell a request for its own sake, and says nothing of others that ask the same. */
function isOwn({ code }: ServeError): boolean {
  return code === 'deadline' || code === 'cancelled' || code === 'overloaded';
}

/** The answer as this request has it: without a run of its own. */
function asHit(result: InferResult): InferResult {
  const { batchReason } = result.timing;
  const { phases: _phases, steps: _steps, ...rest } = result; // of the run that it was
  return { ...rest, timing: { queueUs: 0, runUs: 0, batchRows: 0, batchReason, cached: true } };
}

function nsSince(fromMs: number): number {
  return Math.round((performance.now() - fromMs) * 1e6);
}
