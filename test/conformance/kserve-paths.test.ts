/** Where the server has its files is the log's business, and no client's. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { seededMlp } from '../../models/recipes/dense.ts';
import { Log } from '../../server/core/log.ts';
import { addKserveRoutes } from '../../server/routes/kserve.ts';
import { Router } from '../../server/routes/router.ts';
import type { ModelHost } from '../../server/serve.ts';
import { callRoute } from '../support/call-route.ts';
import { openHost } from '../support/host.ts';
import { kservePartsOf } from '../support/kserve-parts.ts';
import { makeSessions } from '../support/make-sessions.ts';
import { temporaryFolder, writeDense, writeFiles } from '../support/model-repository.ts';

suite('files of the server', () => {
  const repository = temporaryFolder();
  const lines: string[] = [];
  let host: ModelHost;
  let router: Router;
  before(async () => {
    const model = seededMlp(3, [2, 3, 1]);
    writeDense(repository, 'cut', model, 'onnxruntime_onnx');
    writeFiles(join(repository, 'cut', '1'), { 'model.onnx': 'no model at all' });
    writeDense(repository, 'gone', model, 'plain');
    writeFiles(join(repository, 'gone', '1'), { 'model.plain.json': '{"layers": [' });
    writeDense(repository, 'typo', model, 'plain', { platfrom: 'plain' });
    host = await openHost(repository, {}, lines);
    const { lanes, clock } = makeSessions();
    router = new Router(new Log('error', () => {}));
    addKserveRoutes(router, {
      ...kservePartsOf(lanes, clock), lanes: host, inference: host, directory: host, details: host,
      repository: host,
    });
  });
  after(() => host.close());
  const clean = (text: string): void => {
    assert.ok(!text.includes(repository), text);
    assert.doesNotMatch(text, /(^|[\s'"(])\/\w/, text);
  };

  for (const model of ['cut', 'gone', 'typo']) {
    test(`'${model}': infer, metadata and load say what is wrong, not where`, async () => {
      for (const [method, below] of [['POST', '/infer'], ['GET', ''], ['GET', '/config']] as const) {
        const { status, body } = await callRoute(router, method, `/v2/models/${model}${below}`);
        assert.equal(status, 400, body);
        clean(body);
        assert.match(body, /has no available versions/);
      }
      const load = await callRoute(router, 'POST', `/v2/repository/models/${model}/load`);
      clean(load.body);
      assert.match(load.body, new RegExp(`failed to load '${model}', no version is available: .+`));
    });
  }

  test('the index has the reasons, and no folders', async () => {
    const { body } = await callRoute(router, 'POST', '/v2/repository/index');
    clean(body);
    const states = JSON.parse(body) as { state: string; reason: string }[];
    assert.ok(states.every(({ state, reason }) => state === 'UNAVAILABLE' && reason.length > 10));
    assert.ok(body.includes('1/model.onnx'));
  });

  test('the log has them', () => {
    assert.ok(lines.some((line) => line.includes(join(repository, 'cut', '1', 'model.onnx'))));
  });
});
