import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite, test } from 'node:test';
import { ServeError } from '../../../server/core/errors.ts';
import { float32Tensor, type Tensor } from '../../../server/core/tensor.ts';
import { BIN_ENDS } from '../../../server/customers/survival.ts';
import { CustomerInsight } from '../../../server/storefront/customer-insight.ts';
import { CustomerModels } from '../../../server/storefront/customer-models.ts';
import { Insight } from '../../../server/storefront/insight.ts';
import { INTENT_FEATURES, intentFeatures } from '../../../server/storefront/intent-features.ts';
import type { ShopEvent } from '../../../server/wire/schema.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeInference } from '../../support/fake-inference.ts';
import { makeShop } from '../../support/make-shop.ts';
import { tempFolder } from '../../support/temp-file.ts';

const DAY_US = 86_400_000_000;
const CARDS = {
  timing: ['history', 'features'], churn: ['features'], ltv: ['features'], segments: ['features'],
};
const SEGMENTS = {
  segment_0: 'regulars', segment_0_zh: '常客', share_0: 0.75,
  segment_1: 'lapsed', segment_1_zh: '沉睡', share_1: 0.25,
};

function repository(trainedOn = 'the events of this shop: 3 customers'): string {
  const folder = tempFolder();
  const write = (path: string, value: object): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), JSON.stringify(value));
  };
  for (const [model, inputs] of Object.entries(CARDS)) {
    write(`${model}/config.json`, { input: inputs.map((name) => ({ name })) });
    write(`${model}/card.json`, { trainedOn, data: SEGMENTS });
  }
  return folder;
}

const one = (name: string, value: number): Tensor[] =>
  [float32Tensor(name, [1, 1], Float32Array.of(value))];
const segment = (id: number): Tensor[] => [{
  name: 'segment', datatype: 'INT32', shape: [1, 1], data: new Uint8Array(Int32Array.of(id).buffer),
}];
type Model = ConstructorParameters<typeof FakeInference>[0][string];
const MODELS: Record<string, Model> = {
  intent: () => one('probability', 0.5),
  timing: () => [float32Tensor('hazard', [1, 18], new Float32Array(18).fill(0.1))],
  churn: () => one('probability', 0.25),
  ltv: () => one('value', 42),
  segments: () => segment(1),
};

async function setup(models: Record<string, Model> = MODELS, folder = repository(), demo = false) {
  const inference = new FakeInference(models);
  const clock = new FakeClock();
  const customers = new CustomerModels(folder, inference);
  const made = await makeShop({
    clock,
    insight: 'intent' in models ? new Insight(inference, {
      model: 'intent', names: INTENT_FEATURES, features: intentFeatures, trainedOn: 'a test',
    }) : null,
    customerInsight: new CustomerInsight(inference, customers, { timeZone: 'UTC', demo }),
  });
  const buy = (fields: Partial<ShopEvent> = {}): ShopEvent => made.now({
    type: 'purchase', session: 's', customer: 'c', items: [{ item: 'lamp', quantity: 1, price: 20 }],
    ...fields,
  });
  return { ...made, inference, buy };
}

suite('Shop: insight of a customer', () => {
  test('answers all parts that the repository has models for, each with its source', async () => {
    const { shop, clock, buy, inference } = await setup();
    await shop.ingest([buy()]);
    clock.advance(3 * DAY_US);

    const reply = await shop.insight({ customer: 'c' }, 50, 2);

    const { timing, churn, value, segment: of, intent } = reply;
    assert.equal(intent?.probability, 0.5);
    assert.deepEqual(Object.keys(timing!.within), ['1', '7', '30', '90']);
    assert.ok(Math.abs(timing!.within['1']! - 0.1) < 1e-6);
    assert.ok(Math.abs(timing!.within['30']! - (1 - 0.9 ** (BIN_ENDS.indexOf(30) + 1))) < 1e-6);
    assert.ok(timing!.low <= timing!.expectedDay && timing!.expectedDay <= timing!.high);
    assert.ok(timing!.chance > timing!.within['90']!);
    assert.match(timing!.bestMoment.date, /^\d{4}-\d\d-\d\d$/);
    assert.ok(timing!.bestMoment.hour >= 0 && timing!.bestMoment.hour < 24);
    assert.deepEqual([churn!.probability, churn!.days], [0.25, 90]);
    assert.deepEqual([value!.expected, value!.days], [42, 90]);
    assert.deepEqual([of!.id, of!.name, of!.share], [1, 'lapsed', 0.25]);
    for (const part of [timing!, churn!, value!, of!]) {
      assert.equal(part.version, '1');
      assert.equal(part.trainedOn, 'the events of this shop: 3 customers');
      assert.equal(part.timing.batchRows, 1);
    }
    assert.deepEqual(reply.degraded, []);
    assert.deepEqual(inference.requests.map(({ deadlineMs, priority }) => [deadlineMs, priority]),
      Array.from({ length: 5 }, () => [50, 2]));
  });

  test('reasons that are late are left out and named; the part is said', async () => {
    const { shop, buy, inference } = await setup({
      ...MODELS,
      churn: ({ inputs }) => {
        if (inputs[0]!.shape[0] === 1) return one('probability', 0.25);
        throw new ServeError('deadline');
      },
      ltv: ({ inputs }) => [
        float32Tensor('value', [inputs[0]!.shape[0]!, 1], new Float32Array(inputs[0]!.shape[0]!).fill(42))],
    });
    await shop.ingest([buy()]);

    const { churn, value, degraded } =
      await shop.insight({ customer: 'c', parts: ['churn', 'value'], reasons: 2, language: 'zh' });

    assert.equal(churn!.probability, 0.25);
    assert.equal(churn!.why, undefined);
    assert.match(degraded.join(), /^churn: no reasons: deadline/);
    assert.deepEqual([value!.why!.base, value!.why!.reasons], [42, []], 'it is nobody else’s shop');
    assert.equal(value!.why!.text, '90 天内的预期消费：42（平均为 42）。没有任何特征与平均情况不同。');
    assert.deepEqual(inference.requests.map(({ model, inputs }) => [model, inputs[0]!.shape[0]]),
      [['churn', 1], ['ltv', 1], ['churn', 32], ['ltv', 32]]);
  });

  test('parts that one model says ask it once; those that it has not, their own', async () => {
    const folder = repository();
    mkdirSync(join(folder, 'customers'));
    writeFileSync(join(folder, 'customers/config.json'), JSON.stringify({
      input: [{ name: 'history' }, { name: 'features' }],
      output: [{ name: 'hazard' }, { name: 'silence' }, { name: 'segment' }],
    }));
    writeFileSync(join(folder, 'customers/card.json'), JSON.stringify({
      trainedOn: 'the events of this shop', data: SEGMENTS,
    }));
    const { shop, buy, inference } = await setup({
      ...MODELS,
      customers: () => [
        float32Tensor('hazard', [1, 18], new Float32Array(18).fill(0.2)),
        ...one('silence', 0.75), ...segment(0),
      ],
    }, folder);
    await shop.ingest([buy()]);

    const reply = await shop.insight({ customer: 'c' });

    assert.ok(Math.abs(reply.timing!.within['1']! - 0.2) < 1e-6);
    assert.equal(reply.churn!.probability, 0.75);
    assert.equal(reply.segment!.name, 'regulars');
    assert.deepEqual([reply.value!.expected, reply.value!.model], [42, 'ltv']);
    assert.deepEqual(inference.requests.map(({ model }) => model).sort(), ['customers', 'intent', 'ltv']);
  });

  test('answers the parts and days that are asked for, in the language asked for', async () => {
    const { shop, buy, inference } = await setup();
    await shop.ingest([buy()]);

    const reply = await shop.insight(
      { session: 's', parts: ['segment', 'timing'], horizons: [2, 180], language: 'zh' });

    assert.deepEqual(Object.keys(reply).sort(), ['customer', 'degraded', 'segment', 'session', 'timing']);
    assert.equal(reply.segment?.name, '沉睡');
    assert.deepEqual(Object.keys(reply.timing!.within), ['2', '180']);
    assert.deepEqual(inference.requests.map(({ model }) => model).sort(), ['segments', 'timing']);
    assert.deepEqual(inference.requests.find(({ model }) => model === 'timing')!
      .inputs.map(({ name, shape }) => [name, shape]), [['history', [1, 12, 6]], ['features', [1, 36]]]);
  });

  test('what cannot be answered is named with the reason, and never made up', async () => {
    const { shop, now } = await setup();
    const unknown = await shop.insight({ customer: 'nobody', parts: ['intent', 'churn'] });
    assert.equal(unknown.churn, undefined);
    assert.equal(unknown.intent?.probability, 0.5);
    assert.deepEqual(unknown.degraded,
      ['churn: the customer has bought nothing that this shop remembers']);

    await shop.ingest([now({ item: 'lamp', session: 'anonymous' })]);
    const anonymous = await shop.insight({ session: 'anonymous', parts: ['value'] });
    assert.deepEqual(anonymous.degraded, ['value: the session names no customer']);

    const { churn: _, ...others } = MODELS;
    const without = await setup(others);
    await without.shop.ingest([without.buy()]);
    const missing = await without.shop.insight({ customer: 'c', parts: ['churn', 'value'] });
    assert.deepEqual(missing.degraded, ['churn: no model for it is in the repository']);
    assert.equal(missing.value?.expected, 42);
    assert.deepEqual((await without.shop.insight({ customer: 'c' })).degraded, []);
    await assert.rejects(
      without.shop.insight({ customer: 'c', parts: ['churn'] }), { code: 'unknown_model' });
  });

  test('a model that fails costs its own part; where nothing is left, the request fails', async () => {
    const { shop, buy } = await setup({
      ...MODELS, churn: () => Promise.reject(new ServeError('overloaded')), ltv: () => one('value', NaN),
    });
    await shop.ingest([buy()]);

    const reply = await shop.insight({ customer: 'c' });

    assert.deepEqual(reply.degraded.map((note) => note.split(':').slice(0, 2).join()),
      ['churn, overloaded', 'value, backend']);
    assert.ok(reply.intent && reply.timing && reply.segment);
    await assert.rejects(shop.insight({ customer: 'c', parts: ['churn'] }), { code: 'overloaded' });
    await assert.rejects(
      shop.insight({ customer: 'c', parts: ['intent', 'churn'], reasons: 1 }), { code: 'unsupported' });
  });

  test('a model of another shop says so; the demo’s is the demo’s own', async () => {
    const demo = 'the demo shop\'s simulator (seed 1)';
    for (const [trainedOn, own, isDemo] of [
      ['CDNOW: 23,570 customers', false, false], [demo, false, false], [demo, true, true],
    ] as const) {
      const { shop, buy } = await setup(MODELS, repository(trainedOn), isDemo);
      await shop.ingest([buy()]);
      const { degraded, churn } = await shop.insight({ customer: 'c', parts: ['churn'] });

      assert.equal(churn?.trainedOn, trainedOn);
      assert.deepEqual(degraded,
        own ? [] : [`churn: the model is another shop's, it learned from ${trainedOn}`]);
    }
  });

  test('a segment that the card does not name is the model’s failure', async () => {
    const { shop, buy } = await setup({ ...MODELS, segments: () => segment(7) });
    await shop.ingest([buy()]);

    await assert.rejects(shop.insight({ customer: 'c', parts: ['segment'] }), { code: 'backend' });
  });

  test('purchases without consent are nobody’s, and who is forgotten is unknown', async () => {
    const { shop, buy } = await setup();
    await shop.ingest([buy({ customer: 'secret', session: 'x', consent: false })]);
    assert.equal((await shop.insight({ customer: 'secret' })).churn, undefined);

    await shop.ingest([buy()]);
    assert.ok((await shop.insight({ customer: 'c' })).churn);
    await shop.forget({ customer: 'c' });
    const { churn, degraded } = await shop.insight({ customer: 'c', parts: ['churn'] });
    assert.equal(churn, undefined);
    assert.match(degraded.join(), /bought nothing that this shop remembers/);
  });
});
