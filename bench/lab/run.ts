/**
 * What a load generator hands over: one row a request, in columns. Whatever is said of a run
 * (percentiles on both clocks, goodput, warm-up, pictures) is computed from these rows, so it
 * does not matter which generator made them.
 */

/** What became of a request: the values of `Run.outcome`. */
export const OUTCOMES = ['answered', 'shed', 'failed', 'unanswered', 'held'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/**
 * Times are in seconds since the run began; rows are in the order in which they were due (in a
 * closed loop nearly so).
 */
export interface Run {
  readonly loop: 'closed' | 'open';
  /** Milliseconds since 1970 of second 0. */
  readonly startedAt: number;
  /** Requests were due in [0, seconds); the warm-up, if any, is in it. */
  readonly seconds: number;
  /** When the generator stopped listening: what is unanswered had waited until then. */
  readonly ended: number;
  /** When a request was meant to leave; in a closed loop the same as `sent`. */
  readonly due: Float64Array;
  /** When it left. NaN: never; it was held, or no connection was left or free until the end. */
  readonly sent: Float64Array;
  /** When its reply was read. NaN: never. */
  readonly done: Float64Array;
  /** Indexes of `OUTCOMES`. `shed`: the server said it is too busy; `held`: never sent. */
  readonly outcome: Uint8Array;
  /** Which request of the plan's list it was: classes, tenants, steps of a scenario. */
  readonly kind: Uint16Array;
  readonly generator: Generator;
}

/** The generator's account of itself. */
export interface Generator {
  readonly name: 'native' | 'node';
  /** Actual send minus due, p99, in microseconds; over 1,000 the run proves nothing. */
  readonly lagP99Us: number;
  readonly cpuSeconds: number;
  /** Share of the run in which it was not asleep. Near 1 in a closed loop, it was the limit. */
  readonly busy: number;
  /** Replies compared with an expected answer, and those that differed. */
  readonly checked: number;
  readonly wrong: number;
  /** Replies that could not be read or answered nothing that was asked. */
  readonly broken: number;
  /** Connections that the server closed. */
  readonly closed: number;
  /** The start of the first reply that was no answer and no shed. Absent: there was none. */
  readonly complaint?: string;
}

/**
 * The server at one moment, as its metrics and statistics say. Counters are since its start; what
 * a server does not tell is absent.
 */
export interface ServerSample {
  /** Seconds since the run began. */
  readonly at: number;
  readonly cpuSeconds?: number;
  readonly residentBytes?: number;
  /** p99 of the event loop's delay since the last sample, in milliseconds. */
  readonly loopDelayP99Ms?: number;
  /** Of answered requests, from taken in to answered; the four after it are parts of it. */
  readonly requestNs?: number;
  readonly queueNs?: number;
  readonly computeInputNs?: number;
  readonly computeInferNs?: number;
  readonly computeOutputNs?: number;
  readonly requests?: number;
  readonly inferences?: number;
  readonly executions?: number;
  /** Executions by batch size. */
  readonly batchSizes?: Readonly<Record<string, number>>;
  readonly gpuUtilisation?: number;
  readonly gpuMemoryBytes?: number;
  readonly gpuJoules?: number;
}
