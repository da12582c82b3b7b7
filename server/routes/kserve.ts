import type { ModelDirectory, ModelMetadata } from '../catalog/directory.ts';
import type { Inference } from '../core/inference.ts';
import type { TensorSpec } from '../core/tensor.ts';
import { infer, type KserveInferParts } from './kserve-infer.ts';
import { type Answer, jsonAnswer, type Params, type Router } from './router.ts';

export interface KserveParts extends KserveInferParts {
  readonly inference: Pick<Inference, 'ready'>;
  readonly directory: ModelDirectory;
  readonly version: string; // of the product
}

/** What of Triton's extensions is here, by the names that `/v2` lists them under. */
const EXTENSIONS = ['classification', 'binary_tensor_data', 'parameters'];

/** KServe v2 with Triton's extensions: server and model metadata, health, infer. */
export function addKserveRoutes(router: Router, parts: KserveParts): void {
  const { directory, version } = parts;
  const server = () => jsonAnswer(JSON.stringify({ name: 'vitrine', version, extensions: EXTENSIONS }));
  router.on('GET', '/v2', server);
  router.on('GET', '/v2/', server);
  // Some clients read the body, others the status alone: both say it.
  router.on('GET', '/v2/health/live', () => jsonAnswer('{"live":true}'));
  router.on('GET', '/v2/health/ready', () => {
    const ready = directory.ready();
    return jsonAnswer(JSON.stringify({ ready, live: true }), ready ? 200 : 400);
  });
  for (const path of ['/v2/models/:model', '/v2/models/:model/versions/:version']) {
    router.on('GET', path, (_, params) => {
      return jsonAnswer(metadataBody(directory.metadata(params.model as string, params.version)));
    });
    router.on('GET', `${path}/ready`, (_, params) => modelReady(parts, params));
    router.on('POST', `${path}/infer`, (request, params) => infer(parts, request, params));
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

function modelReady({ inference, directory }: KserveParts, params: Params): Answer {
  const { name } = directory.metadata(params.model as string, params.version); // 404 where unknown
  if (inference.ready(name, params.version)) {
    return jsonAnswer(JSON.stringify({ name, ready: true }));
  }
  return jsonAnswer(JSON.stringify({ name, ready: false, error: 'Model version not ready' }), 400);
}
