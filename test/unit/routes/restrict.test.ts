import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { addKserveRoutes } from '../../../server/routes/kserve.ts';
import { addOpsRoutes } from '../../../server/routes/ops.ts';
import { groupOf, groupOfOp, keyFor, parseRestrictions } from '../../../server/routes/restrict.ts';
import { Router } from '../../../server/routes/router.ts';
import { Log } from '../../../server/core/log.ts';
import { encodeMsgpack } from '../../../server/wire/msgpack.ts';
import { kservePartsOf } from '../../support/kserve-parts.ts';
import { makeSessions } from '../../support/make-sessions.ts';
import { ServerSocket, settled } from '../../support/server-socket.ts';
import { callRoute } from '../../support/call-route.ts';

suite('restricted groups', () => {
  for (const [path, group] of [
    ['/v2', 'metadata'], ['/v2/', 'metadata'], ['/v2/models/:model', 'metadata'],
    ['/v2/models/:model/versions/:version', 'metadata'],
    ['/v2/health/live', 'health'], ['/v2/models/:model/ready', 'health'],
    ['/v2/models/:model/infer', 'inference'],
    ['/v2/models/:model/versions/:version/generate_stream', 'inference'],
    ['/v2/models/:model/config', 'model-config'], ['/v2/models/stats', 'statistics'],
    ['/v2/repository/index', 'model-repository'],
    ['/v2/repository/models/:model/load', 'model-repository'],
    ['/v2/models/:model/trace/setting', 'trace'], ['/v2/trace/setting', 'trace'],
    ['/v2/logging', 'logging'], ['/v2/systemsharedmemory/region/:region/register', 'shared-memory'],
    ['/v1/recommend', 'storefront'], ['/v1/experiments/:name', 'experiments'],
    ['/metrics', 'metrics'], ['/healthz', null], ['/', null],
  ] as const) {
    test(`${path} is of ${group ?? 'no group'}`, () => assert.equal(groupOf(path), group));
  }

  test('operations of a socket are of the groups of their paths', () => {
    assert.deepEqual((['infer', 'metadata', 'recommend', 'events', 'ping', 'cancel'] as const).map(groupOfOp),
      ['inference', 'metadata', 'storefront', 'storefront', null, null]);
  });

  test("keys are read as Triton's option has them", () => {
    assert.deepEqual([...parseRestrictions(' health, metadata:X-Key=a=b ; logging:other=c;')], [
      ['health', { header: 'x-key', value: 'a=b' }],
      ['metadata', { header: 'x-key', value: 'a=b' }],
      ['logging', { header: 'other', value: 'c' }],
    ]);
    assert.equal(parseRestrictions('').size, 0);
  });

  test('experiments are locked with the storefront, unless they have a key of their own', () => {
    const value = (text: string) => keyFor(parseRestrictions(text), 'experiments')?.value;

    assert.deepEqual(['metrics:k=a', 'storefront:k=a', 'storefront:k=a;experiments:k=b'].map(value),
      [undefined, 'a', 'b']);
  });

  for (const [text, message] of [
    ['logging', /'logging' is not GROUP,GROUP:header=value/],
    ['logging:key', /'logging:key' is not/],
    ['logs:key=a', /'logs' is none of health, metadata/],
    ['logging:a=b;logging:c=d', /'logging' has two keys/],
  ] as const) {
    test(`'${text}' is refused`, () =>
      assert.throws(() => parseRestrictions(text), { code: 'bad_argument', message }));
  }

  function routes() {
    const { lanes, clock } = makeSessions();
    const restrictions = parseRestrictions('model-repository,inference:Admin=secret;metrics:m=1');
    const router = new Router(new Log('error', () => {}), () => {}, 503, restrictions);
    addKserveRoutes(router, kservePartsOf(lanes, clock));
    addOpsRoutes(router, { healthy: () => true, metrics: () => 'x 1\n' });
    return router;
  }

  test('a request without the header, or with another, is answered 403 with what is missing', async () => {
    const router = routes();
    for (const headers of [{} as Record<string, string>, { admin: 'Secret' }, { admin: '' }]) {
      const answer = await callRoute(router, 'POST', '/v2/repository/index', '', headers);
      assert.deepEqual([answer.status, String(answer.body)],
        [403, `{"error":"This API is restricted, expecting header 'admin'"}`]);
    }
    const { status } = await callRoute(router, 'POST', '/v2/models/sum/infer', 'garbage');
    assert.equal(status, 403, 'before the body is looked at');
    assert.equal((await callRoute(router, 'GET', '/metrics')).status, 403);
  });

  test('with it the request goes its way; other groups need none', async () => {
    const router = routes();
    const headers = { admin: 'secret' };
    assert.equal((await callRoute(router, 'POST', '/v2/repository/index', '', headers)).status, 200);
    assert.equal((await callRoute(router, 'GET', '/v2')).status, 200);
    assert.equal((await callRoute(router, 'GET', '/healthz')).status, 200);
  });

  test('a socket is refused what is restricted, by the fast path too', async () => {
    const { sessions } = makeSessions(undefined, {}, {
      restrictions: parseRestrictions('inference,storefront:admin=secret'),
    });
    const socket = new ServerSocket();
    sessions.open(socket);
    const data = new Uint8Array(16);
    const infer = { id: 1, op: 'infer', model: 'sum', inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data }] };
    const recommend = { id: 2, op: 'recommend' };
    for (const message of [infer, infer, infer, recommend, { id: 3, op: 'ping' }]) {
      sessions.message(socket, encodeMsgpack(message), true);
      await settled();
    }
    const replies = socket.read() as { id: number; error?: { code: string; message: string }; pong?: boolean }[];
    assert.deepEqual(replies.map(({ error }) => error?.code),
      ['restricted', 'restricted', 'restricted', 'restricted', undefined]);
    assert.match(replies[0]!.error!.message, /'infer' goes over HTTP, with the header 'admin'/);
  });
});
