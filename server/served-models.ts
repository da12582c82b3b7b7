import { join } from 'node:path';
import { inferOn } from './batch/infer.ts';
import type { Lanes } from './batch/lane.ts';
import type { ServedLane } from './batch/served-lane.ts';
import type {
  ModelDetails, ModelDirectory, ModelMetadata, ModelSummary,
} from './catalog/directory.ts';
import type { ModelConfig } from './catalog/model-config.ts';
import { summary, versionNumber } from './catalog/versions.ts';
import type { Clock } from './core/clock.ts';
import { ServeError } from './core/errors.ts';
import type { Inference, InferRequest, InferResult } from './core/inference.ts';
import type { Rollout, RolloutState } from './flow/rollout.ts';
import type { RolloutMemory } from './flow/rollout-memory.ts';
import { laneReports, type LaneReport, type Served } from './served-model.ts';

/** The models that are served, for who asks: their lanes, and what is known of them. */
export abstract class ServedModels implements Inference, Lanes, ModelDirectory, ModelDetails {
  protected readonly models = new Map<string, Served>();
  protected readonly failed = new Map<string, ServeError>(); // that should be served and are not
  protected closing = false;

  protected constructor(
    protected readonly clock: Clock, protected readonly rollouts: RolloutMemory,
  ) {}

  lane(model: string, version?: string): ServedLane {
    if (this.closing) throw new ServeError('draining');
    return this.laneOf(model, version);
  }

  /** Whether or not it is about to close. */
  protected laneOf(model: string, version?: string): ServedLane {
    const { folder, lanes, front } = this.#served(model);
    if (version === undefined && front) return front.lane;
    return lanes.get(versionNumber(folder, version)) as ServedLane;
  }

  /** How the model's rollout stands. Fails with `bad_argument` where it has none. */
  rollout(model: string): RolloutState {
    return this.#rollout(model).state;
  }

  /** Takes the candidate out, or lets it begin anew. Fails as `rollout` does. */
  changeRollout(model: string, change: 'rollback' | 'restart'): void {
    const rollout = this.#rollout(model);
    if (change === 'rollback') return rollout.rollBack('somebody said so');
    rollout.restart();
    this.rollouts.forget(model);
  }

  #rollout(model: string): Rollout {
    const { front } = this.#served(model);
    if (!front) throw new ServeError('bad_argument', `'${model}' has no rollout in its config`);
    return front.rollout;
  }

  /** Forgets the answers that the model keeps. Fails with `bad_argument` where it keeps none. */
  clearAnswers(model: string): void {
    const { lanes } = this.#served(model);
    const clear = [...lanes.values()].flatMap(({ desk }) => desk?.clear ? [desk.clear] : []);
    if (clear.length === 0) {
      throw new ServeError('bad_argument', `'${model}' has no response_cache in its config`);
    }
    for (const each of clear) each();
  }

  async infer(request: InferRequest): Promise<InferResult> {
    return inferOn(this.lane(request.model, request.version), request, this.clock);
  }

  /** Of a model and version when named; else whether all that should be served is. */
  ready(model?: string, version?: string): boolean {
    if (model === undefined) {
      const lanes = this.report().map(({ lane }) => lane);
      return !this.closing && this.failed.size === 0 && lanes.every((lane) => !lane.trouble);
    }
    try {
      return this.lane(model, version).trouble === undefined;
    } catch {
      return false;
    }
  }

  list(): readonly ModelSummary[] {
    const served = [...this.models.values()].map(({ folder }) => summary(folder));
    return served.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  metadata(model: string, version?: string): ModelMetadata {
    const { folder, lanes } = this.#served(model);
    const lane = lanes.get(versionNumber(folder, version)) as ServedLane;
    return {
      ...summary(folder),
      maxBatchSize: folder.config.max_batch_size,
      inputs: lane.inputs.map(({ spec }) => spec),
      outputs: lane.outputs.map(({ spec }) => spec),
      ...(folder.card ? { card: folder.card } : {}),
    };
  }

  config(model: string): ModelConfig {
    return this.#served(model).folder.config;
  }

  /** Class names of an output, from its `label_filename`; empty where it has none. */
  labels(model: string, output: string): readonly string[] {
    return this.#served(model).folder.labels.get(output) ?? [];
  }

  /** The folder of a version, where a model keeps what goes with its file, such as `items.txt`. */
  versionFolder(model: string, version?: string): string {
    const { folder } = this.#served(model);
    return join(folder.folder, String(versionNumber(folder, version)));
  }

  /** Models that should be served and are not, with the reason. */
  get failures(): ReadonlyMap<string, ServeError> {
    return this.failed;
  }

  report(): readonly LaneReport[] {
    return [...this.models.values()].flatMap(laneReports);
  }

  #served(model: string): Served {
    const served = this.models.get(model);
    if (served) return served;
    const failure = this.failed.get(model);
    if (failure) throw new ServeError('model_not_ready', `'${model}': ${failure.message}`);
    throw this.unknown(model);
  }

  protected unknown(model: string): ServeError {
    const known = [...this.models.keys()].sort().join(', ') || 'none';
    return new ServeError('unknown_model', `'${model}'; served are: ${known}`);
  }
}
