import type { ModelDirectory, ModelMetadata } from '../catalog/directory.ts';
import type { Inference } from '../core/inference.ts';
import type { TensorSpec } from '../core/tensor.ts';
import { asServeError } from '../core/errors.ts';
import { encodeConfig } from '../wire/kserve-config.ts';
import { inTritonWords } from '../wire/kserve-error.ts';
import { encodeStats, type VersionStats } from '../wire/kserve-stats.ts';
import { InferPlans } from '../wire/kserve-plans.ts';
import { generate } from './kserve-generate.ts';
import { infer, type KserveInferParts } from './kserve-infer.ts';
import { KserveFast } from './kserve-fast.ts';
import { addRepositoryRoutes, type RepositoryParts } from './kserve-repository.ts';
import {
  addSettingsRoutes, addSharedMemoryRoutes, type SettingsParts,
} from './kserve-settings.ts';
import { type Answer, jsonAnswer, type Params, type Router } from './router.ts';

export interface KserveParts extends KserveInferParts, RepositoryParts, SettingsParts {
  readonly inference: Pick<Inference, 'ready'>;
  readonly directory: ModelDirectory;
  readonly version: string; // of the product
  /** Of every loaded version. */
  readonly stats: () => readonly VersionStats[];
  /** Resolves when `stats` knows what was counted on other threads by now. */
  readonly refresh?: () => Promise<void>;
}

/** What of Triton's extensions is here, by the names that `/v2` lists them under. */
const EXTENSIONS = [
  'classification', 'sequence', 'sequence(string_id)', 'model_configuration', 'model_repository',
  'model_repository(unload_dependents)', 'binary_tensor_data', 'parameters', 'statistics',
  'schedule_policy', 'trace', 'logging',
];

const MODEL_PATHS = ['/v2/models/:model', '/v2/models/:model/versions/:version'];

/** KServe v2 with Triton's extensions: server and model metadata, health, infer. */
export function addKserveRoutes(router: Router, parts: KserveParts): void {
  const { directory, version, refresh } = parts;
  const counted = (answer: () => Answer): Answer | Promise<Answer> =>
    refresh ? refresh().then(answer) : answer();
  const server = () => jsonAnswer(JSON.stringify({ name: 'vitrine', version, extensions: EXTENSIONS }));
  router.on('GET', '/v2', server);
  router.on('GET', '/v2/', server);
  // Some clients read the body, others the status alone: both say it.
  router.on('GET', '/v2/health/live', () => jsonAnswer('{"live":true}'));
  router.on('GET', '/v2/health/ready', () => {
    const ready = directory.ready();
    return jsonAnswer(JSON.stringify({ ready, live: true }), ready ? 200 : 400);
  });
  addRepositoryRoutes(router, parts);
  addSettingsRoutes(router, parts);
  addSharedMemoryRoutes(router);
  router.on('GET', '/v2/models/stats', () => counted(() => jsonAnswer(encodeStats(parts.stats()))));
  for (const path of MODEL_PATHS) {
    const of = (below: string, route: (model: string, version?: string) => Answer): void => {
      router.on('GET', path + below, (_, params) => ofModel(params, route));
    };
    of('', (model, version) => jsonAnswer(metadataBody(directory.metadata(model, version))));
    of('/ready', (model, version) => modelReady(parts, model, version));
    of('/config', (model, version) => {
      directory.metadata(model, version); // 404 where unknown
      return jsonAnswer(encodeConfig(parts.details.config(model)));
    });
    router.on('GET', `${path}/stats`, (_, params) => counted(() =>
      ofModel(params, (model, version) => jsonAnswer(statsBody(parts, model, version)))));
  }
  addInferRoutes(router, parts);
}

/** What runs a model: `infer`, `generate` and `generate_stream`. */
export function addInferRoutes(router: Router, parts: KserveInferParts): void {
  const plans = new InferPlans();
  const fast = new KserveFast();
  for (const path of MODEL_PATHS) {
    router.on('POST', `${path}/infer`, (request, params) => infer(parts, plans, fast, request, params));
    for (const [below, stream] of [['generate', false], ['generate_stream', true]] as const) {
      router.on('POST', `${path}/${below}`, (request, params) => generate(parts, request, params, stream));
    }
  }
}

function metadataBody(metadata: ModelMetadata): string {
  const { name, versions, platform, inputs, outputs } = metadata;
  const described = (specs: readonly TensorSpec[]) =>
    specs.map((spec) => tensorBody(spec, metadata));
  return JSON.stringify({
    name,
    versions,
    platform,
    inputs: described(inputs),
    outputs: described(outputs),
  });
}

/** A tensor as clients send it: its shape begins with -1 where requests bring rows. */
export function tensorBody({ name, datatype, dims }: TensorSpec, { maxBatchSize }: ModelMetadata) {
  return { name, datatype, shape: maxBatchSize > 0 ? [-1, ...dims] : dims };
}

/** What is asked of a model; failures are told in Triton's words. */
function ofModel(
  { model, version }: Params, route: (model: string, version?: string) => Answer,
): Answer {
  try {
    return route(model as string, version);
  } catch (thrown) {
    throw inTritonWords(asServeError(thrown), model as string, version, '');
  }
}

/** Of one version, by number or label; of all that are loaded when none is named. */
function statsBody({ directory, stats, lanes }: KserveParts, model: string, version?: string) {
  directory.metadata(model, version); // 404 where unknown
  const number = version === undefined ? undefined : lanes.lane(model, version).version;
  return encodeStats(stats().filter((one) =>
    one.model === model && (number === undefined || one.version === number)));
}

function modelReady({ inference, directory }: KserveParts, model: string, version?: string): Answer {
  const { name } = directory.metadata(model, version); // 404 where unknown
  if (inference.ready(name, version)) {
    return jsonAnswer(JSON.stringify({ name, ready: true }));
  }
  return jsonAnswer(JSON.stringify({ name, ready: false, error: 'Model version not ready' }), 400);
}
