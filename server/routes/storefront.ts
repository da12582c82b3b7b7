import type { Clock } from '../core/clock.ts';
import { ServeError } from '../core/errors.ts';
import type { Stages } from '../core/stages.ts';
import { adaptBody, formatNamed } from '../intake/formats.ts';
import { RequestTracing } from '../observe/request-tracing.ts';
import type { Storefront } from '../storefront/storefront.ts';
import type { HttpRequest } from '../transport/transport.ts';
import {
  decodeBatch,
  decodeCatalogue,
  decodeDeadline,
  decodeEvents,
  decodeForget,
  decodeInsight,
  decodePriority,
  decodeRecommend,
  decodeSimilar,
} from '../wire/decode.ts';
import { encodeJson, type Outgoing } from '../wire/encode.ts';
import { Fields } from '../wire/fields.ts';
import { decodeJson } from '../wire/json.ts';
import { Caller, type Desk } from './desk.ts';
import type { BatchReply, ShopEvent } from '../wire/schema.ts';
import { inStages } from './in-stages.ts';
import { type Answer, jsonAnswer, type Router } from './router.ts';

/** What is asked, what is left of its time, and where that is noted. */
type Run<T> = (
  asked: T, leftMs: number | undefined, priority: number | undefined, stages: Stages | undefined,
) => Promise<object>;

export interface StorefrontRouteParts {
  readonly storefront: Storefront;
  readonly clock: Clock;
  /** Where work takes its turn; it has none when absent. */
  readonly desk?: Desk;
  /** Which requests belong to a trace; those that bring one when absent, and nothing is kept. */
  readonly tracing?: RequestTracing;
}

/**
 * `POST /v1/{events,catalogue,recommend,similar,insight}`: the socket's operations without `id` and
 * `op`; `/v1/recommend/batch` is `batch`, answered in JSON lines; and `forget`.
 */
export function addStorefrontRoutes(router: Router, parts: StorefrontRouteParts): void {
  const { storefront, clock, desk } = parts;
  const tracing = parts.tracing ?? new RequestTracing(clock);
  const on = <T>(
    name: string, decode: (fields: Fields, body: unknown, query: string) => T, run: Run<T>,
    written: Written = asJson,
  ): void => {
    const answer = async (request: HttpRequest, stages: Stages | undefined): Promise<Answer> => {
      const decoded = stages?.begin('decode');
      const body = decodeJson(request.body);
      // A list may be one of messages of another system; it has no deadline.
      const fields = Fields.of(Array.isArray(body) && request.query !== '' ? {} : body, 'a request');
      const asked = decode(fields, body, request.query);
      const [deadlineMs, priority] = [decodeDeadline(fields), decodePriority(fields)];
      decoded?.();
      const reply = await (desk
        ? atDesk(desk, request, patienceOf(name, deadlineMs), stages, (leftMs) =>
          run(asked, leftMs, priority, stages))
        : run(asked, deadlineMs, priority, stages));
      const encoded = stages?.begin('encode');
      const answered = written(reply);
      encoded?.();
      return answered;
    };
    router.on('POST', `/v1/${name}`, (request) => inStages(tracing, name, request, answer));
  };
  on('events', (fields, body, query) => readEvents(fields, body, query, clock.wallMs()), (asked, _, __, stages) =>
    ingest(storefront, asked, stages));
  on('recommend', decodeRecommend, (...asked) => storefront.recommend(...asked));
  on('recommend/batch', decodeBatch, (asked, leftMs, priority) =>
    storefront.batch(asked, leftMs, priority), asLines);
  on('similar', decodeSimilar, (asked, _, __, stages) => storefront.similar(asked, stages));
  on('catalogue', decodeCatalogue, (asked, _, __, stages) => storefront.catalogue(asked, stages));
  on('forget', decodeForget, (asked) => storefront.forget(asked));
  router.on('GET', '/v1/placements', () => jsonAnswer(encodeJson({ ...storefront.placements() })));
  on('insight', decodeInsight, (...asked) => storefront.insight(...asked));
}

/** How a reply is written. */
type Written = (reply: object) => Answer;

const asJson: Written = (reply) => jsonAnswer(encodeJson(reply as Outgoing));

/** JSON lines, an answer each. */
const asLines: Written = (reply) => ({
  status: 200,
  headers: { 'content-type': 'application/x-ndjson' },
  body: (reply as BatchReply).answers.map((one) => `${encodeJson({ ...one })}\n`).join(''),
});

interface Events {
  readonly events: readonly ShopEvent[];
  readonly ignored?: number;
}

/** Ours, or with `?format=` another system's: `server/intake/README.md`. */
function readEvents(fields: Fields, body: unknown, query: string, nowMs: number): Events {
  const format = new URLSearchParams(query).get('format');
  if (format === null || format === 'vitrine') return { events: decodeEvents(fields, nowMs) };
  return adaptBody(formatNamed(format), body, nowMs);
}

/** A message that says nothing to a shop is no error. */
async function ingest(storefront: Storefront, { events, ignored }: Events, stages?: Stages): Promise<object> {
  const none = { accepted: 0, duplicates: 0 };
  const reply = events.length === 0 ? none : await storefront.ingest(events, stages);
  return ignored === undefined ? reply : { ...reply, ignored };
}

/** What happened is not late, whatever the request says. */
function patienceOf(name: string, deadlineMs: number | undefined): number | undefined {
  return name === 'events' || name === 'catalogue' ? Infinity : deadlineMs;
}

function atDesk(
  desk: Desk, request: HttpRequest, patienceMs: number | undefined, stages: Stages | undefined,
  run: (leftMs: number) => Promise<object>,
): Promise<object> {
  const queued = stages?.begin('queue');
  const ticket = desk.take(new Caller(), patienceMs, (leftMs) => {
    queued?.();
    return run(leftMs);
  });
  const left = new Promise<never>((_, reject) => {
    request.onAbort(() => {
      if (ticket.cancel()) reject(new ServeError('cancelled'));
    });
  });
  return Promise.race([ticket.done, left]);
}
