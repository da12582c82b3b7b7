import type { ModelConfig } from '../catalog/model-config.ts';
import { datatypeOf } from '../catalog/model-config.ts';
import { ServeError } from '../core/errors.ts';
import { alike, type LooseRow, looseValues, stacked } from '../core/loose.ts';
import type { RowFailure } from '../core/row-failure.ts';
import { assertBytes, type Tensor } from '../core/tensor.ts';
import { runApart } from './run-apart.ts';
import type { RunningModel, Runtime } from './runtime.ts';
import { type Warmup, warmups } from './warm-up.ts';

/** The answers of a run's rows, null where there is none, and why not. */
export interface LooseAnswers {
  readonly outputs: readonly (LooseRow | null)[];
  readonly failures: readonly RowFailure[];
}

type LooseModel = RunningModel & Required<Pick<RunningModel, 'runLoose'>>;

/** A loaded model whose rows have no size of their own, on this thread. */
export class LooseInstance {
  readonly #batches: boolean;

  private constructor(private readonly model: LooseModel, private readonly config: ModelConfig) {
    this.#batches = config.max_batch_size > 0;
  }

  /**
   * Runs what its config has it answer before it is ready, and nothing else: nobody knows which
   * texts and sizes a model takes. Fails with `backend`.
   */
  static async open(
    runtime: Runtime, folder: string, config: ModelConfig,
  ): Promise<LooseInstance> {
    const model = await runtime.open(folder, config);
    if (model.runLoose) {
      const instance = new LooseInstance(model as LooseModel, config);
      try {
        for (const warmup of await warmups(folder, config)) await instance.#warmUp(warmup);
      } catch (cause) {
        await model.close();
        throw cause;
      }
      return instance;
    }
    await model.close();
    throw new ServeError('backend', `${config.name}: ${runtime.platform} takes no texts and no -1`);
  }

  /** Rows of the same shapes run together; one that fails fails alone. */
  async run(rows: readonly LooseRow[]): Promise<LooseAnswers> {
    const outputs: (LooseRow | null)[] = rows.map(() => null);
    const failures: RowFailure[] = [];
    for (const places of alike(rows)) {
      const run = async (first: number, end: number): Promise<void> => {
        const own = places.slice(first, end);
        const answers = await this.#run(own.map((place) => rows[place] as LooseRow));
        own.forEach((place, at) => (outputs[place] = answers[at] as LooseRow));
      };
      try {
        await run(0, places.length);
      } catch (thrown) {
        for (const { row, message } of await runApart(run, 0, places.length, thrown)) {
          failures.push({ row: places[row] as number, message });
        }
      }
    }
    return { outputs, failures };
  }

  close(): Promise<void> {
    return this.model.close();
  }

  async #warmUp({ rows, runs, inputs }: Warmup): Promise<void> {
    // A loose model has no sequences, and so no input that clients do not see.
    const columns = inputs.map((tensor) => looseValues(tensor as Tensor, rows, this.#batches));
    const batch = Array.from({ length: rows }, (_, row) =>
      columns.map((column) => column[row] as LooseRow[number]));
    for (let run = 0; run < runs; run += 1) await this.#run(batch);
  }

  async #run(rows: readonly LooseRow[]): Promise<LooseRow[]> {
    const inputs = this.config.input.map((tensor, at): Tensor => ({
      name: tensor.name,
      datatype: datatypeOf(tensor),
      ...stacked(rows.map((row) => row[at] as LooseRow[number]), this.#batches),
    }));
    const given = await this.model.runLoose(inputs);
    const columns = given.map((tensor) => this.#checked(tensor, rows.length));
    return rows.map((_, row) => columns.map((column) => column[row] as LooseRow[number]));
  }

  /** An output in its rows. Throws where it is not what the config says. */
  #checked(tensor: Tensor, rows: number) {
    const { name, datatype, shape } = tensor;
    const spec = this.config.output.find((output) => output.name === name);
    const dims = this.#batches ? [rows, ...(spec?.dims ?? [])] : (spec?.dims ?? []);
    const fits = spec && datatypeOf(spec) === datatype && shape.length === dims.length &&
      shape.every((size, at) => size === dims[at] || dims[at] === -1);
    if (!fits) {
      const want = spec ? `${datatypeOf(spec)}[${dims.join(',')}]` : 'nothing';
      throw new Error(
        `output '${name}' is ${datatype}[${shape.join(',')}], config.json says ${want}`,
      );
    }
    assertBytes(tensor);
    return looseValues(tensor, rows, this.#batches);
  }
}
