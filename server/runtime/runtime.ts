import type { ModelConfig, Platform } from '../catalog/model-config.ts';
import type { Tensor, TensorArray } from '../core/tensor.ts';

/** Opens a model's files. One implementation a format; used inside pool workers and inline. */
export interface Runtime {
  /** As `platform` in `config.json` names it. */
  readonly platform: Platform;
  /**
   * Fails with `backend` naming the file when it cannot be opened or does not fit the config. With
   * the token of a model that another thread has open, that one is run here too, where the runtime
   * can.
   */
  open(folder: string, config: ModelConfig, token?: bigint): Promise<RunningModel>;
}

/** A model that is kept open while no thread may have it. */
export interface Held {
  readonly token: bigint;
  release(): void;
}

/** A loaded model on one thread. `run` calls do not overlap. */
export interface RunningModel {
  /**
   * Opens the same model on another thread of the process, without its files; where that can be.
   */
  readonly token?: bigint;
  /**
   * Reads `rows` rows of each input and writes `rows` rows of each output, in the order of
   * `config.input` and `config.output`. Row-major; buffers hold at least `max_batch_size` rows and
   * belong to the caller, which keeps them for the model's life (so a runtime may wrap them once).
   * Synchronous where the runtime can, so that an inline model answers in the same turn.
   */
  run(
    inputs: readonly TensorArray[], rows: number, outputs: readonly TensorArray[],
  ): void | Promise<void>;
  /**
   * Of a loose model (`isLoose`), in place of `run`: tensors of whatever sizes came, in the order
   * of `config.input`, to outputs in the order of `config.output`. Their memory belongs to the
   * caller.
   */
  runLoose?(inputs: readonly Tensor[]): readonly Tensor[] | Promise<readonly Tensor[]>;
  /** Releases native memory. No call after it. */
  close(): Promise<void>;
}
