import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Log } from '../../../server/core/log.ts';
import { RequestLog, type RequestLogging } from '../../../server/observe/request-log.ts';
import { addKserveRoutes } from '../../../server/routes/kserve.ts';
import { Router } from '../../../server/routes/router.ts';
import { encodeMsgpack } from '../../../server/wire/msgpack.ts';
import { callRoute } from '../../support/call-route.ts';
import { kservePartsOf } from '../../support/kserve-parts.ts';
import { makeSessions } from '../../support/make-sessions.ts';
import { ServerSocket, settled } from '../../support/server-socket.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const traceparent = `00-${TRACE}-b7ad6b7169203331-01`;
const data = new Uint8Array(16);
const INFER = { op: 'infer', model: 'sum', inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data }] };

function setUp(which: RequestLogging) {
  const lines: Record<string, unknown>[] = [];
  const log = new Log('info', (line) => lines.push(JSON.parse(line) as Record<string, unknown>));
  const requests = new RequestLog(log, which);
  const made = makeSessions(undefined, {}, { requests });
  const router = new Router(log, () => {}, 503, new Map(), requests.on ? requests : null);
  addKserveRoutes(router, kservePartsOf(made.lanes, made.clock));
  const read = () => lines.splice(0).map(({ at, ms, ...rest }) => {
    assert.match(String(at), /^\d{4}-/);
    assert.ok(typeof ms === 'number' && ms >= 0);
    return rest;
  });
  return { ...made, router, read };
}
const LINE = { level: 'info', what: 'request' };

suite('the log of requests', () => {
  test('HTTP: the pattern of the path, the status, the id and the trace', async () => {
    const { router, read } = setUp('all');
    const body = { id: 'r-1', inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] }] };
    await callRoute(router, 'POST', '/v2/models/sum/infer', body, { traceparent });
    await callRoute(router, 'POST', '/v2/models/sum/infer', { ...body, inputs: [] });
    await callRoute(router, 'GET', '/v2/models/secret');
    await callRoute(router, 'GET', '/nowhere');

    const http = { ...LINE, way: 'http' };
    assert.deepEqual(read(), [
      { ...http, op: 'POST /v2/models/:model/infer', outcome: 200, id: 'r-1', trace_id: TRACE },
      { ...http, op: 'POST /v2/models/:model/infer', outcome: 400, id: 'r-1' },
      { ...http, op: 'GET /v2/models/:model', outcome: 404 },
      { ...http, op: 'GET none', outcome: 404 },
    ]);
  });

  test('WebSocket: every request of the fast path too, once', async () => {
    const { sessions, read } = setUp('all');
    const socket = new ServerSocket();
    sessions.open(socket);
    for (const message of [
      { id: 1, ...INFER }, { id: 2, ...INFER }, { id: 3, ...INFER, traceparent },
      { id: 'p', op: 'ping' }, { id: 5, ...INFER, model: 'none' }, { id: 6, op: 'dance' },
    ]) {
      sessions.message(socket, encodeMsgpack(message), true);
      await settled();
    }
    const line = { ...LINE, way: 'websocket', socket: 1, op: 'infer', outcome: 'ok' };
    assert.deepEqual(read(), [
      { ...line, id: 1 }, { ...line, id: 2 }, { ...line, id: 3, trace_id: TRACE },
      { ...line, id: 'p', op: 'ping' },
      { ...line, id: 5, outcome: 'unknown_model' },
      { ...line, id: 6, op: 'unreadable', outcome: 'unknown_op' },
    ]);
  });

  test('only those that failed, where it is asked for so; none by default', async () => {
    for (const [which, count] of [['failed', 1], ['none', 0]] as const) {
      const { router, read } = setUp(which);
      await callRoute(router, 'GET', '/v2');
      await callRoute(router, 'GET', '/v2/models/none');
      assert.equal(read().length, count);
    }
  });
});
