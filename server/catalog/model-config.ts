import {
  DATATYPE_BYTES, type Datatype, elements, type TensorDatatype,
} from '../core/tensor.ts';

/**
 * A model's `config.json`, with Triton's field names. `parse` in `parse-config.ts` is the only way
 * to one: every rule below has been checked by then, and defaults are filled in.
 */
export interface ModelConfig {
  readonly name: string; // as its folder
  readonly platform: Platform | 'ensemble';
  /** Rows in one run, 1..1024. 0: the model takes no batch dimension and runs one at a time. */
  readonly max_batch_size: number;
  readonly input: readonly TensorConfig[];
  readonly output: readonly TensorConfig[];
  readonly version_policy: VersionPolicy;
  /** Names for versions, such as `stable` and `canary`; good wherever a version is asked for. */
  readonly version_labels: Readonly<Record<string, number>>;
  /** Workers that may run the model at once; 0 is every one. */
  readonly instance_group: { readonly count: number; readonly rate_limiter?: RateLimit };
  readonly dynamic_batching: {
    /** Longest wait of the oldest row for others to join, while a worker is idle. Default 0. */
    readonly max_queue_delay_microseconds: number;
    /** Rows that may wait; one more is answered `overloaded`. */
    readonly max_queue_size: number;
    /** Sizes, ascending, that leave as soon as they are there. */
    readonly preferred_batch_size: readonly number[];
    /** Sizes, ascending, that runs may have; smaller batches are filled up. None: every size. */
    readonly allowed_batch_size: readonly number[];
    /** Answers leave in order of arrival, and so nobody's deadline gives them a better place. */
    readonly preserve_ordering: boolean;
    /** Levels of priority, 1 the most urgent; 0 for no levels. */
    readonly priority_levels: number;
    /** For requests that name no level. */
    readonly default_priority_level: number;
    readonly default_queue_policy: QueuePolicy;
    /** Of those levels that have one of their own. */
    readonly priority_queue_policy: Readonly<Record<string, QueuePolicy>>;
  };
  /** Whether answers are kept for requests that say the same, and for how long; 0 is no limit. */
  readonly response_cache: { readonly enable: boolean; readonly ttl_seconds: number };
  /** Requests that each instance answers before the model is ready. */
  readonly model_warmup?: readonly WarmupSample[];
  /** Where requests share a state; `input` and `output` are then what clients see. */
  readonly sequence?: SequenceConfig;
  /** Of an ensemble: what runs, in an order in which each has its inputs. Absent for all others. */
  readonly ensemble?: readonly EnsembleStep[];
  /** Where one version is to take another's place, and is watched; absent where none is. */
  readonly rollout?: RolloutConfig;
  readonly parameters: {
    /** Where batches run: measured at load, on the front end, or in the pool. */
    readonly placement: 'auto' | 'inline' | 'pool';
    /** tfjs only. */
    readonly backend: 'wasm' | 'cpu';
    /** NaN in an FP32 or FP64 input is a missing value, and passed on; refused when absent. */
    readonly missing?: 'nan';
    /** The model's own, for who uses it: the server does not look. */
    readonly [name: string]: Parameter;
  };
}

/** What runs a model of its own. */
export type Platform = 'onnxruntime_onnx' | 'tensorflow_tfjs' | 'plain' | 'pipeline';

/** A request that is answered for nobody, so that the first caller's finds all in place. */
export interface WarmupSample {
  readonly name: string; // '' for none
  readonly rows: number;
  readonly runs: number;
  readonly inputs: readonly WarmupInput[];
}

export interface WarmupInput {
  readonly name: string;
  readonly dims: readonly number[]; // without the batch dimension
  /** A file in the model's folder `warmup`: the bytes of all rows. */
  readonly data: 'zero' | 'random' | { readonly file: string };
}

/** What one run needs of what all models share, and its share of the chances: a `priority`-th. */
export interface RateLimit {
  readonly resources: readonly { readonly name: string; readonly count: number }[];
  readonly priority: number;
}

/** How requests of one sequence share a state, and what the model is told of where they stand. */
export interface SequenceConfig {
  readonly max_sequence_idle_microseconds: number;
  /** Sequences that have a state at once; 0: as many as rows can run at once. */
  readonly max_candidate_sequences: number;
  readonly control_input: readonly SequenceControl[];
  readonly state: readonly SequenceState[];
}

/** An input of one element that the model has beside those that clients see. */
export interface SequenceControl {
  readonly name: string;
  readonly kind: 'CONTROL_SEQUENCE_START' | 'CONTROL_SEQUENCE_END' | 'CONTROL_SEQUENCE_READY' |
    'CONTROL_SEQUENCE_CORRID';
  readonly data_type: `TYPE_${Datatype}`;
  readonly values: readonly [number, number]; // of false and true
}

/** An output that is the input of the sequence's next request; zeros for its first. */
export interface SequenceState {
  readonly input_name: string;
  readonly output_name: string;
  readonly data_type: `TYPE_${Datatype}`;
  readonly dims: readonly number[];
}

/** One model of an ensemble; its tensors by name, to those of the ensemble. */
export interface EnsembleStep {
  readonly model_name: string;
  readonly model_version: number; // -1: what a request without a version gets
  readonly input_map: Readonly<Record<string, string>>;
  readonly output_map: Readonly<Record<string, string>>;
}

/** A candidate beside the stable version, for requests that name no version. */
export interface RolloutConfig {
  readonly stable: number;
  readonly candidate: number;
  /** The candidate answers its share, or gets copies of it whose answers are compared. */
  readonly mode: 'canary' | 'shadow';
  readonly share: number; // 0..1 of the requests
  /**
   * The request parameter that decides who is of the share, `id` the request's own; '' is chance.
   */
  readonly key: string;
  /** Probability that a candidate that is no worse is ever rolled back. */
  readonly alpha: number;
  /** An answer is slow past so many times the stable version's 95th percentile. */
  readonly slower_max: number;
  readonly error_margin: number; // share of errors above the stable version's that is let pass
  readonly disagreement_max: number; // share of compared answers that may differ
  readonly tolerance: number; // of floats that are compared
  readonly requests_min: number; // before anything is decided
}

/** How long the requests of one priority level may wait, and how many of them. */
export interface QueuePolicy {
  /** After its timeout a request is refused, or waits on behind all that are in time. */
  readonly timeout_action: 'REJECT' | 'DELAY';
  /** In the queue; 0 is for ever. */
  readonly default_timeout_microseconds: number;
  /** Whether a request may have a shorter timeout of its own. */
  readonly allow_timeout_override: boolean;
  /** Requests of the level that wait; 0: as many as the queue holds rows. */
  readonly max_queue_size: number;
}

export type Parameter = string | number | boolean | readonly string[] | readonly number[];

export interface TensorConfig {
  readonly name: string;
  readonly data_type: `TYPE_${Datatype}` | 'TYPE_STRING';
  /** Without the batch dimension; every size at least 1, or -1: each request brings its own. */
  readonly dims: readonly number[];
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

export function datatypeOf({ data_type }: TensorConfig): TensorDatatype {
  return data_type === 'TYPE_STRING' ? 'BYTES' : data_type.slice('TYPE_'.length) as Datatype;
}

/**
 * Whether rows of the model have no size of their own: some tensor is of texts, or leaves a size
 * open. They have no place in a slab, and travel with their runs (`server/core/loose.ts`).
 */
export function isLoose({ input, output }: Pick<ModelConfig, 'input' | 'output'>): boolean {
  return [...input, ...output].some(({ data_type, dims }) =>
    data_type === 'TYPE_STRING' || dims.includes(-1));
}

/** Bytes of one row of the tensor, of a model that is not loose. */
export function rowBytesOf(tensor: TensorConfig): number {
  return elements(tensor.dims) * DATATYPE_BYTES[datatypeOf(tensor) as Datatype];
}
