import type { ModelConfig, QueuePolicy } from '../catalog/model-config.ts';
import type { FailureCode } from '../core/errors.ts';
import type { Expectation } from './expectation.ts';
import type { JobQueue } from './job-queue.ts';
import type { LaneJob } from './job.ts';
import { orderUs } from './policy.ts';
import { levelOf, startByUs } from './queue-policy.ts';

/** Who is let into a lane's queue, and by what their turn goes there. */
export class Admission {
  readonly #ordered: boolean; // answers leave in order of arrival: nobody's turn comes sooner

  constructor(
    private readonly config: ModelConfig,
    private readonly policies: readonly QueuePolicy[],
    private readonly queue: JobQueue,
    private readonly expect: Expectation,
  ) {
    this.#ordered = config.dynamic_batching.preserve_ordering;
  }

  /** What comes now gets its level, by when it must start, and its turn. */
  place(job: LaneJob, nowUs: number): void {
    job.arrivedUs = nowUs;
    job.level = levelOf(job.priority, this.config.dynamic_batching);
    job.startByUs = startByUs(this.policies[job.level] as QueuePolicy, nowUs, job.timeoutUs);
    job.orderUs = this.#orderUs(nowUs, job.limitUs);
  }

  /** Why a job that has its place may not wait there; null where it may. */
  refusal(job: LaneJob, nowUs: number): FailureCode | null {
    const jobsMax = (this.policies[job.level] as QueuePolicy).max_queue_size;
    if (jobsMax > 0 && (this.queue.levels[job.level]?.jobs ?? 0) >= jobsMax) return 'overloaded';
    if (job.deadlineUs === Infinity) return null;
    return this.#inTime(job.rows, job.deadlineUs, job.level, job.orderUs, nowUs)
      ? null
      : 'deadline';
  }

  /** Whether rows that came now would be answered in time, before there is a job for them. */
  wouldBeInTime(
    rows: number, deadlineUs: number, priority: number, timeoutUs: number, nowUs: number,
  ): boolean {
    const level = levelOf(priority, this.config.dynamic_batching);
    const startUs = startByUs(this.policies[level] as QueuePolicy, nowUs, timeoutUs);
    const turnUs = this.#orderUs(nowUs, Math.min(deadlineUs, startUs));
    return this.#inTime(rows, deadlineUs, level, turnUs, nowUs);
  }

  #inTime(
    rows: number, deadlineUs: number, level: number, turnUs: number, nowUs: number,
  ): boolean {
    return this.expect.inTime(rows, this.queue.rowsAhead(level, turnUs), deadlineUs - nowUs);
  }

  #orderUs(nowUs: number, limitUs: number): number {
    return this.#ordered ? 0 : orderUs(nowUs, limitUs);
  }
}
