import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ServeError } from '../../../server/core/errors.ts';
import { float32Tensor } from '../../../server/core/tensor.ts';
import { Insight } from '../../../server/storefront/insight.ts';
import { INTENT_FEATURES, intentFeatures } from '../../../server/storefront/intent-features.ts';
import { ItemVocabulary } from '../../../server/storefront/item-vocabulary.ts';
import { Taste } from '../../../server/storefront/taste.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeInference } from '../../support/fake-inference.ts';
import { makeShop } from '../../support/make-shop.ts';

const IN_STOCK = ['lamp', 'bulb', 'chair', 'rug', 'desk'];
const purchase = (item: string, quantity = 1) =>
  ({ type: 'purchase', items: [{ item, quantity }] }) as const;

suite('Shop: models', () => {
  const vector = Float32Array.of(1, 2);
  const encoder = {
    model: 'session-encoder', version: '1', length: 4,
    vocabulary: new ItemVocabulary(['lamp', 'rug']),
  };
  const tasteOf = (clock: FakeClock, answer: () => Promise<Float32Array>) =>
    new Taste(
      new FakeInference({
        'session-encoder': async () => [float32Tensor('vector', [1, 2], await answer())],
      }),
      clock,
      encoder,
    );

  test('what the encoder expects goes into retrieval, and the reply names the model', async () => {
    const clock = new FakeClock();
    const taste = tasteOf(clock, () => Promise.resolve(vector));
    const { retriever, recommend } = await makeShop({ clock, taste });

    const reply = await recommend({ items: ['rug', 'desk'] });
    const without = await recommend({ items: ['desk'] });

    assert.deepEqual(retriever.queries[0]?.taste, vector);
    assert.equal(reply.model?.name, 'session-encoder');
    assert.equal(without.model, undefined);
    assert.deepEqual(without.degraded, []);
  });

  test('an encoder that is overloaded or late costs its part and not the answer', async () => {
    const clock = new FakeClock();
    const full = await makeShop({
      clock,
      taste: tasteOf(clock, () => Promise.reject(new ServeError('overloaded'))),
    });
    const stuck = await makeShop({ clock, taste: tasteOf(clock, () => new Promise(() => {})) });

    const overloaded = await full.recommend({ items: ['rug'] });
    const waiting = stuck.shop.recommend({ items: ['rug'], k: 10, filter: {} }, 30);
    clock.advance(15_000); // half of the deadline is the encoder's
    const late = await waiting;

    assert.deepEqual(overloaded.degraded, ['taste: overloaded: the queue is full']);
    assert.match(late.degraded[0] ?? '', /^taste: deadline/);
    for (const reply of [overloaded, late]) assert.equal(reply.items.length, IN_STOCK.length);
  });

  test('what is bought while the encoder runs is not in the answer', async () => {
    const clock = new FakeClock();
    let answer = (_vector: Float32Array) => {};
    const taste = tasteOf(clock, () => new Promise((resolve) => void (answer = resolve)));
    const { shop, now, items } = await makeShop({ clock, taste });
    await shop.ingest([now({ item: 'lamp', customer: 'c' })]);

    const waiting = items({ session: 'a-session' });
    await shop.ingest([now(purchase('desk'))]);
    answer(vector);

    assert.ok(!(await waiting).includes('desk'));
  });

  test('insight is of the session, or of the customer’s newest one', async () => {
    const inference = new FakeInference({
      intent: () => [float32Tensor('probability', [1, 1], Float32Array.of(0.5))],
    });
    const insight = new Insight(inference, {
      model: 'intent', names: INTENT_FEATURES, features: intentFeatures, trainedOn: 'a test',
    });
    const { shop, now, minutes } = await makeShop({ insight });
    await shop.ingest([now({ item: 'lamp', session: 's', customer: 'c' }), now({ item: 'rug' })]);

    const session = await shop.insight({ session: 's' });
    const customer = await shop.insight({ customer: 'c' });
    assert.deepEqual([session.session, session.customer], ['s', 'c']);
    assert.deepEqual(customer, session);
    assert.equal(session.intent?.features['log_item_views'], Math.fround(Math.log1p(1)));

    minutes(31);
    const later = await shop.insight({ customer: 'c' });
    assert.equal(later.session, undefined);
    assert.equal(later.intent?.features['log_events'], 0);
    await assert.rejects(shop.insight({}), { code: 'bad_argument' });
  });

  test('without an intent model insight says so', async () => {
    const { shop } = await makeShop();

    await assert.rejects(shop.insight({ session: 's' }), { code: 'unknown_model' });
  });
});
