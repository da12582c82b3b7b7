import type { Desk } from '../batch/desk.ts';
import type { Job, LaneTensor } from '../batch/lane.ts';
import type { CacheSums, ServedLane } from '../batch/served-lane.ts';
import type { ModelConfig } from '../catalog/model-config.ts';
import type { Slab } from '../core/slab.ts';
import { LaneFace } from './lane-face.ts';

export interface DeskLaneParts {
  /** What the version says it takes and gives; the lane's own where nothing is said. */
  readonly config?: ModelConfig;
  readonly inputs?: readonly LaneTensor[];
  readonly outputs?: readonly LaneTensor[];
  readonly cache?: CacheSums;
  readonly version?: string;
  readonly trouble?: () => string | undefined;
  /** Ends what the desk itself holds, before the lane does. */
  readonly closing?: (drainMs: number) => Promise<void>;
  /** Called when the lane is closed and has drained. */
  readonly onClosed?: () => void;
}

/** A lane whose requests go to a desk; its slots are used by the desk alone. */
export class DeskLane extends LaneFace implements ServedLane {
  readonly inline: boolean;
  readonly loose: ServedLane['loose'];
  readonly cache?: CacheSums;
  readonly slab?: Slab;
  readonly #inner: ServedLane;
  readonly #parts: DeskLaneParts;

  constructor(inner: ServedLane, readonly desk: Desk, parts: DeskLaneParts = {}) {
    const { model, version, config, inputs, outputs, rowsMax, stats } = inner;
    super({ model, version, config, inputs, outputs, rowsMax, stats, ...facesOf(parts) });
    this.#inner = inner;
    this.#parts = parts;
    this.inline = inner.inline;
    this.loose = inner.loose;
    const cache = parts.cache ?? inner.cache;
    if (cache) this.cache = cache;
    if (inner.slab) this.slab = inner.slab;
  }

  get trouble(): string | undefined {
    return this.#parts.trouble ? this.#parts.trouble() : this.#inner.trouble;
  }
  get memoryBytes(): number {
    return this.#inner.memoryBytes;
  }
  get waitingRows(): number {
    return this.#inner.waitingRows;
  }
  get runningRows(): number {
    return this.#inner.runningRows;
  }
  get freeSlots(): number {
    return this.#inner.freeSlots;
  }
  get retryAfterMs(): number {
    return this.#inner.retryAfterMs;
  }
  waitingJobs(level: number): number {
    return this.#inner.waitingJobs(level);
  }
  take(rows: number): Job | null {
    return this.#inner.take(rows);
  }
  makeRoom(): boolean {
    return this.#inner.makeRoom();
  }
  submit(job: Job): void {
    this.#inner.submit(job);
  }
  giveBack(job: Job): void {
    this.#inner.giveBack(job);
  }
  cancel(job: Job): boolean {
    return this.#inner.cancel(job);
  }

  async close(drainMs: number): Promise<void> {
    await this.#parts.closing?.(drainMs);
    await this.#inner.close(drainMs);
    this.#parts.onClosed?.();
  }
}

/** What the version says of itself in place of the lane. */
function facesOf({ version, config, inputs, outputs }: DeskLaneParts): Partial<LaneFace> {
  return {
    ...(version !== undefined && { version }), ...(config && { config }),
    ...(inputs && { inputs }), ...(outputs && { outputs }),
  };
}
