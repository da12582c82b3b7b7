import type { Clock } from '../core/clock.ts';
import { ServeError } from '../core/errors.ts';
import type { Storefront } from '../storefront/storefront.ts';
import {
  decodeCatalogue,
  decodeDeadline,
  decodeEvents,
  decodeInsight,
  decodePriority,
  decodeRecommend,
  decodeSimilar,
} from '../wire/decode.ts';
import { encodeJson, type Outgoing } from '../wire/encode.ts';
import { Fields } from '../wire/fields.ts';
import { decodeJson } from '../wire/json.ts';
import { Caller, type Desk } from './desk.ts';
import { jsonAnswer, type Router } from './router.ts';

/** `POST /v1/{events,catalogue,recommend,similar,insight}`: the socket's operations without `id` and `op`. */
export function addStorefrontRoutes(
  router: Router, storefront: Storefront, clock: Clock, desk: Desk | null = null,
): void {
  type Run<T> = (asked: T, leftMs: number | undefined, priority: number | undefined) => Promise<object>;
  const on = <T>(name: string, decode: (fields: Fields) => T, run: Run<T>): void => {
    router.on('POST', `/v1/${name}`, async (request) => {
      const fields = Fields.of(decodeJson(request.body), 'a request');
      const asked = decode(fields);
      const [deadlineMs, priority] = [decodeDeadline(fields), decodePriority(fields)];
      if (!desk) return jsonAnswer(encodeJson((await run(asked, deadlineMs, priority)) as Outgoing));
      const told = name === 'events' || name === 'catalogue';
      const patienceMs = told ? Infinity : deadlineMs;
      const ticket = desk.take(new Caller(), patienceMs, (leftMs) => run(asked, leftMs, priority));
      const left = new Promise<never>((_, reject) => {
        request.onAbort(() => {
          if (ticket.cancel()) reject(new ServeError('cancelled'));
        });
      });
      return jsonAnswer(encodeJson((await Promise.race([ticket.done, left])) as Outgoing));
    });
  };
  on('events', (fields) => decodeEvents(fields, clock.wallMs()), (asked) => storefront.ingest(asked));
  on('recommend', decodeRecommend, (...asked) => storefront.recommend(...asked));
  on('similar', decodeSimilar, (asked) => storefront.similar(asked));
  on('catalogue', decodeCatalogue, (asked) => storefront.catalogue(asked));
  on('insight', decodeInsight, (...asked) => storefront.insight(...asked));
}
