import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { env, InferenceSession, listSupportedBackends, Tensor } from 'onnxruntime-node';
import type { FoundTensor, FoundTensors } from '../catalog/complete.ts';
import {
  datatypeOf, isLoose, type ModelConfig, shapeOfRows, type TensorConfig,
} from '../catalog/model-config.ts';
import { ServeError } from '../core/errors.ts';
import { elements, type Tensor as Block, type TensorArray } from '../core/tensor.ts';
import { attachShared, openShared, SharedRunning } from './onnx-shared.ts';
import { checkTensors, type Found, ONNX_TYPES, typeName } from './onnx-tensors.ts';
import { blockOf, type OnnxValue, valueOf } from './onnx-values.ts';
import { MODEL_FILES } from './open-runtime.ts';
import type { RunningModel, Runtime } from './runtime.ts';

/**
 * The package's own native session, which `InferenceSession` wraps in two promises and a
 * `setImmediate`. It is not part of the package's documented interface, so it is only used when it
 * has the shape known here (onnxruntime-node 1.29); `PromisedSession` serves when it has not.
 */
interface NativeSession {
  loadModel(file: string, options: object): void;
  readonly inputMetadata: readonly NativeMetadata[];
  readonly outputMetadata: readonly NativeMetadata[];
  /** A fetch that is null is made, and is in what it returns. */
  run(feeds: Named, fetches: Named | Unmade, options: object): unknown;
  dispose(): void;
}
interface NativeMetadata {
  readonly name: string;
  readonly isTensor: boolean;
  readonly type: number; // as TensorProto.DataType
  readonly shape: readonly number[]; // -1 where the size is free
}
type Named = Record<string, Tensor>;
type Unmade = Readonly<Record<string, null>>;

const OPTIONS = {
  intraOpNumThreads: 1, // small models lose by sharing; workers are the parallelism
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  logSeverityLevel: 4, // what fails is thrown as well; at 3 it is also red text on our stderr
} as const;

/**
 * How a model is run: `shared` by the addon, one copy for all threads; `direct` by the package's
 * native session; `promised` by its documented interface. Each is the next one's fallback, and
 * models with texts or open sizes begin at `direct`.
 */
export type OnnxWay = 'shared' | 'direct' | 'promised';

/** ONNX models on ONNX Runtime's CPU provider. */
export class OnnxRuntime implements Runtime {
  readonly platform = 'onnxruntime_onnx';

  constructor(private readonly way: OnnxWay = 'shared') {}

  async open(folder: string, config: ModelConfig, token?: bigint): Promise<RunningModel> {
    const elsewhere = token === undefined ? null : attachShared(token);
    if (elsewhere) return new SharedRunning(elsewhere, config);
    return onFile(folder, async (file) => {
      const shared = this.way === 'shared' && !isLoose(config) ? openShared(file) : null;
      if (shared) return owned(shared, () => new SharedRunning(shared, config));
      const session = await this.#session(file);
      return owned(session, () => {
        checkTensors(config, 'input', session.inputs);
        checkTensors(config, 'output', session.outputs);
        return new OnnxRunning(session, config);
      });
    });
  }

  /** What the model file says of its tensors. Fails with `backend` as `open` does. */
  describe(folder: string): Promise<FoundTensors> {
    return onFile(folder, async (file) => {
      const session = await this.#session(file);
      const found = { input: session.inputs.map(kserve), output: session.outputs.map(kserve) };
      await session.close();
      return found;
    });
  }

  async #session(file: string): Promise<Session> {
    return (this.way === 'promised' ? null : openNative(file)) ?? PromisedSession.open(file);
  }
}

/** What fails names the file. */
async function onFile<T>(folder: string, use: (file: string) => Promise<T>): Promise<T> {
  const file = join(folder, MODEL_FILES.onnxruntime_onnx);
  try {
    if (!existsSync(file)) throw new Error('there is no such file');
    return await use(file);
  } catch (cause) {
    throw new ServeError('backend', `${file}: ${(cause as Error).message}`, { cause });
  }
}

/** What cannot be made of a session closes it. */
async function owned<T>(session: { close(): unknown }, make: () => T): Promise<T> {
  try {
    return make();
  } catch (cause) {
    await session.close();
    throw cause;
  }
}

export function onnxVersion(): string {
  return env.versions.node ?? env.versions.common;
}

/** Execution providers that the package brings; models are run on `cpu`. */
export function onnxProviders(): string[] {
  return listSupportedBackends().filter(({ bundled }) => bundled).map(({ name }) => name);
}

function kserve({ name, type, shape }: Found): FoundTensor {
  const entry = Object.entries(ONNX_TYPES).find(([, each]) => each.name === type);
  return { name, datatype: entry?.[0] ?? type, shape };
}

interface Session {
  readonly inputs: readonly Found[];
  readonly outputs: readonly Found[];
  /** Fills the tensors of `fetches`. */
  run(feeds: Named, fetches: Named): void | Promise<void>;
  /** The outputs of these names in tensors of their own, whatever sizes they have. */
  give(feeds: Named, names: readonly string[]): Promise<Named>;
  close(): Promise<void>;
}

/** A session whose `run` is a plain call; null when the package offers none as known here. */
function openNative(file: string): Session | null {
  const session = nativeSession();
  if (!session) return null;
  session.loadModel(file, OPTIONS);
  const found = (list: readonly NativeMetadata[]): Found[] =>
    list.map(({ name, type, shape }) => ({ name, type: typeName(type), shape }));
  return {
    inputs: found(session.inputMetadata),
    outputs: found(session.outputMetadata),
    run: (feeds, fetches) => void session.run(feeds, fetches, {}),
    give: async (feeds, names) => session.run(feeds, unmade(names), {}) as Named,
    close: async () => session.dispose(),
  };
}

function nativeSession(): NativeSession | null {
  try {
    const require = createRequire(import.meta.url);
    const { binding, initOrt } = require('onnxruntime-node/dist/binding.js') as {
      binding: { InferenceSession: new () => NativeSession };
      initOrt: () => void;
    };
    initOrt();
    const session = new binding.InferenceSession();
    const methods = [session.loadModel, session.run, session.dispose];
    return methods.every((method) => typeof method === 'function') ? session : null;
  } catch {
    return null;
  }
}

class PromisedSession implements Session {
  readonly inputs: readonly Found[];
  readonly outputs: readonly Found[];

  private constructor(private readonly session: InferenceSession) {
    this.inputs = session.inputMetadata.map(promisedFound);
    this.outputs = session.outputMetadata.map(promisedFound);
  }

  static async open(file: string): Promise<PromisedSession> {
    return new PromisedSession(await InferenceSession.create(file, OPTIONS));
  }

  async run(feeds: Named, fetches: Named): Promise<void> {
    await this.session.run(feeds, fetches);
  }

  async give(feeds: Named, names: readonly string[]): Promise<Named> {
    return (await this.session.run(feeds, names)) as Named;
  }

  close(): Promise<void> {
    return this.session.release();
  }
}

function promisedFound(metadata: InferenceSession.ValueMetadata): Found {
  if (!metadata.isTensor) return { name: metadata.name, type: 'not a tensor', shape: [] };
  const shape = metadata.shape.map((size) => (typeof size === 'number' ? size : -1));
  return { name: metadata.name, type: metadata.type, shape };
}

/** Tensors are made once for each batch size met, over the caller's arrays. */
class OnnxRunning implements RunningModel {
  readonly #bound: ({ readonly feeds: Named; readonly fetches: Named } | undefined)[] = [];

  constructor(private readonly session: Session, private readonly config: ModelConfig) {}

  run(
    inputs: readonly TensorArray[], rows: number, outputs: readonly TensorArray[],
  ): void | Promise<void> {
    const bound = (this.#bound[rows] ??= {
      feeds: this.#bind(this.config.input, inputs, rows),
      fetches: this.#bind(this.config.output, outputs, rows),
    });
    return this.session.run(bound.feeds, bound.fetches);
  }

  async runLoose(inputs: readonly Block[]): Promise<Block[]> {
    const feeds = Object.fromEntries(inputs.map((block) => {
      const type = ONNX_TYPES[block.datatype].name;
      return [block.name, tensorOf(type, valueOf(block), block.shape)];
    }));
    const given = await this.session.give(feeds, this.config.output.map(({ name }) => name));
    return this.config.output.map((tensor): Block => {
      const { data, dims } = given[tensor.name] as { data: OnnxValue; dims: readonly number[] };
      return { name: tensor.name, shape: dims, ...blockOf(datatypeOf(tensor), data) };
    });
  }

  close(): Promise<void> {
    return this.session.close();
  }

  #bind(tensors: readonly TensorConfig[], arrays: readonly TensorArray[], rows: number): Named {
    return Object.fromEntries(tensors.map((tensor, at) => {
      const values = (arrays[at] as TensorArray).subarray(0, rows * elements(tensor.dims));
      const type = ONNX_TYPES[datatypeOf(tensor)].name;
      const dims = shapeOfRows(this.config, tensor.dims, rows);
      return [tensor.name, tensorOf(type, values, dims)];
    }));
  }
}

function tensorOf(type: string, values: OnnxValue, dims: readonly number[]): Tensor {
  return new (Tensor as new (...args: unknown[]) => Tensor)(type, values, dims);
}

/** What the native session takes for outputs that it is to make. */
function unmade(names: readonly string[]): Unmade {
  return Object.fromEntries(names.map((name) => [name, null]));
}
