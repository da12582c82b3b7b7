import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { InferResult } from '../../../server/core/inference.ts';
import { float32Tensor, float32View, type Tensor } from '../../../server/core/tensor.ts';
import { type Facts, FACTS, mixed } from '../../../server/customers/facts.ts';
import { FEATURES_WIDTH, HISTORY_WIDTH } from '../../../server/customers/known-customer.ts';
import { buyWithin, BIN_ENDS, survivalOf } from '../../../server/customers/survival.ts';
import { writeTimingInputs } from '../../../server/customers/timing-inputs.ts';
import { askMixes, explainedDays, whyOf } from '../../../server/storefront/customer-why.ts';

const LANDMARK = 20_000;
const MINE: Facts = {
  recency: 9, count: 4, orders: 5, gaps: [12, 30, 7], amounts: [20, 45, 10, 80],
  units: [1, 2, 1, 3], kinds: [1, 2, 1, 1],
};
const OTHERS: readonly Facts[] = [
  { recency: 2, count: 2, orders: 2, gaps: [40], amounts: [15, 15], units: [1, 1], kinds: [1, 1] },
  { recency: 70, count: 1, orders: 1, gaps: [], amounts: [33], units: [5], kinds: [4] },
  { recency: 30, count: 7, orders: 9, gaps: [9, 9, 8, 30, 2, 5], amounts: [9, 8, 7, 60, 5, 4, 3],
    units: [1, 1, 2, 1, 9, 1, 1], kinds: [1, 1, 1, 1, 3, 1, 1] },
];

/** No straight line anywhere: what each input adds depends on the others. */
function squash(features: Float32Array, history: Float32Array): number {
  let sum = 0;
  features.forEach((value, i) => { sum += Math.sin((i + 1) * value) * 0.4; });
  history.forEach((value, i) => { sum += Math.cos(value * (i % 7)) * value * 0.05; });
  return 1 / (1 + Math.exp(-sum));
}

const inputs = (features: Float32Array, steps: Float32Array, rows: number): Tensor[] => [
  float32Tensor('features', [rows, FEATURES_WIDTH], features),
  float32Tensor('history', [rows, HISTORY_WIDTH], steps)];

async function ask([features, history]: Tensor[]): Promise<InferResult> {
  const [rows, f, h] = [features!.shape[0] as number, float32View(features!), float32View(history!)];
  const said = Float32Array.from({ length: rows }, (_, row) => squash(
    f.subarray(row * FEATURES_WIDTH, (row + 1) * FEATURES_WIDTH),
    h.subarray(row * HISTORY_WIDTH, (row + 1) * HISTORY_WIDTH)));
  const hazard = Float32Array.from({ length: rows * BIN_ENDS.length }, (_, at) =>
    (said[Math.floor(at / BIN_ENDS.length)] as number) * 0.05 * (1 + (at % 3)));
  return {
    model: 'm', version: '1',
    outputs: [float32Tensor('said', [rows, 1], said), float32Tensor('hazard', [rows, BIN_ENDS.length], hazard)],
    timing: { queueUs: 0, runUs: 0, batchRows: rows, batchReason: 'idle' },
  };
}

/** What is said of the customer with the facts in `chosen`, the mean over the others. */
async function worth(chosen: number, read: (result: InferResult) => number): Promise<number> {
  let sum = 0;
  for (const other of OTHERS) {
    const [features, steps] = [new Float32Array(FEATURES_WIDTH), new Float32Array(HISTORY_WIDTH)];
    writeTimingInputs(mixed(MINE, other, chosen, LANDMARK), LANDMARK, features, 0, steps, 0);
    sum += read(await ask(inputs(features, steps, 1)));
  }
  return sum / OTHERS.length;
}

/** By the definition: every order in which the facts may become known, one after the other. */
async function oracle(read: (result: InferResult) => number): Promise<number[]> {
  const known = await Promise.all(Array.from({ length: 2 ** FACTS.length }, (_, set) => worth(set, read)));
  const shares = FACTS.map(() => 0);
  let orders = 0;
  const go = (chosen: number, added: readonly [number, number][]): void => {
    if (added.length === FACTS.length) {
      orders += 1;
      for (const [fact, gain] of added) shares[fact] = (shares[fact] as number) + gain;
      return;
    }
    FACTS.forEach((_, fact) => {
      if (chosen & (1 << fact)) return;
      const next = chosen | (1 << fact);
      go(next, [...added, [fact, (known[next] as number) - (known[chosen] as number)]]);
    });
  };
  go(0, []);
  assert.equal(orders, 120);
  return shares.map((sum) => sum / orders);
}

const week = (result: InferResult): number =>
  buyWithin(survivalOf(float32View(result.outputs[1]!)), 7);
const first = (result: InferResult): number => float32View(result.outputs[0]!)[0] as number;

suite('Why something is said of a customer', () => {
  for (const [part, output, days, read] of [
    ['timing', 'hazard', 7, week], ['churn', 'said', 90, first], ['value', 'said', 90, first],
  ] as const) {
    test(`${part}: the reasons are Shapley values, and add up to what is said`, async () => {
      const mixes = await askMixes(MINE, OTHERS, LANDMARK, inputs, ask);
      const why = whyOf(part, mixes, output, { days, top: 99, language: 'en' });
      const right = await oracle(read);
      for (const { feature, contribution } of why.reasons) {
        const at = FACTS.findIndex(({ name }) => name === feature);
        assert.ok(Math.abs(contribution - (right[at] as number)) < 1e-9, feature);
      }
      assert.equal(why.reasons.length, right.filter((share) => share !== 0).length);
      const sum = why.reasons.reduce((total, { contribution }) => total + contribution, why.base);
      assert.ok(Math.abs(sum - await worth(31, read)) < 1e-9);
      assert.ok(Math.abs(why.base - await worth(0, read)) < 1e-9);
      assert.equal(why.method, 'shapley');
    });
  }

  test('is said in both languages, in as many reasons as are wanted', async () => {
    const mixes = await askMixes(MINE, OTHERS, LANDMARK, inputs, ask);
    const [en, zh] = (['en', 'zh'] as const).map((language) =>
      whyOf('churn', mixes, 'said', { days: 90, top: 2, language }));
    assert.equal(en!.reasons.length, 2);
    assert.match(en!.text, /^Chance of no purchase within 90 days: .* %, where .* % is usual; /);
    assert.match(zh!.text, /^90 天内不购买的概率：.* %（平均为 .* %）。/);
  });

  test('who is like those compared with has no reasons', async () => {
    const mixes = await askMixes(MINE, [MINE], LANDMARK, inputs, ask);
    const why = whyOf('value', mixes, 'said', { days: 90, top: 3, language: 'en' });
    assert.deepEqual(why.reasons, []);
    assert.match(why.text, /nothing sets it apart/);
  });

  test('a model that answers something else for its rows is at fault', async () => {
    const mixes = await askMixes(MINE, OTHERS, LANDMARK, inputs, ask);
    assert.throws(() => whyOf('value', mixes, 'hazard', { days: 90, top: 3, language: 'en' }), /gave no 'hazard'/);
  });

  test('of the horizons, 30 days are explained where they are wanted, else the longest', () => {
    assert.equal(explainedDays('timing', [1, 7, 30, 90]), 30);
    assert.equal(explainedDays('timing', [1, 7]), 7);
    assert.equal(explainedDays('churn', [1, 7]), 90);
  });
});
