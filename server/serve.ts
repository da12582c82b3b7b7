import type { ServedLane } from './batch/served-lane.ts';
import type {
  ModelLife, ModelOverride, ModelRepository, ModelState,
} from './catalog/directory.ts';
import { type FoundModel, lookForModel } from './catalog/look.ts';
import type { ModelConfig } from './catalog/model-config.ts';
import { modelStates } from './catalog/model-states.ts';
import { removeOverride, writeOverride } from './catalog/override.ts';
import { modelNames, unconfigured } from './catalog/repository.ts';
import { type Clock, systemClock } from './core/clock.ts';
import { asServeError, ServeError } from './core/errors.ts';
import { type Log, logDefect } from './core/log.ts';
import { AnswerStore } from './flow/answer-store.ts';
import { RolloutMemory } from './flow/rollout-memory.ts';
import type { ModelTable } from './fronts/table.ts';
import { keptLane } from './kept-lanes.ts';
import { LaneMaker } from './lane-maker.ts';
import { modelTable } from './model-table.ts';
import { Pool } from './pool/pool.ts';
import { RateLimiter } from './pool/rate-limiter.ts';
import { describeOnnx, MODEL_FILES } from './runtime/open-runtime.ts';
import { type Served, stepNames } from './served-model.ts';
import { ServedModels } from './served-models.ts';
import { nextTurn } from './core/turn.ts';

export interface HostOptions {
  readonly workers: number; // pool threads; 0 is one less than the cores, at least 1
  readonly runMsMax: number; // a run that takes longer has hung
  readonly inlineUsMax: number; // a model whose full batch is cheaper runs on the front end
  readonly drainMsMax: number; // for waiting requests when a model or the host is closed
  readonly log: Log;
  readonly clock?: Clock;
  /** Bytes of answers kept for models with a `response_cache`; 64 MiB where nothing is said. */
  readonly cacheBytesMax?: number;
  /** Of a pool thread's heap; 0, and where nothing is said, is Node's own limit. */
  readonly heapMiBMax?: number;
  /**
   * How much there is of what models' rate limiters need; the most that one run needs if not said.
   */
  readonly resources?: ReadonlyMap<string, number>;
  /** Where rollouts that were rolled back are kept for the next start; '' is nowhere. */
  readonly rolloutFile?: string;
  /** What pool threads run; tests put a faulty one here. */
  readonly workerFile?: URL;
  /** Told of all that is served when that has changed; the change is done when it is. */
  readonly onChanged?: (table: ModelTable) => Promise<void>;
}

/** Of answers that models keep, where nobody says. */
const CACHE_BYTES_MAX = 67_108_864;

/** The models of a repository, loaded, warm and behind their lanes. */
export class ModelHost extends ServedModels implements ModelRepository, ModelLife {
  readonly #changing = new Map<string, 'LOADING' | 'UNLOADING'>();
  readonly #unloaded = new Map<string, readonly number[]>(); // the versions they had
  readonly #pool: Pool;
  readonly #maker: LaneMaker;
  readonly answers: AnswerStore;
  readonly limiter: RateLimiter;
  #loaded: Promise<void> = Promise.resolve();
  #changes: Promise<void> = Promise.resolve(); // ends when every load and unload asked for has
  #started = false; // the repository's models have all been tried

  private constructor(
    private readonly repository: string,
    private readonly options: HostOptions,
  ) {
    const { inlineUsMax, log, clock = systemClock } = options;
    super(clock, new RolloutMemory(options.rolloutFile ?? '', log));
    this.#pool = new Pool({ ...options, clock });
    this.answers = new AnswerStore(clock, options.cacheBytesMax ?? CACHE_BYTES_MAX);
    this.limiter = new RateLimiter(options.resources);
    this.#maker = new LaneMaker({
      pool: this.#pool, clock, answers: this.answers, rollouts: this.rollouts,
      limiter: this.limiter, serving: () => this.#started,
      lanes: (model, version) => this.laneOf(model, version), inlineUsMax, log,
    });
  }

  /**
   * Loads every model of the repository and warms it up. A model that cannot be served is logged
   * and answers `model_not_ready` with the cause; the others are served. Fails with
   * `bad_argument` only when the repository itself cannot be read.
   */
  static async open(repository: string, options: HostOptions): Promise<ModelHost> {
    const host = ModelHost.start(repository, options);
    await host.loaded;
    return host;
  }

  /** As `open`, for a caller with something else to do before `loaded` settles. */
  static start(repository: string, options: HostOptions): ModelHost {
    const host = new ModelHost(repository, options);
    host.#loaded = host.#loadAll();
    return host;
  }

  /** Resolves when every model has been tried; rejects as `open` does. */
  get loaded(): Promise<void> {
    return this.#loaded;
  }

  async #loadAll(): Promise<void> {
    for (const name of await modelNames(this.repository)) {
      // else an ensemble needed it
      if (!this.models.has(name)) await this.load(name).catch(() => {});
    }
    for (const name of await unconfigured(this.repository, Object.values(MODEL_FILES))) {
      const why = 'it holds a model file and no config.json';
      this.options.log.warn('a folder is not served', { model: name, why });
    }
    await this.#pool.rest();
    this.#started = true;
  }

  /**
   * Reads the model's folder anew and serves what it says. A model that was served before goes on
   * answering until the new one is warm; then its open requests are drained. Versions whose files
   * and config are as they were are not opened again. Fails with `unknown_model`, or with what is
   * wrong with the model, which is then no worse off than before.
   */
  load(name: string, override?: ModelOverride): Promise<void> {
    return this.#inTurn(() => this.#marked(name, 'LOADING', () => this.#load(name, override)));
  }

  /** Stops serving the model, after its open requests. Fails with `unknown_model`. */
  unload(name: string): Promise<void> {
    return this.#inTurn(() => this.#marked(name, 'UNLOADING', () => this.#unload(name)));
  }

  async index(): Promise<readonly ModelState[]> {
    const served = [...this.models].map(([name, { lanes }]) => [
      name, new Map([...lanes].map(([version, lane]) => [version, lane.trouble])),
    ] as const);
    const notes = new Map([...this.models].flatMap(([name, { front }]) => {
      const { state, why, config } = front?.rollout.state ?? {};
      return state === 'rolled back'
        ? [[`${name}/${config?.candidate}`, `rolled back: ${why}`]]
        : [];
    }) as [string, string][]);
    return modelStates({
      names: await modelNames(this.repository),
      served: new Map(served),
      notes,
      failed: this.failed,
      changing: this.#changing,
      unloaded: this.#unloaded,
    });
  }

  async #marked(
    name: string, state: 'LOADING' | 'UNLOADING', change: () => Promise<void>,
  ): Promise<void> {
    this.#changing.set(name, state);
    try {
      await change();
    } finally {
      this.#changing.delete(name);
    }
  }

  /** One change at a time: two loads of one model would both drain the lanes that were before. */
  #inTurn(change: () => Promise<void>): Promise<void> {
    const done = this.#changes.then(change);
    this.#changes = done.catch(() => {}); // its caller is told
    return done;
  }

  async #load(name: string, override?: ModelOverride): Promise<void> {
    if (this.closing) throw new ServeError('draining');
    const files = override !== undefined && override.files.size > 0;
    const ownRepository = files ? await writeOverride(name, override) : '';
    const before = this.models.get(name);
    const fromUs = this.clock.nowUs();
    const found = await this.#look(name, ownRepository, override?.config).catch(asServeError);
    if (found === null) throw this.unknown(name);
    const lanes = new Map<number, ServedLane>();
    const opened: ServedLane[] = [];
    try {
      if (found instanceof ServeError) throw found;
      const { folder, prints } = found;
      await nextTurn();
      await this.#loadSteps(folder.config);
      for (const version of folder.served) {
        const lane = keptLane(before, prints, version) ?? await this.#maker.open(folder, version);
        if (before?.lanes.get(version) !== lane) opened.push(lane);
        lanes.set(version, lane);
      }
      if (this.closing) throw new ServeError('draining'); // `close` has not seen these lanes
      const { rollout } = folder.config;
      const front = rollout ? this.#maker.front(name, rollout, lanes) : null;
      const loadSeconds = (this.clock.nowUs() - fromUs) / 1e6;
      this.models.set(name, { folder, lanes, prints, front, loadSeconds, ownRepository });
      this.failed.delete(name);
      this.#unloaded.delete(name);
    } catch (thrown) {
      await this.#drain(opened);
      if (files) await removeOverride(ownRepository);
      const error = asServeError(thrown);
      if (!before) this.failed.set(name, error);
      this.options.log.error('model not served', { model: name, cause: error.message });
      logDefect(this.options.log, 'a model failed', error, { model: name });
      throw error;
    }
    await this.#tellChanged();
    await nextTurn();
    if (before) await this.#end(before, lanes);
  }

  /** On this thread only as long as it serves nothing. */
  #look(name: string, ownRepository: string, override: unknown): Promise<FoundModel | null> {
    const own = ownRepository !== '';
    const repository = own ? ownRepository : this.repository;
    const wanted = { repository, name, override, own, nowMs: this.clock.wallMs() };
    return this.#started ? this.#pool.look(wanted) : lookForModel(wanted, describeOnnx);
  }

  /** What is served, as other front ends are told it. */
  table(): ModelTable {
    return modelTable(this.models, this.failed);
  }

  async #tellChanged(): Promise<void> {
    await this.options.onChanged?.(this.table());
  }

  /** Models that an ensemble needs and that are not served; its own load is under way. */
  async #loadSteps({ name, ensemble = [] }: ModelConfig): Promise<void> {
    for (const { model_name: step } of ensemble) {
      if (this.#changing.has(step) || this.#needs(step, name)) {
        throw new ServeError(
          'bad_argument', `ensemble '${name}' is a step of itself, by '${step}'`,
        );
      }
      if (this.models.has(step)) continue;
      await this.#marked(step, 'LOADING', () => this.#load(step));
    }
  }

  /** Whether the model, as it is served now, has the other among its steps, or theirs. */
  #needs(model: string, other: string): boolean {
    const served = this.models.get(model);
    if (!served) return false;
    return stepNames(served.folder.config).some(
      (step) => step === other || this.#needs(step, other),
    );
  }

  async #unload(name: string): Promise<void> {
    const served = this.models.get(name);
    if (!served && !this.failed.delete(name)) throw this.unknown(name);
    if (!served) return;
    this.models.delete(name);
    this.#unloaded.set(name, served.folder.served);
    await this.#tellChanged();
    await this.#end(served);
  }

  /** After its open requests nothing of it is left, but for the lanes that `kept` has as well. */
  async #end({ lanes, ownRepository }: Served, kept?: Served['lanes']): Promise<void> {
    await this.#drain([...lanes].filter(([version, lane]) => kept?.get(version) !== lane)
      .map(([, lane]) => lane));
    if (ownRepository !== '') await removeOverride(ownRepository);
  }

  /** Ensembles before what they need: a request between two steps has its next one yet. */
  async #endAll(): Promise<void> {
    const left = new Map(this.models);
    while (left.size > 0) {
      const needed = new Set([...left.values()].flatMap(({ folder }) => stepNames(folder.config)));
      const free = [...left].filter(([name]) => !needed.has(name));
      for (const [name] of free) left.delete(name);
      await Promise.all(free.map(([, served]) => this.#end(served)));
    }
  }

  /**
   * Takes no more requests, drains the open ones for `drainMsMax`, then ends the pool: a run that
   * still goes on fails with `backend`.
   */
  async close(): Promise<void> {
    if (this.closing) return;
    this.closing = true;
    const drained = this.#endAll();
    let cancel = (): void => {};
    const late = new Promise<void>((resolve) => {
      cancel = this.clock.after(this.options.drainMsMax * 1000, resolve);
    });
    await Promise.race([drained, late]);
    cancel();
    await this.#pool.close();
    await drained;
    await this.#changes;
  }

  async #drain(lanes: Iterable<ServedLane>): Promise<void> {
    const { drainMsMax } = this.options;
    await Promise.all([...lanes].map((lane) => this.#maker.close(lane, drainMsMax)));
  }
}
