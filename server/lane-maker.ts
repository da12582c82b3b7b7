import { join } from 'node:path';
import { BatchLane } from './batch/batch-lane.ts';
import type { InferStart } from './batch/desk.ts';
import { startInfer } from './batch/infer.ts';
import { laneRowBytes, laneSlots } from './batch/lane-memory.ts';
import { LooseRows } from './batch/loose-rows.ts';
import { RunTime } from './batch/run-time.ts';
import type { Runner } from './batch/runner.ts';
import type { ServedLane } from './batch/served-lane.ts';
import {
  type EnsembleStep, isLoose, type ModelConfig, type RateLimit, type RolloutConfig,
} from './catalog/model-config.ts';
import type { ModelFolder } from './catalog/repository.ts';
import type { Clock } from './core/clock.ts';
import { ServeError } from './core/errors.ts';
import type { Log } from './core/log.ts';
import { Prng } from './core/prng.ts';
import type { Slab } from './core/slab.ts';
import { SlabShelf } from './core/slab-shelf.ts';
import { nextTurn } from './core/turn.ts';
import type { AnswerStore } from './flow/answer-store.ts';
import { DeskLane } from './flow/desk-lane.ts';
import { EnsembleLane } from './flow/ensemble.ts';
import { checkEnsemble } from './flow/ensemble-check.ts';
import { runningConfig } from './flow/sequence-config.ts';
import { Sequences } from './flow/sequences.ts';
import { ResponseCache } from './flow/response-cache.ts';
import { Rollout } from './flow/rollout.ts';
import type { RolloutMemory } from './flow/rollout-memory.ts';
import { LimitedRunner } from './pool/limited.ts';
import { LooseRunner } from './pool/loose.ts';
import { openInline } from './pool/open-inline.ts';
import type { Pool, TriedModel } from './pool/pool.ts';
import type { ModelFiles } from './pool/protocol.ts';
import type { RateLimiter } from './pool/rate-limiter.ts';

/** Slabs that outlive their lanes: a model with several versions gives several back at once. */
const SHELF_SLABS_MAX = 4;

export interface MakerParts {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Log;
  readonly answers: AnswerStore;
  readonly rollouts: RolloutMemory;
  readonly limiter: RateLimiter;
  /** Whether there are requests that a model's loading may not hold up. */
  readonly serving: () => boolean;
  /** The lane of a model's version as it is now; throws where there is none. */
  readonly lanes: (model: string, version?: string) => ServedLane;
  readonly inlineUsMax: number; // a model whose full batch is cheaper runs on the front end
}

/** The lane of requests that name no version, and what decides where they go. */
export interface Front {
  readonly lane: ServedLane;
  readonly rollout: Rollout;
}

/**
 * Makes the lane of a model's version as its config has it. A model that asks for nothing besides
 * has its batcher's own lane, and its requests pass through nothing else.
 */
export class LaneMaker {
  readonly #shelf = new SlabShelf(SHELF_SLABS_MAX);

  constructor(private readonly parts: MakerParts) {}

  /** Loaded, tried out and warm. Fails with `backend`, or with what is wrong with the config. */
  async open(folder: ModelFolder, version: number): Promise<ServedLane> {
    const ensemble = folder.config.platform === 'ensemble';
    const lane = ensemble
      ? this.#ensemble(folder, version)
      : await this.#openRunning(folder, version);
    if (folder.config.sequence) return this.#inSequences(lane, folder.config);
    return folder.config.response_cache.enable ? this.#cached(lane) : lane;
  }

  /** After its open requests; those that wait for longer than `drainMs` are refused. */
  async close(lane: ServedLane, drainMs: number): Promise<void> {
    await lane.close(drainMs);
    if (lane.slab) this.#shelf.giveBack(lane.slab);
  }

  /** What answers requests that name no version, of a model with a rollout. */
  front(model: string, config: RolloutConfig, lanes: ReadonlyMap<number, ServedLane>): Front {
    const { clock, log, rollouts } = this.parts;
    const [stable, candidate] = [config.stable, config.candidate].map((version) =>
      lanes.get(version) as ServedLane) as [ServedLane, ServedLane];
    const startOn = (lane: ServedLane): InferStart => (request, settled) =>
      startInfer(lane, request, clock, settled);
    const prng = new Prng(clock.wallMs());
    const rollout = new Rollout({
      config, stable: startOn(stable), candidate: startOn(candidate), clock,
      chance: () => prng.float(),
      rolledBack: rollouts.recall(model, config),
      onRolledBack: (state) => {
        rollouts.keep(model, config, state);
        log.error(
          'a candidate is rolled back', { model, version: config.candidate, why: state.why },
        );
      },
    });
    return { lane: new DeskLane(stable, rollout), rollout };
  }

  #ensemble({ config }: ModelFolder, version: number): ServedLane {
    const { clock, lanes } = this.parts;
    const versionOf = ({ model_version }: EnsembleStep): string | undefined =>
      model_version === -1 ? undefined : String(model_version);
    const laneOf = (step: EnsembleStep): ServedLane => lanes(step.model_name, versionOf(step));
    checkEnsemble(config, (step) => laneOf(step).config);
    return new EnsembleLane({
      config, version: String(version), clock, turnEnd: setImmediate, laneOf,
      troubleOf: (step) => {
        try {
          return laneOf(step).trouble;
        } catch (gone) {
          return (gone as Error).message;
        }
      },
    });
  }

  #cached(lane: ServedLane): ServedLane {
    const { answers: store, clock } = this.parts;
    const { ttl_seconds } = lane.config.response_cache;
    const cache = new ResponseCache({
      store, clock, turnEnd: setImmediate, ttlUs: ttl_seconds * 1e6 || Infinity,
      run: lane.desk?.start ?? ((request, settled) => startInfer(lane, request, clock, settled)),
    });
    return new DeskLane(lane, cache, { cache: cache.sums, onClosed: () => cache.clear() });
  }

  async #limited(runner: Runner, limit: RateLimit): Promise<Runner> {
    try {
      return new LimitedRunner(runner, this.parts.limiter, limit);
    } catch (never) {
      await runner.close();
      throw never;
    }
  }

  /** The lane as clients see it: without controls and states. */
  #inSequences(lane: ServedLane, config: ModelConfig): ServedLane {
    const { clock, pool } = this.parts;
    const places = lane.inline ? lane.rowsMax : lane.rowsMax * pool.runsMax(config);
    const sequences = new Sequences({
      config, clock, turnEnd: setImmediate,
      sequencesMax: config.sequence?.max_candidate_sequences || places,
      run: (request, settled) => startInfer(lane, request, clock, settled),
    });
    return new DeskLane(lane, sequences, {
      config,
      inputs: lane.inputs.slice(0, config.input.length),
      outputs: lane.outputs.slice(0, config.output.length),
      closing: (drainMs) => sequences.close(drainMs),
    });
  }

  async #openRunning(model: ModelFolder, version: number): Promise<BatchLane> {
    const { folder } = model;
    const config = runningConfig(model.config);
    const { pool, clock, log } = this.parts;
    const files: ModelFiles = { folder: join(folder, String(version)), config };
    const runTime = new RunTime();
    const tried = await this.#tried(files);
    for (const { rows, us } of tried.times) runTime.observe(rows, us);
    await nextTurn();
    const inline = this.#choosesInline(config, tried);
    const slots = laneSlots(config, inline ? 1 : pool.runsMax(config));
    const slab = this.#shelf.take(slots, laneRowBytes(config));
    const loose = isLoose(config) ? new LooseRows(slots) : undefined;
    await nextTurn();
    const opened = inline
      ? await this.#openInline(files, slab, loose, tried)
      : await pool.open(files, slab, tried, this.parts.serving());
    await nextTurn();
    const { rate_limiter } = config.instance_group;
    const limited = rate_limiter ? await this.#limited(opened, rate_limiter) : opened;
    const runner = loose && !inline ? new LooseRunner(limited, loose) : limited;
    const lane = new BatchLane({
      model: config.name, version: String(version), config, slab, runner, runTime,
      clock: clock, turnEnd: setImmediate, ...(loose ? { loose } : {}),
    });
    log.info('model served', {
      model: config.name, version, placement: inline ? 'inline' : 'pool',
      fullBatchUs: Math.round(runTime.expectUs(lane.rowsMax)),
    });
    return lane;
  }

  async #openInline(
    files: ModelFiles, slab: Slab, loose: LooseRows | undefined, { held }: TriedModel,
  ): Promise<Runner> {
    try {
      return await openInline(files, slab, loose, held?.token);
    } catch (cause) {
      throw asBackend(files.config, cause);
    } finally {
      held?.release(); // this thread has it now
    }
  }

  /**
   * Tried out on a pool thread, not here: a heavy model would stop the sockets for as long as it is
   * read and timed, and one that hangs for ever. Models that are to run here whatever they cost are
   * not timed, and before anything is served they are read here alone.
   */
  async #tried(files: ModelFiles): Promise<TriedModel> {
    const timed = files.config.parameters.placement !== 'inline';
    if (timed || this.parts.serving()) return this.parts.pool.tryOut(files, timed);
    return { times: [], openUs: 0, held: null };
  }

  #choosesInline({ parameters: { placement } }: ModelConfig, { times }: TriedModel): boolean {
    if (placement !== 'auto') return placement === 'inline';
    return (times.at(-1)?.us ?? Infinity) <= this.parts.inlineUsMax;
  }
}

/** What a model throws when it is opened is its own failure, as it is where the pool opens it. */
function asBackend({ name }: ModelConfig, cause: unknown): ServeError {
  if (cause instanceof ServeError) return cause;
  return new ServeError('backend', `${name}: ${(cause as Error).message}`, { cause });
}
