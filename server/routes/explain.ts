import type { ModelDetails, ModelDirectory } from '../catalog/directory.ts';
import type { Clock } from '../core/clock.ts';
import { ServeError } from '../core/errors.ts';
import type { Stages } from '../core/stages.ts';
import type { Patience } from '../explain/evaluate.ts';
import type { Explainer, FindModel } from '../explain/explainer.ts';
import type { Explanation, ExplainQuestion } from '../explain/question.ts';
import { RequestTracing } from '../observe/request-tracing.ts';
import type { HttpRequest } from '../transport/transport.ts';
import { decodeDeadline, decodePriority } from '../wire/decode.ts';
import { decodeExplain } from '../wire/decode-explain.ts';
import { encodeJson } from '../wire/encode.ts';
import { Fields } from '../wire/fields.ts';
import { decodeJson } from '../wire/json.ts';
import { Caller, type Desk, type DeskLimits } from './desk.ts';
import { inStages } from './in-stages.ts';
import { type Answer, jsonAnswer, type Router } from './router.ts';

/** Models as an explainer sees them. */
export function findModelIn(directory: ModelDirectory, details: Pick<ModelDetails, 'config'>): FindModel {
  return (model, version) => {
    const { versions, inputs, outputs, maxBatchSize, card } = directory.metadata(model, version);
    const features = card?.['features'];
    return {
      version: version !== undefined && versions.includes(version) ? version : newest(versions),
      inputs, outputs, maxBatchSize,
      parameters: details.config(model).parameters,
      ...(isNames(features) && { featureNames: features }),
    };
  };
}

/** Versions are served oldest first. */
function newest(versions: readonly string[]): string {
  return versions.at(-1) ?? '';
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}

/** Of explanations: few at once, for each has the model asked thousands of times. */
export const EXPLAIN_LIMITS: DeskLimits = {
  waitingMax: 64, startedMax: 4, deadlineMs: 5000, knownAfter: 8,
};

/** Who explains, and where its work takes turns: apart from the storefront's, which is much shorter. */
export interface Explaining {
  readonly explainer: Explainer;
  readonly desk: Desk;
  readonly clock: Clock;
}

/** An explanation within the milliseconds that are left to it. */
export function explainWithin(
  { explainer, clock }: Explaining, question: ExplainQuestion, leftMs: number,
  priority?: number, signal?: AbortSignal,
): Promise<Explanation> {
  const endUs = clock.nowUs() + leftMs * 1000;
  const patience: Patience = {
    leftMs: () => Math.floor((endUs - clock.nowUs()) / 1000),
    ...(priority !== undefined && { priority }),
    ...(signal && { signal }),
  };
  return explainer.explain(question, patience);
}

/** `POST /v1/explain`: the socket's operation without `id` and `op`. */
export function addExplainRoutes(
  router: Router, explaining: Explaining, tracing = new RequestTracing(explaining.clock),
): void {
  const answer = async (request: HttpRequest, stages: Stages | undefined): Promise<Answer> => {
    const decoded = stages?.begin('decode');
    const fields = Fields.of(decodeJson(request.body), 'a request');
    const question = decodeExplain(fields);
    const [deadlineMs, priority] = [decodeDeadline(fields), decodePriority(fields)];
    decoded?.();
    const gone = new AbortController();
    const queued = stages?.begin('queue');
    const ticket = explaining.desk.take(new Caller(), deadlineMs, (leftMs) => {
      queued?.();
      const asking = explainWithin(explaining, question, leftMs, priority, gone.signal);
      return stages?.of('explain', asking) ?? asking;
    });
    const left = new Promise<never>((_, reject) => {
      request.onAbort(() => {
        gone.abort();
        if (ticket.cancel()) reject(new ServeError('cancelled'));
      });
    });
    return jsonAnswer(encodeJson({ ...(await Promise.race([ticket.done, left])) }));
  };
  router.on('POST', '/v1/explain', (request) => inStages(tracing, 'explain', request, answer));
}
