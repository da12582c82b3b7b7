import assert from 'node:assert/strict';
import type { ServeError } from '../core/errors.ts';
import type { BatchReason } from '../core/inference.ts';
import type { Job } from './lane.ts';

export type JobState = 'free' | 'taken' | 'waiting' | 'refused' | 'running';

/** A job as its lane sees it: reused for ever, linked into the queue through itself. */
export class LaneJob implements Job {
  rows = 0;
  slots = new Int32Array(4);
  deadlineUs = Infinity;
  priority = 0;
  timeoutUs = 0;
  arrivedUs = 0;
  startedUs = 0;
  endedUs = 0;
  batchRows = 0;
  batchReason: BatchReason = 'idle';
  onSettled: (job: Job, error: ServeError | null) => void = unsettled;
  context: unknown = null;

  state: JobState = 'free';
  refusal: ServeError | null = null;
  /** Of its priority level, from 0: the most urgent. */
  level = 0;
  /** By when it must have started; Infinity for none. The queue's policy says what happens then. */
  startByUs = Infinity;
  /** It has waited past `startByUs`, and stands behind all of its level that have not. */
  delayed = false;
  /** What its place in the queue goes by; jobs of the same go by `sequence`, that of arrival. */
  orderUs = 0;
  sequence = 0;
  before: LaneJob | null = null;
  after: LaneJob | null = null;
  /** Its place in a `JobTree`. */
  left: LaneJob | null = null;
  right: LaneJob | null = null;
  rowsBelow = 0; // its own and those of both sides
  heat = 0; // never less than that of the jobs below

  /**
   * As if new for its caller, with room for `rows` slots. What the lane writes on submission, at
   * the start of a run and at its end is left as it is.
   */
  reset(rows: number): void {
    this.rows = rows;
    if (this.slots.length < rows) this.slots = new Int32Array(2 ** Math.ceil(Math.log2(rows)));
    this.deadlineUs = Infinity;
    this.priority = 0;
    this.timeoutUs = 0;
    this.onSettled = unsettled;
    if (this.delayed) this.delayed = false;
  }

  /** When it leaves the queue, or its place in it, whatever happens; Infinity for never. */
  get limitUs(): number {
    return this.startByUs < this.deadlineUs ? this.startByUs : this.deadlineUs;
  }
}

function unsettled(): void {
  assert.fail('a job was submitted without onSettled');
}
