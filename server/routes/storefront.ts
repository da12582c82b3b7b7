import type { Clock } from '../core/clock.ts';
import type { Storefront } from '../storefront/storefront.ts';
import {
  decodeDeadline,
  decodeEvents,
  decodeInsight,
  decodeRecommend,
  decodeSimilar,
} from '../wire/decode.ts';
import { encodeJson, type Outgoing } from '../wire/encode.ts';
import { Fields } from '../wire/fields.ts';
import { decodeJson } from '../wire/json.ts';
import { jsonAnswer, type Router } from './router.ts';

/** `POST /v1/{events,recommend,similar,insight}`: the socket's operations without `id` and `op`. */
export function addStorefrontRoutes(router: Router, storefront: Storefront, clock: Clock): void {
  const on = (name: string, run: (fields: Fields) => Promise<object>): void => {
    router.on('POST', `/v1/${name}`, async (request) => {
      const reply = await run(Fields.of(decodeJson(request.body), 'a request'));
      return jsonAnswer(encodeJson(reply as Outgoing));
    });
  };
  on('events', (fields) => storefront.ingest(decodeEvents(fields, clock.wallMs())));
  on('recommend', (fields) =>
    storefront.recommend(decodeRecommend(fields), decodeDeadline(fields)),
  );
  on('similar', (fields) => storefront.similar(decodeSimilar(fields)));
  on('insight', (fields) => storefront.insight(decodeInsight(fields), decodeDeadline(fields)));
}
