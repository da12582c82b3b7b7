import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { float32Tensor, float32View } from '../../../server/core/tensor.ts';
import { Explainer } from '../../../server/explain/explainer.ts';
import { Insight } from '../../../server/storefront/insight.ts';
import { INTENT_FEATURES, intentFeatures } from '../../../server/storefront/intent-features.ts';
import { INTENT_ANSWER, intentWords } from '../../../server/storefront/intent-words.ts';
import { FakeInference } from '../../support/fake-inference.ts';
import { makeEvent } from '../../support/shop-events.ts';

const intent = {
  model: 'intent', names: INTENT_FEATURES, features: intentFeatures, trainedOn: 'a test',
};

function setup(answer: (features: Float32Array) => number) {
  const inference = new FakeInference({
    intent: ({ inputs }) => {
      const probability = answer(float32View(inputs[0]!));
      return [float32Tensor('probability', [1, 1], Float32Array.of(probability))];
    },
  });
  return { inference, insight: new Insight(inference, intent) };
}

suite('Insight', () => {
  test('the model sees the session’s features, and the reply names them all', async () => {
    const cartOpen = INTENT_FEATURES.indexOf('cart_open');
    const { inference, insight } = setup((features) => (features[cartOpen] ? 0.75 : 0.25));
    const nowMs = 1_700_000_100_000;
    const events = [makeEvent({ item: 'a', type: 'cart_add', atMs: nowMs - 5000 })];

    const reply = await insight.of(events, nowMs, 100, 2);

    assert.equal(reply.probability, 0.75);
    assert.equal(reply.model, 'intent');
    assert.equal(reply.version, '1');
    assert.equal(reply.trainedOn, 'a test');
    assert.deepEqual(Object.keys(reply.features), [...INTENT_FEATURES]);
    assert.equal(reply.features['cart_open'], 1);
    assert.equal(inference.requests[0]?.deadlineMs, 100);
    assert.equal(inference.requests[0]?.priority, 2);
  });

  test('an event of the next minute counts: a shop’s clock may be ahead', async () => {
    const { insight } = setup(() => 0.5);
    const events = [makeEvent({ item: 'a', atMs: 1_700_000_060_000 })];

    const reply = await insight.of(events, 1_700_000_000_000, undefined);

    assert.equal(reply.features['log_item_views'], Math.fround(Math.log1p(1)));
  });

  test('reasons come from the explainer of the version that answered, in the language asked for', async () => {
    const width = INTENT_FEATURES.length;
    const inference = new FakeInference({
      intent: () => [float32Tensor('probability', [1, 1], Float32Array.of(0.4))],
      'intent-why': () => {
        const parts = new Float32Array(width + 1);
        parts[INTENT_FEATURES.indexOf('cart_open')] = 0.3;
        parts[width] = 0.1;
        return [float32Tensor('contribution', [1, width + 1], parts)];
      },
    });
    const tensor = (name: string, dim: number) => ({ name, datatype: 'FP32' as const, dims: [dim] });
    const explainer = new Explainer({
      inference,
      find: (model) => ({
        version: '1', inputs: [tensor('features', width)], outputs: [tensor('probability', 1)],
        maxBatchSize: 8,
        parameters: model === 'intent' ? {} : {
          explains: 'intent', method: 'integrated_gradients', scale: 'probability',
        },
      }),
      profile: () => ({
        answer: INTENT_ANSWER, scale: 'probability', features: intentWords(), background: new Float32Array(0),
      }),
    });
    const insight = new Insight(inference, intent, explainer);
    const events = [makeEvent({ item: 'a', type: 'cart_add', atMs: 1000 })];

    const { why } = await insight.of(events, 1000, 50, 1, { reasons: 3, language: 'zh' });

    assert.equal(why?.base, Math.fround(0.1));
    assert.deepEqual(why?.reasons.map(({ feature, value }) => [feature, value]), [['cart_open', 1]]);
    assert.match(why?.text ?? '', /^本次会话的购买概率：40 %（平均为 10 %）。.*购物车中有商品：是（\+30 个百分点）。$/);
    assert.equal(inference.requests[1]?.version, '1');
    assert.ok((inference.requests[1]?.deadlineMs ?? Infinity) <= 50);
    await assert.rejects(
      new Insight(inference, intent).of([], 0, 50, 1, { reasons: 1 }), { code: 'unsupported' });
  });

  test('a visitor of whom nothing is known has an intent as well', async () => {
    const { insight } = setup(() => 0.1);

    const reply = await insight.of([], 1_700_000_000_000, undefined);

    assert.equal(reply.probability, Math.fround(0.1));
    assert.equal(reply.features['log_events'], 0);
  });

  test('what is no probability is the model’s failure', async () => {
    for (const answer of [NaN, -0.1, 1.1]) {
      const { insight } = setup(() => answer);
      await assert.rejects(insight.of([], 0, undefined), { code: 'backend' });
    }
  });
});
