import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { Prng } from '../../../server/core/prng.ts';
import { Answers } from '../../../server/experiments/answers.ts';
import { pick } from '../../../server/experiments/assign.ts';
import { CONTEXT_SIZE, contextOf, visitorFeatures } from '../../../server/experiments/context.ts';
import { greedyShares, LinUcb } from '../../../server/experiments/linucb.ts';
import { offPolicy } from '../../../server/experiments/off-policy.ts';
import type { LoggedSlot } from '../../../server/experiments/policies.ts';
import { simulateExploring } from '../../../server/experiments/simulate-exploring.ts';

const SEED = 20261124;

interface Vectors {
  size: number;
  width: number;
  steps: { x: number[][]; chosen: number; reward: number; bounds?: number[] }[];
}

suite('LinUCB', () => {
  test("bounds and choices are those of the paper's algorithm, solved by numpy", () => {
    const file = 'test/unit/experiments/vectors/linucb.json';
    const { size, width, steps } = JSON.parse(readFileSync(file, 'utf8')) as Vectors;
    const linear = new LinUcb(size, 100);
    for (const [at, { x, chosen, reward, bounds }] of steps.entries()) {
      const own = x.map((of, item) => linear.bound(String(item), of, width));
      assert.equal(own.indexOf(Math.max(...own)), chosen, `step ${at}`);
      bounds?.forEach((bound, item) => assert.ok(Math.abs(bound - own[item]!) < 1e-9, `step ${at}`));
      linear.shown(String(chosen), x[chosen]!);
      if (reward) linear.rewarded(String(chosen), x[chosen]!);
    }
  });

  test('a reward that comes late is learned as one that came at once', () => {
    const prng = new Prng(SEED);
    const rows = Array.from({ length: 200 }, () => [1, prng.float(), prng.normal()]);
    const [once, late] = [new LinUcb(3, 9), new LinUcb(3, 9)];
    for (const [i, x] of rows.entries()) {
      once.shown('a', x);
      if (i % 3 === 0) once.rewarded('a', x);
      late.shown('a', x);
    }
    rows.forEach((x, i) => i % 3 === 0 && late.rewarded('a', x));

    for (const x of rows) assert.ok(Math.abs(once.bound('a', x, 1) - late.bound('a', x, 1)) < 1e-12);
  });

  test('items beyond its room have the bound of one that was never shown', () => {
    const linear = new LinUcb(2, 1);
    for (const item of ['a', 'b']) linear.shown(item, [1, 1]);

    assert.equal(linear.itemCount, 1);
    assert.ok(linear.bound('a', [1, 1], 1) < linear.bound('b', [1, 1], 1));
    assert.equal(linear.bound('b', [3, 4], 2), linear.bound('never', [3, 4], 2));
    assert.equal(linear.bound('never', [3, 4], 2), 10);
  });

  test('propensities are the even share, and the rest for the highest bound or those that share it', () => {
    assert.deepEqual(greedyShares([1, 3, 2, 0], 0.2), [0.05, 0.8500000000000001, 0.05, 0.05]);
    assert.deepEqual(greedyShares([5, 5], 0.4), [0.5, 0.5]);
  });

  test('where visitors differ it loses fewer clicks than Thompson sampling, which loses fewer than chance', (t) => {
    t.diagnostic(`seed ${SEED}`);
    const [even, thompson, linucb] = simulateExploring(
      { runs: 12, slots: 4000, items: 8, uniform: 0.1, width: 0.3, seed: SEED });

    assert.ok(thompson!.regret < 0.85 * even!.regret, `${thompson!.regret} of ${even!.regret}`);
    assert.ok(linucb!.regret < 0.85 * thompson!.regret, `${linucb!.regret} of ${thompson!.regret}`);
    for (const { method, ips, truth } of [even!, thompson!, linucb!]) {
      assert.ok(Math.abs(ips - truth) < 0.02, `${method}: IPS says ${ips} where ${truth} is true`);
    }
  });

  test('the bounds of IPS, SNIPS and DR from a log of it hold what another policy would have got', (t) => {
    t.diagnostic(`seed ${SEED}`);
    const prng = new Prng(SEED);
    const rates = Array.from({ length: 5 }, () => [0.05 + 0.3 * prng.float(), 0.05 + 0.3 * prng.float()]);
    const held = { ips: 0, snips: 0, dr: 0 };
    const runs = 40;
    for (let run = 0; run < runs; run += 1) {
      const linear = new LinUcb(3, 10);
      const slots: LoggedSlot[] = [];
      let truth = 0;
      for (let i = 0; i < 3000; i += 1) {
        const kind = prng.below(2);
        const features = rates.map(() => [kind, prng.float()]);
        const shares = greedyShares(
          features.map((of, item) => linear.bound(String(item), [1, ...of], 0.3)), 0.4);
        const chosen = pick(prng.float(), shares);
        const reward = prng.float() < rates[chosen]![kind]! ? 1 : 0;
        linear.shown(String(chosen), [1, ...features[chosen]!]);
        if (reward) linear.rewarded(String(chosen), [1, ...features[chosen]!]);
        truth += rates[kind]![kind]! / 3000;
        slots.push({ unit: `u${i}`, atMs: i, items: ['0', '1', '2', '3', '4'], features, propensities: shares,
          chosen, reward });
      }
      // Item 0 for the one kind of visitor, item 1 for the other.
      const policy = ({ features: [of] }: LoggedSlot) => [0, 1, 2, 3, 4].map((item) => Number(item === of![0]));
      const { estimates } = offPolicy({ slots, policy });
      for (const name of ['ips', 'snips', 'dr'] as const) {
        const { low, high } = estimates![name];
        if (low <= truth && truth <= high) held[name] += 1;
      }
    }

    for (const [name, count] of Object.entries(held)) assert.ok(count >= 34, `${name} held ${count} of ${runs}`);
  });

  test('what it knows is of the log alone: showings and clicks, in the context that was logged', () => {
    const answers = new Answers();
    const features = [[1, 0.1, 0.05, 0, 0.2, 1, 0, 1, 0.5], [0.5, 0.05, 0.05, 0, 0.2, 1, 0, 0, 0]];
    for (const answer of ['one', 'two']) {
      answers.given(['x', answer, 'u', 5, 4, ['a', 'b'], features, [0.9, 0.1], 0]);
    }
    answers.rewarded('one', 'a', 'click', 6);
    const x = contextOf(features[0]!);
    const oracle = new LinUcb(CONTEXT_SIZE, 10);
    for (let i = 0; i < 2; i += 1) oracle.shown('a', x);
    oracle.rewarded('a', x);

    assert.equal(x.length, CONTEXT_SIZE);
    assert.deepEqual(x, [1, 1, 0.1, 0.2, 1, 0, 1, 0.5]);
    assert.equal(answers.linear.bound('a', x, 0.3), oracle.bound('a', x, 0.3));
  });

  test('the context is of visitor and item: what they look at, whether they are known, what is alike', () => {
    const start = { categories: ['chairs', 'wood'], price: 100 };
    const asker = { customer: 'anna', visit: { items: 4, bought: 0, start } };

    assert.deepEqual(visitorFeatures(asker, { categories: ['wood', 'tables'], price: 400 }),
      [0.3219, 1, 0, 0.5, 0.5]);
    assert.deepEqual(visitorFeatures({ session: 's' }, { categories: [] }), [0, 0, 0, 0, 0]);
    assert.deepEqual(visitorFeatures(asker, undefined), [0.3219, 1, 0, 0, 0]);
  });
});
