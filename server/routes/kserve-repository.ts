import type { ModelRepository } from '../catalog/directory.ts';
import { withoutFolders } from '../core/client-text.ts';
import { asServeError, ServeError } from '../core/errors.ts';
import type { HttpRequest } from '../transport/transport.ts';
import { KserveError } from '../wire/kserve-error.ts';
import { decodeIndex, decodeLoad, decodeUnload } from '../wire/kserve-repository.ts';
import { type Answer, jsonAnswer, type Params, type Router } from './router.ts';

export interface RepositoryParts {
  readonly repository: ModelRepository;
  /** Whether clients may load and unload models. */
  readonly control: boolean;
}

/** Triton's `model_repository`: which models there are, and, where allowed, which are served. */
export function addRepositoryRoutes(router: Router, parts: RepositoryParts): void {
  const { repository } = parts;
  router.on('POST', '/v2/repository/index', async (request) => {
    const onlyReady = decodeIndex(request.body);
    const all = await repository.index();
    const shown = onlyReady ? all.filter(({ state }) => state === 'READY') : all;
    return jsonAnswer(JSON.stringify(shown.map((state) =>
      state.reason === undefined ? state : { ...state, reason: withoutFolders(state.reason) })));
  });
  const control = (action: string, change: (name: string, request: HttpRequest) => Promise<void>) => {
    router.on('POST', `/v2/repository/models/:model/${action}`, (request, params) =>
      controlled(parts, action, params, () => change(params.model as string, request)));
    router.on('POST', `/v2/repository/:repository/models/:model/${action}`, () => {
      throw new KserveError('unsupported', "'repository_name' specification is not supported");
    });
  };
  control('load', (name, { body }) => repository.load(name, decodeLoad(body)));
  control('unload', (name, { body }) => {
    decodeUnload(body); // no model depends on another here, so there is nothing more to unload
    return repository.unload(name);
  });
}

/** An empty body says that it is done. */
async function controlled(
  { control }: RepositoryParts, action: string, { model }: Params, change: () => Promise<void>,
): Promise<Answer> {
  if (!control) {
    throw new KserveError('unsupported',
      'explicit model load / unload is not allowed: set VITRINE_MODEL_CONTROL to explicit');
  }
  try {
    await change();
  } catch (thrown) {
    throw inControlWords(asServeError(thrown), action, model as string);
  }
  return jsonAnswer('');
}

function inControlWords(error: ServeError, action: string, model: string): ServeError {
  if (error instanceof KserveError || error.code === 'draining') return error;
  const why = error.code === 'unknown_model'
    ? 'failed to poll from model repository'
    : `no version is available: ${withoutFolders(error.message)}`;
  return new KserveError(error.code, `failed to ${action} '${model}', ${why}`, error);
}
