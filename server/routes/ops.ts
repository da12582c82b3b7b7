import { jsonAnswer, type Router } from './router.ts';

export interface OpsParts {
  /** Whether requests are taken: false while starting and while draining. */
  readonly healthy: () => boolean;
  /** The numbers in Prometheus' text format. */
  readonly metrics: () => string | Promise<string>;
}

/** For who runs the server: `/healthz` (200 or 503) and `/metrics`. */
export function addOpsRoutes(router: Router, { healthy, metrics }: OpsParts): void {
  router.on('GET', '/healthz', () => {
    const ok = healthy();
    return jsonAnswer(JSON.stringify({ status: ok ? 'ok' : 'unavailable' }), ok ? 200 : 503);
  });
  router.on('GET', '/metrics', async () => ({
    status: 200,
    headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
    body: await metrics(),
  }));
}
