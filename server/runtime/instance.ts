import {
  datatypeOf, type ModelConfig, rowsOfRun, type TensorConfig,
} from '../catalog/model-config.ts';
import { ServeError } from '../core/errors.ts';
import type { RowFailure } from '../core/row-failure.ts';
import { gatherRows, scatterRows } from '../core/rows.ts';
import { type SlabLayout, slabRegions } from '../core/slab.ts';
import { DATATYPE_ARRAYS, type Datatype, elements, type TensorArray } from '../core/tensor.ts';
import { runApart } from './run-apart.ts';
import type { RunningModel, Runtime } from './runtime.ts';
import { type Warmup, warmups } from './warm-up.ts';

/**
 * How long a model is timed for one batch size, and how often at least. What is served shares the
 * core with it meanwhile, and learns the times of its own runs soon enough.
 */
const MEASURE_US = 3_000;
const MEASURE_RUNS_MIN = 3;

/** A tensor's rows on their way: runtimes refuse shared memory, so they get this block instead. */
interface Staging {
  readonly values: TensorArray;
  readonly bytes: Uint8Array;
  readonly rowBytes: number;
}

/** A loaded model on this thread, with the blocks that its runs read and write. */
export class ModelInstance {
  readonly #inputs: readonly Staging[];
  readonly #outputs: readonly Staging[];
  readonly #inputValues: readonly TensorArray[];
  readonly #outputValues: readonly TensorArray[];
  readonly #rowsMax: number;
  #regions: readonly Uint8Array[] = []; // inputs, then outputs
  /** Nanoseconds that the last run gathered its rows for, and scattered its answers. */
  inputNs = 0;
  outputNs = 0;

  private constructor(private readonly model: RunningModel, config: ModelConfig) {
    this.#rowsMax = rowsOfRun(config);
    this.#inputs = config.input.map((tensor) => staging(tensor, this.#rowsMax));
    this.#outputs = config.output.map((tensor) => staging(tensor, this.#rowsMax));
    this.#inputValues = this.#inputs.map((block) => block.values);
    this.#outputValues = this.#outputs.map((block) => block.values);
  }

  /**
   * Loads the model, runs it once at each end of its batch sizes, and then what its config has it
   * answer before it is ready. One that another thread has open, by its token, is ready. Fails with
   * `backend`.
   */
  static async open(
    runtime: Runtime, folder: string, config: ModelConfig, token?: bigint,
  ): Promise<ModelInstance> {
    const model = await runtime.open(folder, config, token);
    const instance = new ModelInstance(model, config);
    if (token !== undefined && model.token === token) return instance;
    try {
      for (const rows of instance.#warmSizes) await instance.#runStaged(rows);
      await instance.#refuseNaN(folder);
      for (const warmup of await warmups(folder, config)) await instance.#warmUp(warmup);
    } catch (cause) {
      await instance.close();
      throw cause;
    }
    return instance;
  }

  /**
   * A value that is NaN for inputs of zeros and for inputs of ones comes from NaN among the
   * weights. Fails with `backend`.
   */
  async #refuseNaN(folder: string): Promise<void> {
    const zeros = this.#nanPlaces();
    if (zeros.length === 0) return;
    for (const { values } of this.#inputs) {
      if (values instanceof BigInt64Array || values instanceof BigUint64Array) values.fill(1n);
      else values.fill(1);
    }
    try {
      await this.#runStaged(1);
    } catch {
      return; // it takes no ones, and is not known to be broken
    } finally {
      for (const { bytes } of this.#inputs) bytes.fill(0);
    }
    const ones = this.#nanPlaces();
    if (!zeros.some((place) => ones.includes(place))) return;
    throw new ServeError('backend',
      `${folder}: the model answers NaN, whatever it is asked: its weights hold NaN`);
  }

  async #warmUp({ rows, runs, inputs }: Warmup): Promise<void> {
    this.#inputs.forEach(({ bytes }, at) => bytes.set(inputs[at]?.data ?? []));
    try {
      for (let run = 0; run < runs; run += 1) await this.#runStaged(rows);
    } finally {
      for (const { bytes } of this.#inputs) bytes.fill(0);
    }
  }

  /** Opens the same model on another thread; undefined where each thread needs its own. */
  get token(): bigint | undefined {
    return this.model.token;
  }

  /** Of the last run's first row, by output and element. */
  #nanPlaces(): string[] {
    return this.#outputs.flatMap(({ values, rowBytes }, output) => {
      if (!(values instanceof Float32Array || values instanceof Float64Array)) return [];
      const row = Array.from(values.subarray(0, rowBytes / values.BYTES_PER_ELEMENT));
      return row.flatMap((value, at) => (Number.isNaN(value) ? [`${output}.${at}`] : []));
    });
  }

  /** From now on `run` means slots of this memory. */
  bind(memory: SharedArrayBuffer, layout: SlabLayout): void {
    this.#regions = slabRegions(memory, layout);
  }

  /**
   * Answers the first `rows` slots in place. Synchronous where the runtime is and all goes well.
   * The rows of one run are different callers': what fails is found, and the others are answered.
   */
  run(slots: Int32Array, rows: number): void | Promise<readonly RowFailure[]> {
    this.inputNs = 0;
    this.outputNs = 0;
    try {
      const running = this.#runSlots(slots, rows);
      if (!running) return;
      return running.then(() => [], (thrown: unknown) => this.#runApart(slots, rows, thrown));
    } catch (thrown) {
      return this.#runApart(slots, rows, thrown);
    }
  }

  #runApart(slots: Int32Array, rows: number, thrown: unknown): Promise<readonly RowFailure[]> {
    const run = (first: number, end: number): void | Promise<void> =>
      this.#runSlots(slots.subarray(first, end), end - first);
    return runApart(run, 0, rows, thrown);
  }

  #runSlots(slots: Int32Array, rows: number): void | Promise<void> {
    const fromMs = performance.now();
    this.#inputs.forEach((block, at) => {
      gatherRows(this.#regions[at] as Uint8Array, slots, rows, block.rowBytes, block.bytes);
    });
    this.inputNs += nsSince(fromMs);
    const running = this.#runStaged(rows);
    if (running) return running.then(() => this.#scatter(slots, rows));
    this.#scatter(slots, rows);
  }

  /** The best times over one row and over a full batch, on inputs of zero. */
  async measure(nowUs: () => number): Promise<{ rows: number; us: number }[]> {
    for (const block of this.#inputs) block.bytes.fill(0);
    const times: { rows: number; us: number }[] = [];
    for (const rows of this.#warmSizes) {
      const endUs = nowUs() + MEASURE_US;
      let best = Infinity;
      for (let runs = 0; runs < MEASURE_RUNS_MIN || nowUs() < endUs; runs += 1) {
        const startUs = nowUs();
        await this.#runStaged(rows);
        best = Math.min(best, nowUs() - startUs);
      }
      times.push({ rows, us: best });
    }
    return times;
  }

  close(): Promise<void> {
    return this.model.close();
  }

  get #warmSizes(): number[] {
    return this.#rowsMax === 1 ? [1] : [1, this.#rowsMax];
  }

  #runStaged(rows: number): void | Promise<void> {
    return this.model.run(this.#inputValues, rows, this.#outputValues);
  }

  #scatter(slots: Int32Array, rows: number): void {
    const fromMs = performance.now();
    this.#outputs.forEach((block, at) => {
      const region = this.#regions[this.#inputs.length + at] as Uint8Array;
      scatterRows(block.bytes, slots, rows, block.rowBytes, region);
    });
    this.outputNs += nsSince(fromMs);
  }
}

function nsSince(fromMs: number): number {
  return Math.round((performance.now() - fromMs) * 1e6);
}

function staging(tensor: TensorConfig, rowsMax: number): Staging {
  const count = elements(tensor.dims);
  const values = new DATATYPE_ARRAYS[datatypeOf(tensor) as Datatype](rowsMax * count);
  const bytes = new Uint8Array(values.buffer);
  return { values, bytes, rowBytes: bytes.byteLength / rowsMax };
}
