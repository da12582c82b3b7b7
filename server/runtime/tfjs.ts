import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import {
  datatypeOf, isLoose, type ModelConfig, shapeOfRows, type TensorConfig,
} from '../catalog/model-config.ts';
import { ServeError } from '../core/errors.ts';
import { elements, type Tensor, type TensorArray } from '../core/tensor.ts';
import { MODEL_FILES } from './open-runtime.ts';
import type { RunningModel, Runtime } from './runtime.ts';

type Backend = ModelConfig['parameters']['backend'];
type Dtype = 'float32' | 'int32' | 'bool';

const DTYPES: Partial<Record<TensorConfig['data_type'], Dtype>> = {
  TYPE_FP32: 'float32',
  TYPE_INT32: 'int32',
  TYPE_BOOL: 'bool',
};

const ARRAYS = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };

/** TensorFlow.js layers models and graph models, on WebAssembly (SIMD) or in plain JavaScript. */
export class TfjsRuntime implements Runtime {
  readonly platform = 'tensorflow_tfjs';

  async open(folder: string, config: ModelConfig): Promise<RunningModel> {
    const file = join(folder, MODEL_FILES.tensorflow_tfjs);
    try {
      const { backend } = config.parameters;
      await startBackend(backend);
      const loaded = await load(file);
      try {
        const running = new TfjsRunning(loaded, backend, config);
        // An op that tfjs lacks shows only when it runs.
        if (!isLoose(config)) running.tryOut();
        return running;
      } catch (cause) {
        loaded.model.dispose();
        throw cause;
      }
    } catch (cause) {
      throw new ServeError('backend', `${file}: ${explain((cause as Error).message)}`, { cause });
    }
  }
}

export function tfjsVersion(): string {
  return tf.version.tfjs;
}

/** The backends that start on this thread. */
export async function tfjsBackends(): Promise<Backend[]> {
  const started: Backend[] = [];
  for (const backend of ['wasm', 'cpu'] as const) {
    if (await startBackend(backend).then(() => true, () => false)) started.push(backend);
  }
  return started;
}

/** Says what to do about the errors that users meet most. */
function explain(message: string): string {
  const kernel = /Kernel '(\w+)' not registered for backend '(\w+)'/.exec(message);
  if (kernel) {
    return `the ${kernel[2]} backend has no op '${kernel[1]}': set parameters.backend to 'cpu', ` +
      'or convert the model to ONNX';
  }
  const op = /Unknown op '(\w+)'/.exec(message);
  if (op) return `tfjs has no op '${op[1]}': convert the model to ONNX`;
  const layer = /Unknown layer: (\w+)/.exec(message);
  if (layer) return `tfjs has no layer '${layer[1]}'`;
  return message;
}

/** Brings the backend up on this thread. One thread can have both; each run picks its own. */
async function startBackend(backend: Backend): Promise<void> {
  tf.enableProdMode(); // else it advertises tfjs-node and checks every kernel's output for NaN
  if (backend === 'wasm') {
    const folder = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));
    if (tf.findBackend('wasm') === null) setWasmPaths(`${folder}/`);
  }
  // The wasm module hangs handlers on the process that turn any failure into its own abort.
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const before = events.map((event) => process.listeners(event as 'uncaughtException'));
  const started = await tf.setBackend(backend);
  events.forEach((event, at) => {
    for (const listener of process.listeners(event as 'uncaughtException')) {
      if (!before[at]?.includes(listener)) process.off(event, listener);
    }
  });
  if (!started) throw new Error(`the tfjs backend '${backend}' does not start`);
}

interface ModelJson {
  readonly format?: string;
  readonly modelTopology?: { readonly node?: unknown };
  readonly weightsManifest?: readonly {
    readonly paths: readonly string[];
    readonly weights: tf.io.WeightsManifestEntry[];
  }[];
  readonly signature?: { readonly inputs?: Signature; readonly outputs?: Signature };
}
type Signature = Readonly<Record<string, { readonly name: string }>>;
type Loaded =
  | { readonly kind: 'layers'; readonly model: tf.LayersModel }
  | { readonly kind: 'graph'; readonly model: tf.GraphModel; readonly json: ModelJson };

async function load(file: string): Promise<Loaded> {
  const json = JSON.parse(await readFile(file, 'utf8')) as ModelJson;
  if (!json.modelTopology) throw new Error('`modelTopology` is missing');
  const manifest = json.weightsManifest ?? [];
  const shards = await Promise.all(manifest.flatMap(({ paths }) => paths).map((path) => {
    if (path !== basename(path)) throw new Error(`the weights '${path}' are outside the folder`);
    return readFile(join(dirname(file), path));
  }));
  const bytes = new Uint8Array(Buffer.concat(shards));
  const artifacts = {
    ...json,
    weightSpecs: manifest.flatMap(({ weights }) => weights),
    weightData: bytes.buffer,
  } as unknown as tf.io.ModelArtifacts;
  const handler: tf.io.IOHandler = { load: async () => artifacts };
  const graph = json.format === 'graph-model' || json.modelTopology.node !== undefined;
  if (graph) return { kind: 'graph', model: await tf.loadGraphModel(handler), json };
  return { kind: 'layers', model: await tf.loadLayersModel(handler) };
}

/** A tensor of the config with what the model calls it. */
interface Port {
  readonly config: TensorConfig;
  readonly name: string;
  readonly count: number; // elements of a row
}

class TfjsRunning implements RunningModel {
  readonly #inputs: readonly Port[];
  readonly #outputs: readonly Port[];

  constructor(
    private readonly loaded: Loaded,
    private readonly backend: Backend,
    private readonly config: ModelConfig,
  ) {
    this.#inputs = ports(loaded, config, 'input');
    this.#outputs = ports(loaded, config, 'output');
  }

  run(inputs: readonly TensorArray[], rows: number, outputs: readonly TensorArray[]): void {
    this.#useBackend();
    tf.tidy(() => {
      const feeds = this.#inputs.map(({ config, count }, at) => {
        const values = (inputs[at] as Float32Array).subarray(0, rows * count);
        const shape = shapeOfRows(this.config, config.dims, rows);
        return tf.tensor(values, shape, DTYPES[config.data_type] as Dtype);
      });
      this.#apply(feeds).forEach((result, at) => {
        const values = result.dataSync();
        const { config, count } = this.#outputs[at] as Port;
        if (values.length !== rows * count) {
          const must = shapeOfRows(this.config, config.dims, rows).join(',');
          const got = result.shape.join(',');
          throw new Error(`output '${config.name}' has shape [${got}], config.json says [${must}]`);
        }
        (outputs[at] as Float32Array).set(values);
      });
    });
  }

  runLoose(inputs: readonly Tensor[]): Tensor[] {
    this.#useBackend();
    const outputs: Tensor[] = [];
    tf.tidy(() => {
      const feeds = this.#inputs.map(({ config }, at) => {
        const { data, shape } = inputs[at] as Tensor;
        const dtype = DTYPES[config.data_type] as Dtype;
        return tf.tensor(new ARRAYS[dtype](new Uint8Array(data).buffer), [...shape], dtype);
      });
      this.#apply(feeds).forEach((result, at) => {
        const { config } = this.#outputs[at] as Port;
        const { name, data_type } = config;
        if (result.dtype !== DTYPES[data_type]) {
          throw new Error(`output '${name}' is ${result.dtype}, config.json says ${data_type}`);
        }
        const values = new Uint8Array((result.dataSync() as Float32Array).slice().buffer);
        outputs.push({ name, datatype: datatypeOf(config), shape: result.shape, data: values });
      });
    });
    return outputs;
  }

  /** Synchronous in effect for a backend that has been started; the promise is for form. */
  #useBackend(): void {
    if (tf.getBackend() !== this.backend) void tf.setBackend(this.backend);
  }

  /** One run on a row of zeros: throws what any run would. */
  tryOut(): void {
    const rows = (ports: readonly Port[]): TensorArray[] =>
      ports.map(({ count }) => new Float32Array(count));
    this.run(rows(this.#inputs), 1, rows(this.#outputs));
  }

  async close(): Promise<void> {
    this.loaded.model.dispose();
  }

  #apply(feeds: tf.Tensor[]): tf.Tensor[] {
    const { loaded } = this;
    const names = this.#outputs.map(({ name }) => name);
    if (loaded.kind === 'graph') {
      const named = Object.fromEntries(this.#inputs.map(({ name }, at) => [name, feeds[at]]));
      return [loaded.model.execute(named as tf.NamedTensorMap, names)].flat();
    }
    const order = namesOf(loaded, 'input').map((name) => {
      return feeds[this.#inputs.findIndex((input) => input.name === name)] as tf.Tensor;
    });
    const results = [loaded.model.predict(order)].flat();
    const given = namesOf(loaded, 'output');
    return names.map((name) => results[given.indexOf(name)] as tf.Tensor);
  }
}

/**
 * Matches the config's tensors to the model's: by signature key or name, and by itself where each
 * side has one. Throws naming the tensor that fits none.
 */
function ports(loaded: Loaded, config: ModelConfig, side: 'input' | 'output'): Port[] {
  const names = namesOf(loaded, side);
  const wanted = config[side];
  if (side === 'input' && wanted.length !== names.length) {
    throw new Error(`the model has ${names.length} inputs, config.json names ${wanted.length}`);
  }
  return wanted.map((tensor) => {
    if (!DTYPES[tensor.data_type]) {
      throw new Error(`${side} '${tensor.name}': tfjs has no ${tensor.data_type}`);
    }
    const name = signatureName(loaded, side, tensor.name) ??
      names.find((each) => bare(each) === bare(tensor.name)) ??
      (names.length === 1 && wanted.length === 1 ? names[0] : undefined);
    if (name === undefined) {
      throw new Error(`the model has no ${side} '${tensor.name}', it has ${names.join(', ')}`);
    }
    return { config: tensor, name, count: elements(tensor.dims) };
  });
}

function namesOf({ kind, model }: Loaded, side: 'input' | 'output'): string[] {
  if (kind === 'layers') {
    // A Sequential has no inputNames.
    const tensors = side === 'input' ? model.inputs : model.outputs;
    return tensors.map(({ sourceLayer }) => sourceLayer.name);
  }
  return (side === 'input' ? model.inputs : model.outputs).map(({ name }) => name);
}

function signatureName(loaded: Loaded, side: 'input' | 'output', key: string): string | undefined {
  if (loaded.kind !== 'graph') return undefined;
  const signature = loaded.json.signature;
  return (side === 'input' ? signature?.inputs : signature?.outputs)?.[key]?.name;
}

/** `x:0` is the first output of node `x`. */
function bare(name: string): string {
  return name.replace(/:0$/, '');
}
