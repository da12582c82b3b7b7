import type { ModelDirectory } from '../catalog/directory.ts';
import { asServeError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Tracer } from '../observe/tracer.ts';
import { inTritonWords, KserveError } from '../wire/kserve-error.ts';
import {
  decodeLogSettings, decodeTraceChange, encodeLogSettings, encodeTraceSettings,
} from '../wire/kserve-settings.ts';
import { type Answer, jsonAnswer, type Router } from './router.ts';

export interface SettingsParts {
  readonly directory: ModelDirectory;
  readonly tracer: Tracer;
  readonly log: Log;
  /** Called when another choice of the log's levels is written. */
  readonly onLogLevels?: () => void;
}

/** Triton's `trace` and `logging`: settings that clients may read and change. */
export function addSettingsRoutes(router: Router, { directory, tracer, log, onLogLevels }: SettingsParts): void {
  const trace = (model: string | undefined, body?: Uint8Array): Answer => {
    if (model !== undefined) checkModel(directory, model);
    if (body) {
      const change = decodeTraceChange(body);
      if (change.level === 'TIMESTAMPS' && tracer.file === '') {
        throw new KserveError('unsupported', 'there is no trace file: set VITRINE_TRACE_FILE');
      }
      tracer.change(model, change);
    }
    return jsonAnswer(encodeTraceSettings(tracer.settings(model), tracer.file));
  };
  for (const path of ['/v2/trace/setting', '/v2/models/:model/trace/setting']) {
    router.on('GET', path, (_, { model }) => trace(model));
    router.on('POST', path, ({ body }, { model }) => trace(model, body));
  }
  const logging = (): Answer => jsonAnswer(encodeLogSettings(log.on));
  router.on('GET', '/v2/logging', logging);
  router.on('POST', '/v2/logging', ({ body }) => {
    for (const [level, on] of Object.entries(decodeLogSettings(body))) {
      if (on !== undefined) log.on[level as keyof typeof log.on] = on;
    }
    onLogLevels?.();
    return logging();
  });
}

function checkModel(directory: ModelDirectory, model: string): void {
  try {
    directory.metadata(model);
  } catch (thrown) {
    throw inTritonWords(asServeError(thrown), model, undefined, '');
  }
}

/** Triton's shared memory is not here; its paths say so. */
export function addSharedMemoryRoutes(router: Router): void {
  const refuse = (): never => {
    throw new KserveError('unsupported', 'shared memory is not supported: send the tensor itself');
  };
  for (const kind of ['system', 'cuda']) {
    for (const region of ['', '/region/:region']) {
      const path = `/v2/${kind}sharedmemory${region}`;
      router.on('GET', `${path}/status`, refuse);
      router.on('POST', `${path}/register`, refuse);
      router.on('POST', `${path}/unregister`, refuse);
    }
  }
}
