import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { loadAddon } from '../ann/binding.ts';
import type { NativeOnnxModel, OnnxModelBlock, OnnxModelTensor } from '../ann/onnx-model.ts';
import {
  datatypeOf, type ModelConfig, shapeOfRows, type TensorConfig,
} from '../catalog/model-config.ts';
import { elements, type TensorArray } from '../core/tensor.ts';
import { checkTensors, type Found, ONNX_TYPES, typeName } from './onnx-tensors.ts';
import type { Held, RunningModel } from './runtime.ts';

/**
 * A model in the addon: every thread of the process runs the same one, so it is read, prepared and
 * tried out once, on whatever thread has the time. null where the addon or the package's library
 * does not open here; throws where the model does not.
 */
export function openShared(file: string): NativeOnnxModel | null {
  const [addon, runtime] = [sharedAddon(), libraryFile()];
  if (!addon || !runtime) return null;
  try {
    return new addon.OnnxModel(runtime, file);
  } catch (cause) {
    if ((cause as { code?: string }).code === 'unsupported') return null;
    throw cause;
  }
}

/** The model of another thread; null when nobody has it open any more. */
export function attachShared(token: bigint): NativeOnnxModel | null {
  try {
    return sharedAddon()?.OnnxModel.attach(token) ?? null;
  } catch {
    return null;
  }
}

/** Keeps a model open that other threads opened; null as `attachShared`. */
export function holdShared(token: bigint): Held | null {
  const model = attachShared(token);
  return model && { token, release: () => model.close() };
}

/** Tensors are made once for each batch size met, over the caller's arrays. */
export class SharedRunning implements RunningModel {
  readonly token: bigint;
  readonly #bound: (number | undefined)[] = [];

  constructor(private readonly model: NativeOnnxModel, private readonly config: ModelConfig) {
    checkTensors(config, 'input', found(model.inputs));
    checkTensors(config, 'output', found(model.outputs));
    this.token = model.token;
  }

  run(inputs: readonly TensorArray[], rows: number, outputs: readonly TensorArray[]): void {
    this.model.run(this.#bound[rows] ??= this.model.bind(
      this.#blocks(this.config.input, inputs, rows), this.#blocks(
        this.config.output, outputs, rows,
      ),
    ));
  }

  async close(): Promise<void> {
    this.model.close();
  }

  #blocks(
    tensors: readonly TensorConfig[], arrays: readonly TensorArray[], rows: number,
  ): OnnxModelBlock[] {
    return tensors.map((tensor, at) => ({
      name: tensor.name,
      type: ONNX_TYPES[datatypeOf(tensor)].number,
      data: (arrays[at] as TensorArray).subarray(0, rows * elements(tensor.dims)),
      shape: shapeOfRows(this.config, tensor.dims, rows),
    }));
  }
}

function found(tensors: readonly OnnxModelTensor[]): Found[] {
  return tensors.map(({ name, type, shape }) => ({ name, type: typeName(type), shape }));
}

function sharedAddon(): ReturnType<typeof loadAddon> | null {
  try {
    return loadAddon();
  } catch {
    return null;
  }
}

let library: string | null | undefined;

/** What the package's own binding is linked with, so that the process has it once. */
function libraryFile(): string | null {
  return library ??= findLibrary();
}

function findLibrary(): string | null {
  try {
    const main = createRequire(import.meta.url).resolve(PACKAGE);
    const folder = join(dirname(main), '../bin/napi-v6', process.platform, process.arch);
    const name = readdirSync(folder).find((file) => /^libonnxruntime\..*(so|dylib)/.test(file));
    return name === undefined ? null : join(folder, name);
  } catch {
    return null;
  }
}

const PACKAGE = 'onnxruntime-node'; // only where it lies: `onnx.ts` is its importer
