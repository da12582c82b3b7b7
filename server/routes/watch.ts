import { jsonAnswer, type Router } from './router.ts';

/** What the routes want of `Watch`. */
export interface WatchReports {
  readonly reports: readonly object[];
  report(model: string): object;
}

/** `GET /v1/watch`, `GET /v1/watch/MODEL`: drift, anomalies, quality and alerts at the last look. */
export function addWatchRoutes(router: Router, watch: WatchReports): void {
  router.on('GET', '/v1/watch', () => jsonAnswer(JSON.stringify({ models: watch.reports })));
  router.on('GET', '/v1/watch/:model', (_, { model }) =>
    jsonAnswer(JSON.stringify(watch.report(model as string))));
}
