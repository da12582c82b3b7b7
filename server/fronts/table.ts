import type { ModelConfig } from '../catalog/model-config.ts';
import type { ModelFolder } from '../catalog/repository.ts';
import type { TensorSpec } from '../core/tensor.ts';
import type { ModelFiles } from '../pool/protocol.ts';

/** All that is served, as the other front ends are told it. */
export interface ModelTable {
  readonly models: readonly SharedModel[];
  /** Models that should be served and are not, with the reason. */
  readonly failed: readonly (readonly [name: string, why: string])[];
}

export interface SharedModel {
  readonly folder: ModelFolder;
  readonly versions: readonly SharedVersion[];
}

export interface SharedVersion {
  readonly version: number;
  /** Of this lane alone: a model that is loaded again has others. */
  readonly generation: number;
  /** What the version takes and gives, as its clients see it. */
  readonly config: ModelConfig;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  readonly rowsMax: number;
  readonly sequences: boolean; // whether requests may be of one
  /** How to run it on another thread; null where requests go to the thread that loaded it. */
  readonly own: OwnRun | null;
}

export interface OwnRun {
  readonly files: ModelFiles;
  /** Of the model on the thread that loaded it, where others can have the same. */
  readonly token?: bigint;
  /** What runs of so many rows take here, by which the first deadlines are judged. */
  readonly times: readonly { readonly rows: number; readonly us: number }[];
}
