import { ServeError } from '../core/errors.ts';
import { jsonAnswer, type Router } from './router.ts';

/** What the routes want of `Watch`. */
export interface WatchReports {
  readonly reports: readonly object[];
  report(model: string): object;
}

/** What the routes want of `Retrainer`. */
export interface Retraining {
  readonly state: object;
  now(): void;
}

/**
 * `GET /v1/watch`, `GET /v1/watch/MODEL`: drift, anomalies, quality and alerts at the last look.
 * `GET /v1/retraining`: how it stands; `POST` begins one, where clients may change models.
 */
export function addWatchRoutes(
  router: Router, watch: WatchReports, retraining: Retraining | null, control: boolean,
): void {
  router.on('GET', '/v1/watch', () => jsonAnswer(JSON.stringify({ models: watch.reports })));
  router.on('GET', '/v1/watch/:model', (_, { model }) =>
    jsonAnswer(JSON.stringify(watch.report(model as string))));
  router.on('GET', '/v1/retraining', () =>
    jsonAnswer(JSON.stringify(retraining?.state ?? { stage: 'off' })));
  router.on('POST', '/v1/retraining', () => {
    if (!retraining) {
      throw new ServeError('unsupported', 'set VITRINE_RETRAIN_HOURS or VITRINE_RETRAIN_ON_DRIFT');
    }
    if (!control) {
      throw new ServeError('unsupported', 'set VITRINE_MODEL_CONTROL to explicit to change models');
    }
    retraining.now();
    return jsonAnswer(JSON.stringify(retraining.state), 202);
  });
}
