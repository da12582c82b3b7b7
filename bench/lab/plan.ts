import type { Request, Target } from './target.ts';

/** All that a generator needs to know. Who plays it (C++ or Node) makes no difference to what is sent. */
export interface Plan {
  readonly target: Target;
  /** 1..4,194,304; those of one kind may differ. */
  readonly requests: readonly Request[];
  /** Which of `requests` goes when, from the beginning again at its end. Absent: one after the other. */
  readonly sequence?: Uint32Array;
  readonly load: OpenLoad | ClosedLoad;
  /** 1..10,000 sockets. Over HTTP each carries one request at a time, and what is due waits for one. */
  readonly connections: number;
  /** Seconds to wait for the last answers; what comes later is unanswered. */
  readonly drainSeconds?: number; // 5
  /** The generator gives up when its own p99 lag cannot stay within it. */
  readonly lagUsMax?: number; // 1000
  /** Core that the native generator is pinned to; null leaves the choice to the system. */
  readonly core?: number | null; // null
  readonly seed?: number; // of WebSocket masks
  /** Native: microseconds awake before a request is due; 0 never takes a core from a server beside it. */
  readonly spinUs?: number; // 60
}

/** Requests leave when they are due, whatever has been answered. */
export interface OpenLoad {
  readonly loop: 'open';
  /** Seconds from the start, ascending: schedule.ts makes them. */
  readonly due: Float64Array;
  /** How long the schedule is: requests are due in [0, seconds). */
  readonly seconds: number;
}

/** So many requests are in flight at any time: an answer is followed by the next request. */
export interface ClosedLoad {
  readonly loop: 'closed';
  /** Over HTTP at most `connections`. */
  readonly concurrency: number;
  readonly seconds: number;
  /** Ends earlier, when so many have been sent. */
  readonly requestsMax?: number;
}

/** What a generator says while it runs, of one window of time. */
export interface Progress {
  /** Seconds since the run began, at the window's end. */
  readonly at: number;
  readonly answeredPerS: number;
  readonly shed: number;
  readonly failed: number;
  /** From due, in microseconds, of the answers that came in the window. */
  readonly meanUs: number;
  readonly p50Us: number;
  readonly p90Us: number;
  readonly p95Us: number;
  readonly p99Us: number;
}

export interface Watch {
  readonly windowSeconds: number;
  /** True ends the run: nothing more is sent, what is out is waited for. */
  see(progress: Progress): boolean;
}
