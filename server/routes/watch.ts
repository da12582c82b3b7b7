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
 * `GET /v1/retraining/MODEL`: how it stands; `POST` begins one, where clients may change models.
 * Without a MODEL it is purchase intent's.
 */
export function addWatchRoutes(
  router: Router, watch: WatchReports, retraining: ReadonlyMap<string, Retraining>, control: boolean,
): void {
  router.on('GET', '/v1/watch', () => jsonAnswer(JSON.stringify({ models: watch.reports })));
  router.on('GET', '/v1/watch/:model', (_, { model }) =>
    jsonAnswer(JSON.stringify(watch.report(model as string))));
  const of = (model: string): Retraining | undefined => {
    const found = retraining.get(model);
    if (found || retraining.size === 0) return found;
    const known = [...retraining.keys()].join(', ');
    throw new ServeError('unknown_model', `'${model}' is not retrained; retrained: ${known}`);
  };
  const state = (model: string) => jsonAnswer(JSON.stringify(of(model)?.state ?? { stage: 'off' }));
  const begin = (model: string) => {
    const retrainer = of(model);
    if (!retrainer) {
      throw new ServeError('unsupported', 'set VITRINE_RETRAIN_HOURS or VITRINE_RETRAIN_ON_DRIFT');
    }
    if (!control) {
      throw new ServeError('unsupported', 'set VITRINE_MODEL_CONTROL to explicit to change models');
    }
    retrainer.now();
    return jsonAnswer(JSON.stringify(retrainer.state), 202);
  };
  router.on('GET', '/v1/retraining', () => state('intent'));
  router.on('POST', '/v1/retraining', () => begin('intent'));
  router.on('GET', '/v1/retraining/:model', (_, { model }) => state(model as string));
  router.on('POST', '/v1/retraining/:model', (_, { model }) => begin(model as string));
}
