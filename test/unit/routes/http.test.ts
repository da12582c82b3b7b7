import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Log } from '../../../server/core/log.ts';
import { ServeError } from '../../../server/core/errors.ts';
import { Desk } from '../../../server/routes/desk.ts';
import { addKserveRoutes } from '../../../server/routes/kserve.ts';
import { addOpsRoutes } from '../../../server/routes/ops.ts';
import { Router } from '../../../server/routes/router.ts';
import { addStorefrontRoutes } from '../../../server/routes/storefront.ts';
import { callRoute } from '../../support/call-route.ts';
import { kservePartsOf } from '../../support/kserve-parts.ts';
import { makeSessions } from '../../support/make-sessions.ts';

function setup() {
  const { lanes, storefront, clock } = makeSessions();
  const logged: string[] = [];
  const observed: string[] = [];
  const router = new Router(new Log('warn', (line) => logged.push(line)), (pattern, status) =>
    observed.push(`${pattern} ${status}`),
  );
  let healthy = true;
  addKserveRoutes(router, kservePartsOf(lanes, clock));
  addStorefrontRoutes(router, { storefront, clock });
  addOpsRoutes(router, { healthy: () => healthy, metrics: () => 'one 1\n' });
  const call = async (
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ) => {
    const { status, body: text } = await callRoute(router, method, path, body, headers);
    return [status, text.startsWith('{') ? (JSON.parse(text) as unknown) : text];
  };
  return {
    router,
    lanes,
    storefront,
    clock,
    logged,
    observed,
    call,
    sicken: () => (healthy = false),
  };
}
const x = (data: unknown) => ({ name: 'x', shape: [1, 4], datatype: 'FP32', data });

suite('KServe v2 routes', () => {
  test('the server says what it is, that it lives and that it is ready', async () => {
    const { call, lanes } = setup();

    for (const path of ['/v2', '/v2/'])
      assert.deepEqual(await call('GET', path), [
        200,
        { name: 'vitrine', version: '1.2.3', extensions: [
          'classification', 'sequence', 'sequence(string_id)', 'model_configuration', 'model_repository',
          'model_repository(unload_dependents)', 'binary_tensor_data', 'parameters', 'statistics',
          'schedule_policy', 'trace', 'logging',
        ] },
      ]);
    assert.deepEqual(await call('GET', '/v2/health/live'), [200, { live: true }]);
    assert.deepEqual(await call('GET', '/v2/health/ready'), [200, { ready: true, live: true }]);
    lanes.lanes.length = 0;
    assert.deepEqual(await call('GET', '/v2/health/ready'), [400, { ready: false, live: true }]);
  });

  test('a model says what it takes and gives, and whether it is ready', async () => {
    const { call, lanes } = setup();
    const metadata = {
      name: 'sum',
      versions: ['1'],
      platform: 'plain',
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 4] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 1] }],
    };

    assert.deepEqual(await call('GET', '/v2/models/sum'), [200, metadata]);
    assert.deepEqual(await call('GET', '/v2/models/s%75m/versions/1'), [200, metadata]);
    assert.deepEqual(await call('GET', '/v2/models/sum/ready'), [
      200,
      { name: 'sum', ready: true },
    ]);
    lanes.ready = () => false;
    assert.deepEqual(await call('GET', '/v2/models/sum/versions/1/ready'), [
      400,
      { name: 'sum', ready: false, error: 'Model version not ready' },
    ]);
    assert.deepEqual(await call('GET', '/v2/models/nobody'), [
      404,
      { error: "Request for unknown model: 'nobody' is not found" },
    ]);
    assert.deepEqual(await call('GET', '/v2/models/sum/versions/7/ready'), [
      404,
      { error: "Request for unknown model: 'sum' version 7 is not found" },
    ]);
  });

  test('infer answers with the outputs, and with an error that is text alone', async () => {
    const { call } = setup();
    const answer = {
      model_name: 'sum',
      model_version: '1',
      outputs: [{ name: 'y', datatype: 'FP32', shape: [1, 1], data: [10] }],
    };

    assert.deepEqual(await call('POST', '/v2/models/sum/infer', { inputs: [x([1, 2, 3, 4])] }), [
      200,
      answer,
    ]);
    assert.deepEqual(
      await call('POST', '/v2/models/sum/versions/1/infer', {
        id: 'q',
        inputs: [x([[1, 2, 3, 4]])],
      }),
      [200, { ...answer, id: 'q' }],
    );
  });
});

suite('storefront routes', () => {
  test('events, recommend, similar and insight take and give what the socket does', async () => {
    const { call, storefront, clock } = setup();

    assert.deepEqual(
      await call('POST', '/v1/events', {
        events: [{ id: 1, type: 'item_view', session: 2, items: [3] }],
      }),
      [200, { accepted: 1, duplicates: 0 }],
    );
    assert.deepEqual(storefront.asked, [
      [
        {
          id: '1',
          type: 'item_view',
          session: '2',
          atMs: clock.wallMs(),
          items: [{ item: '3', quantity: 1 }],
        },
      ],
    ]);
    const [status, recommended] = await call('POST', '/v1/recommend', {
      session: 's',
      k: 1,
      deadline_ms: 10,
    });
    assert.equal(status, 200);
    assert.deepEqual(recommended, {
      attribution: 'a-s',
      items: [{ item: 's', score: 1, reason: { code: 'popular', text: 'Popular' } }],
      degraded: [],
    });
    assert.equal((await call('POST', '/v1/similar', { item: 5 }))[0], 200);
    const insight = (await call('POST', '/v1/insight', { session: 's' }))[1] as {
      intent: Record<string, unknown>;
    };
    assert.equal(insight.intent.trained_on, 'demo');
  });

  test('a batch is answered in JSON lines, a customer each', async () => {
    const { router } = setup();
    const { status, headers, body } = await callRoute(router, 'POST', '/v1/recommend/batch', { customers: ['c', 'd'] });

    assert.deepEqual([status, headers['content-type']], [200, 'application/x-ndjson']);
    const lines = body.trimEnd().split('\n').map((line) => JSON.parse(line) as { customer: string; items: unknown[] });
    assert.deepEqual(lines.map(({ customer, items }) => [customer, items.length]), [['c', 1], ['d', 1]]);
  });

  test('an error has its code beside its text', async () => {
    const { call } = setup();

    assert.deepEqual(await call('POST', '/v1/similar', { item: 'none' }), [
      404,
      { error: 'there is no such item: none', code: 'unknown_item' },
    ]);
    assert.deepEqual(await call('POST', '/v1/recommend', '[]'), [
      400,
      {
        error: 'the request does not decode: expected a request as a map, got a list of 0',
        code: 'bad_request',
      },
    ]);
    assert.deepEqual(await call('POST', '/v1/recommend', ''), [
      400,
      {
        error: 'the request does not decode: JSON: Unexpected end of JSON input',
        code: 'bad_request',
      },
    ]);
  });
});

suite('Router', () => {
  test('an unknown path is 404, a known one with another method 405 and Allow', async () => {
    const { router, call, observed } = setup();

    assert.deepEqual(await call('GET', '/v1/nothing'), [
      404,
      { error: 'there is no such path: /v1/nothing', code: 'unknown_path' },
    ]);
    assert.deepEqual(await call('GET', '/v2/nothing'), [
      404,
      { error: 'there is no such path: /v2/nothing' },
    ]);
    const { status, headers } = await callRoute(router, 'DELETE', '/v2/models/sum');
    assert.deepEqual([status, headers.allow], [405, 'GET, HEAD']);
    assert.equal((await call('HEAD', '/healthz'))[0], 200);
    assert.equal((await call('GET', '/v2/models/%E0%A4%A'))[0], 400);
    assert.deepEqual(observed, [
      'none 404',
      'none 404',
      '/v2/models/:model 405',
      '/healthz 200',
      'none 400',
    ]);
  });

  test('health and numbers are for who runs the server', async () => {
    const { router, call, sicken } = setup();

    assert.deepEqual(await call('GET', '/healthz'), [200, { status: 'ok' }]);
    sicken();
    assert.deepEqual(await call('GET', '/healthz'), [503, { status: 'unavailable' }]);
    const { headers, body } = await callRoute(router, 'GET', '/metrics');
    assert.deepEqual(
      [headers['content-type'], body],
      ['text/plain; version=0.0.4; charset=utf-8', 'one 1\n'],
    );
  });

  test('a defect is 500, told by an id that the log has with all of it', async () => {
    const { call, logged } = setup();

    const [status, body] = await call('POST', '/v1/similar', { item: 'defect' });
    const { error, code } = body as { error: string; code: string };
    assert.deepEqual([status, code], [500, 'internal']);
    assert.match(error, /^the server has a defect: error [0-9a-f]{8}$/);
    assert.match(logged[0]!, /TypeError: a defect of the server/);
    assert.ok(logged[0]!.includes(error));
    assert.equal((await call('GET', '/healthz'))[0], 200);
  });
});

suite('What is refused for load', () => {
  test('is 503 with Retry-After in seconds, or 429 where the setting says so', async () => {
    for (const [shedStatus, code, status] of [
      [503, 'overloaded', 503], [503, 'deadline', 503], [429, 'overloaded', 429],
      [429, 'deadline', 429], [429, 'draining', 503], [429, 'backend', 500],
    ] as const) {
      const router = new Router(new Log('error', () => {}), undefined, shedStatus);
      router.on('GET', '/x', () => { throw new ServeError(code, '', { retryAfterMs: 1200 }); });
      const answer = await callRoute(router, 'GET', '/x');
      assert.equal(answer.status, status);
      assert.equal(answer.headers['retry-after'], code === 'backend' ? undefined : '2');
    }
  });

  test('a storefront request takes its turn at the desk, and is refused where that is full', async () => {
    const { storefront, clock } = makeSessions();
    const router = new Router(new Log('error', () => {}), undefined, 429);
    const limits = { waitingMax: 1, startedMax: 1, deadlineMs: 100, knownAfter: 1 };
    const desk = new Desk({ clock, pace: null, nextTurn: setImmediate, limits });
    addStorefrontRoutes(router, { storefront, clock, desk });
    const call = () => callRoute(router, 'POST', '/v1/similar', { item: 'lamp' });
    const answers = await Promise.all([call(), call()]);

    assert.deepEqual(answers.map(({ status }) => status), [200, 429]);
  });
});
