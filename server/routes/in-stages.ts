import { asServeError, type ServeError } from '../core/errors.ts';
import type { Stages } from '../core/stages.ts';
import type { RequestTracing } from '../observe/request-tracing.ts';
import type { HttpRequest } from '../transport/transport.ts';
import { inTrace, traceOf } from './kserve-infer.ts';
import type { Answer } from './router.ts';

/**
 * Answers an HTTP request in its trace, where it belongs to one: with its own span, and one for each
 * stage that is noted. `name` is what was asked for.
 */
export async function inStages(
  tracing: RequestTracing, name: string, request: HttpRequest,
  answer: (request: HttpRequest, stages: Stages | undefined) => Promise<Answer>,
): Promise<Answer> {
  const trace = tracing.begin(traceOf(request));
  if (trace === null) return answer(request, undefined);
  const stages = tracing.stages(trace);
  const ended = (error: ServeError | null): void =>
    tracing.endStages(trace, { way: 'http', name, requestId: '', stages: stages?.list ?? [], error });
  try {
    const told = inTrace(await answer(request, stages), trace);
    ended(null);
    return told;
  } catch (thrown) {
    ended(asServeError(thrown));
    throw thrown;
  }
}
