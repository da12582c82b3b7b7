/** A lane over a runner that the test owns, as it owns time, turns of the loop and ends of runs. */
import { BatchLane } from '../../server/batch/batch-lane.ts';
import type { Job } from '../../server/batch/lane.ts';
import { laneRowBytes, laneSlots } from '../../server/batch/lane-memory.ts';
import type { Run, Runner } from '../../server/batch/runner.ts';
import { parseConfig } from '../../server/catalog/parse-config.ts';
import { ServeError } from '../../server/core/errors.ts';
import { Slab } from '../../server/core/slab.ts';
import { FakeClock } from './fake-clock.ts';

/** Doubles the first input value of each row into the output, when the test says so. */
export class FakeRunner implements Runner {
  readonly running: Run[] = [];
  /** What the rows of each run held, in the order in which they started. */
  readonly starts: number[][] = [];
  closed = false;
  trouble: string | undefined = undefined;
  onFree = (): void => {};
  lane: BatchLane | null = null;

  constructor(readonly inline: boolean, readonly runsMax: number) {}

  get free(): number {
    return this.runsMax - this.running.length;
  }

  start(run: Run): void {
    this.running.push(run);
    this.starts.push(this.#valuesOf(run));
    if (this.inline) this.end(run);
  }

  /** The run ends with an answer for every row but these. Returns the values that all its rows carry. */
  endBut(run: Run, rows: readonly number[]): number[] {
    const values = this.#valuesOf(run);
    this.running.splice(this.running.indexOf(run), 1);
    if (!this.inline) this.onFree();
    this.#answer(run);
    run.ended(new Map(rows.map((row) => [row, new ServeError('backend', `row ${row}`)])));
    return values;
  }

  #valuesOf(run: Run): number[] {
    const bytes = this.lane?.inputs[0]?.bytes as Uint8Array;
    const floats = new Float32Array(bytes.buffer, bytes.byteOffset);
    return Array.from(run.slots.subarray(0, run.rows), (slot) => floats[slot] as number);
  }

  /** The run ends well, or fails; `held` keeps its slots until `run.released()`. */
  end(run: Run, failure = '', held = false): void {
    this.running.splice(this.running.indexOf(run), 1);
    if (!this.inline) this.onFree();
    if (failure === '') this.#answer(run);
    run.ended(failure === '' ? null : new ServeError('backend', failure), held);
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  #answer(run: Run): void {
    const [input, output] = [this.lane?.inputs[0], this.lane?.outputs[0]];
    if (!input || !output) return;
    const from = new Float32Array(input.bytes.buffer, input.bytes.byteOffset);
    const into = new Float32Array(output.bytes.buffer, output.bytes.byteOffset);
    for (const slot of run.slots.subarray(0, run.rows)) into[slot] = (from[slot] as number) * 2;
  }
}

export interface WorldOptions {
  readonly rowsMax?: number;
  readonly queueMax?: number;
  readonly delayUs?: number;
  readonly timeoutUs?: number;
  readonly runsMax?: number;
  readonly inline?: boolean;
  /** More of `dynamic_batching`. */
  readonly batching?: object;
}

export interface Urgency {
  readonly priority?: number;
  readonly timeoutUs?: number;
}

export class LaneWorld {
  readonly clock = new FakeClock();
  readonly runner: FakeRunner;
  readonly lane: BatchLane;
  /** How each job ended, by the value it carried: 'ok', or its failure's code. */
  readonly ends = new Map<number, string[]>();
  #turn: (() => void)[] = [];

  constructor(options: WorldOptions = {}) {
    const config = parseConfig({
      platform: 'plain',
      max_batch_size: options.rowsMax ?? 4,
      input: [{ name: 'in', data_type: 'TYPE_FP32', dims: [1] }],
      output: [{ name: 'out', data_type: 'TYPE_FP32', dims: [1] }],
      dynamic_batching: {
        max_queue_size: options.queueMax ?? 8,
        max_queue_delay_microseconds: options.delayUs ?? 0,
        default_queue_policy: { default_timeout_microseconds: options.timeoutUs ?? 0 },
        ...options.batching,
      },
    }, 'world');
    this.runner = new FakeRunner(options.inline ?? false, options.runsMax ?? 1);
    const slab = new Slab(laneSlots(config, this.runner.runsMax), laneRowBytes(config));
    this.lane = new BatchLane({
      model: 'world', version: '1', config, slab, runner: this.runner, clock: this.clock,
      turnEnd: (run) => void this.#turn.push(run),
    });
    this.runner.lane = this.lane;
  }

  get slots(): number {
    return (this.lane.inputs[0]?.bytes.length as number) / 4;
  }

  /** Submits a job of `rows` rows that all carry `value`; null when there is no room. */
  submit(value: number, rows = 1, deadlineInUs = Infinity, more: Urgency = {}): Job | null {
    const job = this.lane.take(rows);
    if (!job) return null;
    this.fill(job, value);
    job.deadlineUs = this.clock.nowUs() + deadlineInUs;
    job.priority = more.priority ?? 0;
    job.timeoutUs = more.timeoutUs ?? 0;
    this.lane.submit(job);
    return job;
  }

  fill(job: Job, value: number): void {
    const input = this.#floats(this.lane.inputs[0]?.bytes);
    for (const slot of job.slots.subarray(0, job.rows)) input[slot] = value;
    job.context = value;
    job.onSettled = (settled, error) => {
      const end = error ? error.code : this.#answerOf(settled, value);
      this.ends.set(value, [...(this.ends.get(value) ?? []), end]);
    };
  }

  /** Ends the turn of the event loop; what that asks for is another turn. */
  turn(): void {
    const runs = this.#turn;
    this.#turn = [];
    for (const run of runs) run();
  }

  #answerOf(job: Job, value: number): string {
    const output = this.#floats(this.lane.outputs[0]?.bytes);
    const right = job.slots.subarray(0, job.rows).every((slot) => output[slot] === value * 2);
    return right ? 'ok' : 'another answer';
  }

  #floats(bytes: Uint8Array | undefined): Float32Array {
    return new Float32Array(bytes?.buffer as ArrayBuffer, bytes?.byteOffset, this.slots);
  }
}
