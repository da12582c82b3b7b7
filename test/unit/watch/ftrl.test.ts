import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Prng } from '../../../server/core/prng.ts';
import { Ftrl, FTRL_DEFAULTS } from '../../../server/watch/ftrl.ts';

interface Example { readonly row: number[]; readonly label: 0 | 1 }

function examples(count: number, weights: readonly number[], seed: number): Example[] {
  const prng = new Prng(seed);
  return Array.from({ length: count }, () => {
    const row = weights.map(() => prng.normal());
    const sum = row.reduce((total, x, i) => total + x * weights[i]!, -1);
    return { row, label: prng.float() < 1 / (1 + Math.exp(-sum)) ? 1 : 0 };
  });
}

const loss = (p: number, label: number): number => -Math.log(label === 1 ? p : 1 - p);

suite('FTRL-Proximal', () => {
  test('its progressive log loss comes within .01 of the true probabilities\'', () => {
    const weights = [1.2, -0.7, 0, 0.4, 0];
    const model = new Ftrl(5);
    let [ours, best] = [0, 0];
    const all = examples(20_000, weights, 1);
    for (const { row, label } of all) {
      ours += loss(model.learn(row, label), label);
      const sum = row.reduce((total, x, i) => total + x * weights[i]!, -1);
      best += loss(1 / (1 + Math.exp(-sum)), label);
    }
    assert.ok((ours - best) / all.length < 0.01, `${(ours - best) / all.length}`);
  });

  test('without l1, with one step, it is online gradient descent at the rate alpha / (beta + |g|)', () => {
    const model = new Ftrl(1, { alpha: 0.1, beta: 1, l1: 0, l2: 0 });
    model.learn([2], 1);
    const gradient = (0.5 - 1) * 2;
    assert.ok(Math.abs(model.weight(0) - (-gradient * 0.1) / (1 + Math.abs(gradient))) < 1e-12);
  });

  test('l1 keeps weights that earn nothing at exactly 0', () => {
    const model = new Ftrl(6, { ...FTRL_DEFAULTS, l1: 100 });
    for (const { row, label } of examples(5000, [1.5, 0, 0, 0, 0, -1.5], 2)) model.learn(row, label);
    assert.deepEqual([1, 2, 3, 4].map((i) => model.weight(i)), [0, 0, 0, 0]);
    assert.ok(model.weight(0) > 0.5 && model.weight(5) < -0.5);
  });

  test('untaught, it says what the model behind it says', () => {
    const model = new Ftrl(3);
    assert.ok(Math.abs(model.predict([1, 2, 3], Math.log(0.2 / 0.8)) - 0.2) < 1e-12);
  });

  test('saved and loaded it goes on as if nothing had been', () => {
    const [first, rest] = [examples(300, [1, 0, -1], 3), examples(300, [1, 0, -1], 4)];
    const model = new Ftrl(3);
    for (const { row, label } of first) model.learn(row, label);
    const again = Ftrl.load(JSON.parse(JSON.stringify(model.save())), 3);
    for (const { row, label } of rest) assert.equal(again.learn(row, label), model.learn(row, label));
    assert.throws(() => Ftrl.load(model.save(), 4), { code: 'bad_argument' });
  });
});
