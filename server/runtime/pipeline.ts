import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Addon, loadAddon } from '../ann/binding.ts';
import { datatypeOf, isLoose, type ModelConfig, rowsOfRun } from '../catalog/model-config.ts';
import { parseConfig, parseJson } from '../catalog/parse-config.ts';
import { ServeError } from '../core/errors.ts';
import { DATATYPE_ARRAYS, type Datatype, elements, type TensorArray } from '../core/tensor.ts';
import { MODEL_FILES, openRuntime } from './open-runtime.ts';
import type { RunningModel, Runtime } from './runtime.ts';

/**
 * What `pipeline.mjs` exports as its default: opens the pipeline, once on every thread that runs
 * it.
 */
export type OpenPipeline = (tools: PipelineTools) => Promise<Pipeline> | Pipeline;

/** Reads `rows` rows of each input and writes as many of each output, as `RunningModel` says. */
export interface Pipeline {
  run: RunningModel['run'];
  close?(): Promise<void> | void;
}

export interface PipelineTools {
  readonly config: ModelConfig; // the pipeline's own
  readonly folder: string; // of the pipeline's version, for what lies beside its code
  /** Another model of the repository, opened on this thread and for this pipeline alone. */
  model(name: string, version?: number): Promise<Stage>;
  /** Vector, session and filter indexes; those of one process share their memory. */
  addon(): Addon;
}

/** A model inside a pipeline, with room for as many rows as the pipeline runs at once. */
export interface Stage {
  readonly config: ModelConfig;
  readonly inputs: readonly TensorArray[]; // in the order of the config; to be filled before a run
  readonly outputs: readonly TensorArray[];
  run(rows: number): void | Promise<void>;
}

/**
 * Stages in code: encode, search, rank, or whatever `pipeline.mjs` says, on one thread, so that a
 * request hops to a worker once. The batcher, deadlines and priorities are those of any model.
 */
export class PipelineRuntime implements Runtime {
  readonly platform = 'pipeline';

  async open(folder: string, config: ModelConfig): Promise<RunningModel> {
    const file = join(folder, MODEL_FILES.pipeline);
    const models: RunningModel[] = [];
    const close = async (): Promise<void> => {
      for (const model of models) await model.close();
    };
    try {
      const changed = (await stat(file)).mtimeMs; // else a file that was replaced is the old one
      const { default: open } =
        await import(`${pathToFileURL(file).href}?at=${changed}`) as { default: OpenPipeline };
      if (typeof open !== 'function') throw new Error('it exports no function as its default');
      const pipeline = await open({
        config, folder,
        addon: () => loadAddon(),
        model: async (name, version) => {
          const stage = await openStage(dirname(dirname(folder)), name, version, rowsOfRun(config));
          models.push(stage.model);
          return stage;
        },
      });
      if (typeof pipeline?.run !== 'function') throw new Error('what it opens has no run');
      return {
        run: (inputs, rows, outputs) => pipeline.run(inputs, rows, outputs),
        close: async () => {
          await pipeline.close?.();
          await close();
        },
      };
    } catch (cause) {
      await close();
      throw new ServeError('backend', `${file}: ${(cause as Error).message}`, { cause });
    }
  }
}

/** Version 1 where nothing is said. */
async function openStage(
  repository: string, name: string, version: number | undefined, rowsMax: number,
): Promise<Stage & { readonly model: RunningModel }> {
  const home = join(repository, name);
  const file = join(home, 'config.json');
  const config = parseConfig(parseJson(await readFile(file, 'utf8'), file), name, file);
  if (isLoose(config) || rowsOfRun(config) < rowsMax) {
    throw new Error(
      `stage ${name}: it must have sizes of its own and take ${rowsMax} rows in one run`,
    );
  }
  const runtime = await openRuntime(config.platform);
  const model = await runtime.open(join(home, String(version ?? 1)), config);
  const blocks = (tensors: ModelConfig['input']): TensorArray[] => tensors.map((tensor) => {
    const values = DATATYPE_ARRAYS[datatypeOf(tensor) as Datatype];
    return new values(rowsOfRun(config) * elements(tensor.dims));
  });
  const [inputs, outputs] = [blocks(config.input), blocks(config.output)];
  return { config, inputs, outputs, model, run: (rows) => model.run(inputs, rows, outputs) };
}
