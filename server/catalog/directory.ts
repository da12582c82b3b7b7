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
