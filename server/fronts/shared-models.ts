import { BatchLane } from '../batch/batch-lane.ts';
import type { Lane, Lanes } from '../batch/lane.ts';
import { laneRowBytes, laneSlots } from '../batch/lane-memory.ts';
import { RunTime } from '../batch/run-time.ts';
import type {
  ModelDetails, ModelDirectory, ModelMetadata, ModelSummary,
} from '../catalog/directory.ts';
import type { ModelConfig } from '../catalog/model-config.ts';
import { summary, versionNumber } from '../catalog/versions.ts';
import type { Clock } from '../core/clock.ts';
import { ServeError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { SlabShelf } from '../core/slab-shelf.ts';
import { openInline } from '../pool/open-inline.ts';
import type { Line } from './line.ts';
import { RemoteLane } from './remote-lane.ts';
import type { ModelTable, OwnRun, SharedModel } from './table.ts';

const SHELF_SLABS_MAX = 4;

export interface SharedModelsParts {
  readonly line: Line; // to the thread that loads the models
  readonly clock: Clock;
  readonly log: Log;
  readonly drainMsMax: number;
}

/** A lane that runs on this thread. */
interface OwnLane {
  readonly generation: number;
  readonly lane: BatchLane;
}

interface Known {
  readonly shared: SharedModel;
  readonly lanes: ReadonlyMap<number, Lane>;
}

/**
 * The models of another thread as a front end has them: cheap ones are loaded here as well and run
 * here, the others are asked for over the line.
 */
export class SharedModels implements Lanes, ModelDirectory, ModelDetails {
  #known = new Map<string, Known>();
  #failed = new Map<string, string>();
  #own = new Map<number, OwnLane>(); // by generation
  readonly #shelf = new SlabShelf(SHELF_SLABS_MAX);
  #changes: Promise<void> = Promise.resolve();
  #closing = false;

  constructor(private readonly parts: SharedModelsParts) {}

  /** Resolves when all that the table has is served, and what it has no more has been drained. */
  update(table: ModelTable): Promise<void> {
    const done = this.#changes.then(() => this.#update(table));
    this.#changes = done.catch(() => {});
    return done;
  }

  /** Answers what is open for at most `drainMsMax`, and takes no more. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#changes;
    await Promise.all([...this.#own.values()].map((own) => this.#end(own)));
    this.#own.clear();
  }

  /** Lanes that run here, for their numbers. */
  get own(): readonly OwnLane[] {
    return [...this.#own.values()];
  }

  /** Whether requests for it are run here, if it is there at all. */
  runsHere(model: string, version?: string): boolean {
    try {
      return this.lane(model, version) instanceof BatchLane;
    } catch {
      return false;
    }
  }

  lane(model: string, version?: string): Lane {
    if (this.#closing) throw new ServeError('draining');
    const { shared, lanes } = this.#find(model);
    return lanes.get(versionNumber(shared.folder, version)) as Lane;
  }

  list(): readonly ModelSummary[] {
    const served = [...this.#known.values()].map(({ shared }) => summary(shared.folder));
    return served.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  metadata(model: string, version?: string): ModelMetadata {
    const { shared, lanes } = this.#find(model);
    const lane = lanes.get(versionNumber(shared.folder, version)) as Lane;
    return {
      ...summary(shared.folder),
      maxBatchSize: shared.folder.config.max_batch_size,
      inputs: lane.inputs.map(({ spec }) => spec),
      outputs: lane.outputs.map(({ spec }) => spec),
    };
  }

  /** That is known where the models were loaded. */
  ready(): boolean {
    return !this.#closing && this.#failed.size === 0;
  }

  config(model: string): ModelConfig {
    return this.#find(model).shared.folder.config;
  }

  labels(model: string, output: string): readonly string[] {
    return this.#find(model).shared.folder.labels.get(output) ?? [];
  }

  #find(model: string): Known {
    const known = this.#known.get(model);
    if (known) return known;
    const why = this.#failed.get(model);
    if (why !== undefined) throw new ServeError('model_not_ready', `'${model}': ${why}`);
    const names = [...this.#known.keys()].sort().join(', ') || 'none';
    throw new ServeError('unknown_model', `'${model}'; served are: ${names}`);
  }

  async #update(table: ModelTable): Promise<void> {
    const own = new Map<number, OwnLane>();
    const known = new Map<string, Known>();
    for (const shared of table.models) {
      const { name } = shared.folder;
      const lanes = new Map<number, Lane>();
      for (const version of shared.versions) {
        const { generation } = version;
        const here = version.own &&
          (this.#own.get(generation) ?? await this.#open(name, version.version, generation, version.own));
        if (here) own.set(generation, here);
        lanes.set(version.version, here?.lane ?? new RemoteLane(this.parts.line, name, version));
      }
      known.set(name, { shared, lanes });
    }
    const before = this.#own;
    this.#own = own;
    this.#known = known;
    this.#failed = new Map(table.failed);
    const gone = [...before].filter(([generation]) => !own.has(generation));
    await Promise.all(gone.map(([, lane]) => this.#end(lane)));
  }

  /** Null where it cannot be opened here: it is asked for over the line then. */
  async #open(
    model: string, version: number, generation: number, { files, times, token }: OwnRun,
  ): Promise<OwnLane | null> {
    const { clock, log } = this.parts;
    const { config } = files;
    const slab = this.#shelf.take(laneSlots(config, 1), laneRowBytes(config));
    try {
      const runner = await openInline(files, slab, undefined, token);
      const runTime = new RunTime();
      for (const { rows, us } of times) runTime.observe(rows, us);
      const parts = { model, version: String(version), config, slab, runner, runTime, clock };
      return { generation, lane: new BatchLane({ ...parts, turnEnd: setImmediate }) };
    } catch (cause) {
      log.warn(
        'a front end asks another for a model', { model, version, cause: (cause as Error).message },
      );
      this.#shelf.giveBack(slab);
      return null;
    }
  }

  async #end({ lane }: OwnLane): Promise<void> {
    await lane.close(this.parts.drainMsMax);
    this.#shelf.giveBack(lane.slab);
  }
}
