/** Explanations of served models: real queues, workers and routes, held to the definition. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { whyOfDense, whyOfTrees } from '../../models/explain/why-model.ts';
import { runDense, seededMlp } from '../../models/recipes/dense.ts';
import { type NewModel, writeModel } from '../../models/recipes/model-folder.ts';
import { mlpOnnx } from '../../models/recipes/onnx/mlp.ts';
import { systemClock } from '../../server/core/clock.ts';
import { Log } from '../../server/core/log.ts';
import { Prng } from '../../server/core/prng.ts';
import { Explainer } from '../../server/explain/explainer.ts';
import { PROFILE_FILE, ProfileShelf, writeProfile } from '../../server/explain/profile.ts';
import { shapleyValues } from '../../server/explain/shapley.ts';
import { writeTrees } from '../../server/explain/tree-ensemble-file.ts';
import { treesAnswer, treesMargin } from '../../server/explain/tree-ensemble.ts';
import { Desk } from '../../server/routes/desk.ts';
import {
  addExplainRoutes, EXPLAIN_LIMITS, type Explaining, findModelIn,
} from '../../server/routes/explain.ts';
import { DeskDoor } from '../../server/routes/storefront-door.ts';
import { Router } from '../../server/routes/router.ts';
import type { ModelHost } from '../../server/serve.ts';
import { callRoute } from '../support/call-route.ts';
import { FakeStorefront } from '../support/fake-storefront.ts';
import { openHost } from '../support/host.ts';
import { makeSessions } from '../support/make-sessions.ts';
import { temporaryFolder } from '../support/model-repository.ts';
import { randomTrees } from '../support/random-trees.ts';
import { ServerSocket } from '../support/server-socket.ts';

const WIDTH = 4;
const names = { name: 'net', input: 'features', output: 'probability' };
const net = seededMlp(3, [WIDTH, 12, 1], 'sigmoid', names);
const trees = { ...randomTrees(4, { columns: WIDTH, trees: 6, depth: 4 }), link: 'logistic' as const };
const background = new Prng(5).row(3 * WIDTH);
const card = {
  trainedOn: 'nothing', madeAt: '', seed: 1, trainSeconds: 0, held_out_share: 0, data: {}, split: '',
  scores: {}, baselines: {},
};
const profile = writeProfile({
  answer: { en: 'chance of a sale', zh: '成交概率' }, scale: 'probability', background,
  features: ['visits', 'price', 'age', 'stock'].map((name, i) => ({
    name, en: name, zh: `特征${i}`, format: 'number' as const,
    ...(i < 2 && { lever: { min: -6, max: 6 } }),
  })),
});

suite('Explanations of served models', () => {
  let host: ModelHost;
  let explaining: Explaining;
  let post: (body: object) => Promise<[number, Record<string, unknown>]>;

  before(async () => {
    const repository = temporaryFolder();
    const tabular = (name: string, platform: 'onnxruntime_onnx' | 'plain', files: NewModel['files']): NewModel => ({
      name, card: { name, what: '', ...card }, files: { ...files, [PROFILE_FILE]: profile },
      config: {
        platform, max_batch_size: 8,
        input: [{ name: 'features', data_type: 'TYPE_FP32', dims: [WIDTH] }],
        output: [{ name: 'probability', data_type: 'TYPE_FP32', dims: [1] }],
        ...(name === 'trees' && { parameters: { missing: 'nan' } }),
      },
    });
    writeModel(repository, tabular('net', 'onnxruntime_onnx', { 'model.onnx': mlpOnnx(net) }));
    writeModel(repository, whyOfDense(net, background, card));
    const layers = [{ type: 'trees', trees: JSON.parse(writeTrees(trees)) as object }];
    writeModel(repository, tabular('trees', 'plain', { 'model.plain.json': JSON.stringify({ layers }) }));
    writeModel(repository, whyOfTrees('trees', 'features', trees, card));
    const bare = tabular('bare', 'onnxruntime_onnx', { 'model.onnx': mlpOnnx(net) });
    writeModel(repository, { ...bare, files: { 'model.onnx': mlpOnnx(net) } });
    host = await openHost(repository);
    const shelf = new ProfileShelf(join(repository));
    const explainer = new Explainer({
      inference: host, find: findModelIn(host, host), profile: shelf.of.bind(shelf),
    });
    const desk = new Desk({ clock: systemClock, pace: null, nextTurn: setImmediate, limits: EXPLAIN_LIMITS });
    explaining = { explainer, desk, clock: systemClock };
    const router = new Router(new Log('error'));
    addExplainRoutes(router, explaining);
    post = async (body) => {
      const { status, body: text } = await callRoute(router, 'POST', '/v1/explain', body);
      return [status, JSON.parse(text) as Record<string, unknown>];
    };
  });
  after(() => host.close());

  const row = new Prng(6).row(WIDTH);

  test('a network’s own explainer is a model beside it, and adds up to its answer', async () => {
    const [status, reply] = await post({ model: 'net', features: [...row] });

    assert.equal(status, 200);
    assert.equal(reply.method, 'integrated_gradients');
    assert.ok(Math.abs((reply.value as number) - runDense(net, row)[0]!) < 1e-5);
    adds(reply, 1e-5);
    assert.ok(Math.abs(reply.residual as number) < 1e-5);
    assert.match(reply.text as string, /^Chance of a sale: [\d.]+ %, where [\d.]+ % is usual; /);
  });

  test('trees are explained by TreeSHAP in log-odds, as they answer', async () => {
    const [, reply] = await post({ model: 'trees', features: [...row], language: 'zh', top: 2 });

    assert.equal(reply.method, 'tree_shap');
    assert.equal(reply.scale, 'log_odds');
    const margin = treesMargin(trees, row);
    assert.ok(Math.abs((reply.value as number) - margin) < 1e-4);
    assert.ok(Math.abs(reply.residual as number) < 1e-5);
    assert.equal((reply.reasons as unknown[]).length, 2);
    assert.match(reply.text as string, /^成交概率：[\d.]+ %（平均为 [\d.]+ %）。.*几率 × /);
    const answer = await post({ model: 'trees', features: [...row], method: 'kernel_shap' });
    assert.ok(Math.abs((answer[1].value as number) - treesAnswer(trees, margin)) < 1e-5);
  });

  test('KernelSHAP of a served model is the Shapley value by its definition', async () => {
    const [, reply] = await post({ model: 'net', features: [...row], method: 'kernel_shap' });

    assert.equal(reply.exact, true);
    const want = shapleyValues(WIDTH, Float64Array.from({ length: 16 }, (_, known) => {
      let sum = 0;
      for (let other = 0; other < 3; other += 1) {
        sum += runDense(net, row.map((value, i) =>
          (known & (1 << i) ? value : background[other * WIDTH + i]!)))[0]!;
      }
      return sum / 3;
    }));
    const got = Object.values(reply.contributions as Record<string, number>);
    want.forEach((phi, i) => assert.ok(Math.abs(phi - got[i]!) < 1e-5));
    adds(reply, 1e-6);
  });

  test('features may come by name; what is left out is missing', async () => {
    const features = { visits: row[0], price: row[1], age: row[2], stock: row[3] };
    const [, byName] = await post({ model: 'trees', features });
    const [, inOrder] = await post({ model: 'trees', features: [...row] });
    const [, missing] = await post({ model: 'trees', features: { visits: row[0] }, top: 4 });

    assert.deepEqual(byName.contributions, inOrder.contributions);
    for (const { feature, value } of missing.reasons as { feature: string; value: unknown }[]) {
      assert.ok(feature === 'visits' || value === null);
    }
  });

  test('a counterfactual is one for the served model; LIME says how well it fits', async () => {
    const now = runDense(net, row)[0]!;
    const [, reply] = await post({
      model: 'net', features: [...row], method: 'counterfactual', goal: { at_least: Math.min(0.99, now + 0.1) },
    });

    assert.equal(reply.found, true);
    const changed = Float32Array.from(row);
    const places = { visits: 0, price: 1 } as Record<string, number>;
    for (const { feature, to } of reply.changes as { feature: string; to: number }[]) {
      changed[places[feature]!] = to;
    }
    assert.ok(runDense(net, changed)[0]! >= now + 0.1 - 1e-5);
    const [, line] = await post({ model: 'net', features: [...row], method: 'lime' });
    assert.ok((line.fit as number) > 0 && (line.fit as number) <= 1);
  });

  test('a model without a profile is explained against the rows that are sent', async () => {
    const rows = [[0, 0, 0, 0], [1, 1, 1, 1]];

    const [, reply] = await post({ model: 'bare', features: [...row], background: rows });

    assert.equal(reply.method, 'kernel_shap');
    assert.deepEqual(Object.keys(reply.contributions as object), ['feature 0', 'feature 1', 'feature 2', 'feature 3']);
    adds(reply, 1e-6);
  });

  test('what does not suit is refused by its code', async () => {
    const features = [...row];
    const cases: [object, string][] = [
      [{ model: 'none', features }, 'unknown_model'],
      [{ model: 'net', version: '9', features }, 'unknown_version'],
      [{ model: 'net', features: [1] }, 'bad_argument'],
      [{ model: 'net', features: { colour: 1 } }, 'bad_argument'],
      [{ model: 'net', features: ['x'] }, 'bad_argument'],
      [{ model: 'net', features: [1e39, 0, 0, 0] }, 'bad_argument'],
      [{ model: 'bare', features }, 'bad_argument'],
      [{ model: 'net', features, background: [[1, 2]], method: 'lime' }, 'bad_argument'],
      [{ model: 'net', features, method: 'magic' }, 'bad_argument'],
      [{ model: 'net', features, method: 'counterfactual' }, 'bad_argument'],
      [{ model: 'net', features, method: 'counterfactual', goal: { at_least: 1 }, change: ['age'] }, 'bad_argument'],
      [{ model: 'net', features, output: 'other' }, 'bad_argument'],
      [{ model: 'net', features: [null, 0, 0, 0] }, 'bad_argument'],
      [{ model: 'net-why', features, method: 'kernel_shap', background: [[0, 0, 0, 0]] }, ''],
    ];
    for (const [body, code] of cases) {
      const [, reply] = await post(body);
      assert.equal(reply.code ?? '', code, JSON.stringify(body));
    }
  });

  test('an explanation that cannot be had in its time is answered deadline', async () => {
    const question = {
      model: 'net', features: row, method: 'kernel_shap', top: 1, language: 'en',
      background: new Prng(1).row(WIDTH * 200),
    } as const;

    await assert.rejects(
      explaining.explainer.explain(question, { leftMs: () => 0 }), { code: 'deadline' });
  });

  test('a socket asks the same way', async () => {
    const { sessions } = makeSessions([], {}, {
      door: new DeskDoor(new FakeStorefront(), systemClock, undefined, explaining),
    });
    const socket = new ServerSocket('vitrine.v1.json');
    sessions.open(socket);

    const asked = { id: 7, op: 'explain', model: 'net', features: [...row] };
    sessions.message(socket, Buffer.from(JSON.stringify(asked)), false);
    while (socket.sent.length === 0) await new Promise(setImmediate);

    const reply = JSON.parse(socket.sent[0] as string) as Record<string, unknown>;
    assert.equal(reply.id, 7);
    assert.equal(reply.method, 'integrated_gradients');
    adds(reply, 1e-5);
  });
});

function adds(reply: Record<string, unknown>, within: number): void {
  const parts = Object.values(reply.contributions as Record<string, number>);
  const sum = parts.reduce((total, part) => total + part, reply.base as number);
  assert.ok(Math.abs(sum - (reply.value as number)) < within, `${sum} is not ${String(reply.value)}`);
}
