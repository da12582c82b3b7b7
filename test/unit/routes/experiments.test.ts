import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Log } from '../../../server/core/log.ts';
import { addExperimentRoutes } from '../../../server/routes/experiments.ts';
import { Router } from '../../../server/routes/router.ts';
import { callRoute } from '../../support/call-route.ts';

function routes(control: boolean) {
  const router = new Router(new Log('error', () => {}));
  let held: unknown = { experiments: [] };
  addExperimentRoutes(router, {
    get definitions() { return held as object; },
    results: (name) => ({ name }),
    replace: (value) => { held = value; },
  }, control);
  return router;
}

suite('/v1/experiments', () => {
  test('is read by anyone who may, and changed only where somebody has said so', async () => {
    const body = JSON.stringify({ experiments: [{ name: 'x' }] });
    const closed = await callRoute(routes(false), 'PUT', '/v1/experiments', body);
    assert.equal(closed.status, 501);
    assert.match(String(closed.body), /give the group `experiments` a key/);

    const router = routes(true);
    assert.equal(String((await callRoute(router, 'PUT', '/v1/experiments', body)).body), body);
    assert.equal(String((await callRoute(router, 'GET', '/v1/experiments')).body), body);
    assert.equal(String((await callRoute(router, 'GET', '/v1/experiments/x')).body), '{"name":"x"}');
    const wrong = await callRoute(router, 'DELETE', '/v1/experiments');
    assert.deepEqual([wrong.status, wrong.headers['allow']], [405, 'GET, PUT, HEAD']);
  });
});
