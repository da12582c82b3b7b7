import { type FailureCode, ServeError } from '../core/errors.ts';

/** A failure whose whole message is told to clients of KServe v2, in Triton's words. */
export class KserveError extends ServeError {
  /** Of the request that failed, for the log; '' where it has none, or none that could be read. */
  id = '';

  constructor(code: FailureCode, text: string, cause?: unknown) {
    const { retryAfterMs } = cause instanceof ServeError ? cause : {};
    super(code, text, { cause, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
    this.message = text;
  }
}

/** Runs a decoder of the field `name`; what it refuses is told as Triton does. */
export function parsing<Out>(name: string, decode: () => Out): Out {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof ServeError) || error instanceof KserveError) throw error;
    throw new KserveError(error.code, `Unable to parse '${name}': ${error.detail}`, error);
  }
}

/**
 * A failure of an infer request in Triton's words. `id` is the request's own; '' where it has none,
 * or none that could be read.
 */
export function inTritonWords(
  error: ServeError, model: string, version: string | undefined, id: string,
): ServeError {
  const told = inWords(error, model, version, id);
  if (told instanceof KserveError) told.id = id;
  return told;
}

function inWords(
  error: ServeError, model: string, version: string | undefined, id: string,
): ServeError {
  if (error instanceof KserveError) return error;
  const request = `[request id: ${id === '' ? '<id_unknown>' : id}]`;
  const unknown = `Request for unknown model: '${model}'`;
  const { code, detail } = error;
  switch (code) {
    case 'unknown_model': return new KserveError(code, `${unknown} is not found`, error);
    case 'unknown_version':
      return new KserveError(code, `${unknown} version ${version} is not found`, error);
    case 'model_not_ready':
      return new KserveError(code, `${unknown} has no available versions: ${detail}`, error);
    case 'bad_tensor': return new KserveError(code, `${request} ${detail}`, error);
    case 'overloaded':
      return new KserveError(code, `${request} Exceeds maximum queue size: ${detail}`, error);
    case 'deadline': return new KserveError(code, `${request} Request timeout expired`, error);
    default: return error;
  }
}
