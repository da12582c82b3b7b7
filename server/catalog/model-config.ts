import type { Datatype } from '../core/tensor.ts';

/**
 * A model's `config.json`, with Triton's field names. `parse` in `parse-config.ts` is the only way
 * to one: every rule below has been checked by then, and defaults are filled in.
 */
export interface ModelConfig {
  readonly name: string; // as its folder
  readonly platform: 'onnxruntime_onnx' | 'tensorflow_tfjs' | 'plain';
  /** Rows in one run, 1..1024. 0: the model takes no batch dimension and runs one at a time. */
  readonly max_batch_size: number;
  readonly input: readonly TensorConfig[];
  readonly output: readonly TensorConfig[];
  readonly version_policy: VersionPolicy;
  /** Names for versions, such as `stable` and `canary`; good wherever a version is asked for. */
  readonly version_labels: Readonly<Record<string, number>>;
  /** Workers that may run the model at once; 0 is every one. */
  readonly instance_group: { readonly count: number };
  readonly dynamic_batching: {
    /** Longest wait of the oldest row for others to join, while a worker is idle. Default 0. */
    readonly max_queue_delay_microseconds: number;
    /** Rows that may wait; one more is answered `overloaded`. */
    readonly max_queue_size: number;
    /** For requests that bring no deadline; 0 is none. */
    readonly default_timeout_microseconds: number;
  };
  readonly parameters: {
    /** Where batches run: measured at load, on the front end, or in the pool. */
    readonly placement: 'auto' | 'inline' | 'pool';
    /** tfjs only. */
    readonly backend: 'wasm' | 'cpu';
    /** The model's own, for who uses it: the server does not look. */
    readonly [name: string]: Parameter;
  };
}

export type Parameter = string | number | boolean | readonly string[] | readonly number[];

export interface TensorConfig {
  readonly name: string;
  readonly data_type: `TYPE_${Datatype}`;
  readonly dims: readonly number[]; // without the batch dimension; every size at least 1
  readonly label_filename?: string;
}

export type VersionPolicy =
  | { readonly latest: { readonly num_versions: number } }
  | { readonly all: Record<string, never> }
  | { readonly specific: { readonly versions: readonly number[] } };

/** Rows that one run may have: 1 for a model that takes no batch dimension. */
export function rowsOfRun({ max_batch_size }: ModelConfig): number {
  return Math.max(1, max_batch_size);
}

/** The shape of `rows` rows of a tensor, batch dimension included where the model takes one. */
export function shapeOfRows(
  { max_batch_size }: ModelConfig, dims: readonly number[], rows: number,
): number[] {
  return max_batch_size === 0 ? [...dims] : [rows, ...dims];
}

export function datatypeOf({ data_type }: TensorConfig): Datatype {
  return data_type.slice('TYPE_'.length) as Datatype;
}
