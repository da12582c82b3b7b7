import type { Run, RunFailure, Runner } from '../batch/runner.ts';
import type { RateLimit } from '../catalog/model-config.ts';
import { PassedRun } from './passed-run.ts';
import type { RateLimiter, Ticket } from './rate-limiter.ts';

/** A runner whose runs need resources that other models' runs need as well. */
export class LimitedRunner implements Runner {
  readonly #ticket: Ticket;
  onFree = (): void => {};

  /** Fails with `bad_argument` where a run could never start. */
  constructor(
    private readonly inner: Runner, private readonly limiter: RateLimiter, limit: RateLimit,
  ) {
    this.#ticket = limiter.join(limit, () => this.onFree());
    inner.onFree = () => this.onFree();
  }

  get inline(): boolean {
    return this.inner.inline;
  }
  get runsMax(): number {
    return this.inner.runsMax;
  }
  get trouble(): string | undefined {
    return this.inner.trouble;
  }
  get free(): number {
    return this.inner.free > 0 && this.limiter.admits(this.#ticket) ? 1 : 0;
  }

  start(run: Run): void {
    this.limiter.take(this.#ticket);
    this.inner.start(new LimitedRun(run, () => this.limiter.giveBack(this.#ticket)));
  }

  async close(): Promise<void> {
    this.limiter.leave(this.#ticket);
    await this.inner.close();
  }
}

class LimitedRun extends PassedRun {
  constructor(run: Run, private readonly giveBack: () => void) {
    super(run);
  }

  override ended(failure: RunFailure | null, held?: boolean): void {
    super.ended(failure, held);
    this.giveBack();
  }
}
