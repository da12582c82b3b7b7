import type { TensorSpec } from '../core/tensor.ts';
import type { ModelConfig } from './model-config.ts';

/** What is known of the models, for clients that ask. `ModelHost` implements it; routes see it. */
export interface ModelDirectory {
  /** Every served model, by name. */
  list(): readonly ModelSummary[];
  /**
   * What the model takes and gives; of the version that requests without one would get when
   * `version` is absent. Throws `unknown_model` or `unknown_version`.
   */
  metadata(model: string, version?: string): ModelMetadata;
  /** Whether every model that should be served takes requests. */
  ready(): boolean;
}

export interface ModelSummary {
  readonly name: string;
  readonly versions: readonly string[]; // served ones, oldest first
  readonly platform: string;
}

export interface ModelMetadata extends ModelSummary {
  /** Rows that one request may have; 0: inputs and outputs have no batch dimension. */
  readonly maxBatchSize: number;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  /** The model's `card.json`: data, split, scores, baselines, date. Absent where it has none. */
  readonly card?: Readonly<Record<string, unknown>>;
}

/** What only some ask of a model. `ModelHost` implements it. Both throw `unknown_model`. */
export interface ModelDetails {
  config(model: string): ModelConfig;
  /** Class names of an output, from its `label_filename`; empty where it has none. */
  labels(model: string, output: string): readonly string[];
}

/** Which models there are, and the way to change it. `ModelHost` implements it. */
export interface ModelRepository {
  /** Every model that lies in the repository or is served, by name. */
  index(): Promise<readonly ModelState[]>;
  /**
   * Serves what the model's folder says now, or what `override` has in its place. Fails with
   * `unknown_model`, or with what is wrong with the model.
   */
  load(name: string, override?: ModelOverride): Promise<void>;
  /** Fails with `unknown_model`. */
  unload(name: string): Promise<void>;
}

/** What is done with a model while it is served. `ModelHost` implements it. */
export interface ModelLife {
  /**
   * How the model's rollout stands, as JSON may have it. Fails with `bad_argument` where it has
   * none.
   */
  rollout(model: string): object;
  /** Takes the candidate out, or lets it begin anew. Fails as `rollout` does. */
  changeRollout(model: string, change: 'rollback' | 'restart'): void;
  /** Forgets the answers that the model keeps. Fails with `bad_argument` where it keeps none. */
  clearAnswers(model: string): void;
}

/**
 * A model, or a version of it where its versions are known. Without a state it was never loaded.
 */
export interface ModelState {
  readonly name: string;
  readonly version?: string;
  readonly state?: 'READY' | 'UNAVAILABLE' | 'LOADING' | 'UNLOADING';
  readonly reason?: string; // why it is unavailable
}

/** In place of what lies in the repository, until the model is loaded again. */
export interface ModelOverride {
  readonly config: unknown; // in place of `config.json`, parsed as JSON
  /** By path below the model's folder. Where there are any, the folder's own are not used. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}
