import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Prng } from '../../../server/core/prng.ts';
import { FACTS, type Facts, factsOf, factValues, mixed } from '../../../server/customers/facts.ts';
import { FEATURES_WIDTH, HISTORY_WIDTH } from '../../../server/customers/known-customer.ts';
import { type CustomerPurchases, mergeByDay } from '../../../server/customers/purchases.ts';
import { writeTimingInputs } from '../../../server/customers/timing-inputs.ts';

const LANDMARK = 20_000;
const ALL = 2 ** FACTS.length - 1;

function someone(prng: Prng, count: number): CustomerPurchases {
  let day = LANDMARK - prng.below(40);
  const rows = Array.from({ length: count }, () => {
    const row = {
      day, amount: 5 + prng.below(90), units: 1 + prng.below(4), kinds: 1 + prng.below(3),
      moment: day * 86_400_000 + prng.below(86_400_000),
    };
    day -= 1 + prng.below(50);
    return row;
  });
  return mergeByDay('c', rows);
}

function inputs(customer: CustomerPurchases): [Float32Array, Float32Array] {
  const both: [Float32Array, Float32Array] = [
    new Float32Array(FEATURES_WIDTH), new Float32Array(HISTORY_WIDTH)];
  writeTimingInputs(customer, LANDMARK, both[0], 0, both[1], 0);
  return both;
}

suite('Facts of a customer', () => {
  test('with all facts of one customer models see that customer, to the bit; with none the other', () => {
    const prng = new Prng(3);
    for (let n = 0; n < 200; n += 1) {
      const [a, b] = [someone(prng, 1 + prng.below(15)), someone(prng, 1 + prng.below(15))];
      const [mine, other] = [factsOf(a, LANDMARK), factsOf(b, LANDMARK)];
      assert.deepEqual(inputs(mixed(mine, other, ALL, LANDMARK)), inputs(a));
      assert.deepEqual(inputs(mixed(mine, other, 0, LANDMARK)), inputs(b));
    }
  });

  test('every mix is a customer who could be: days rise up to the landmark, nothing is missing', () => {
    const prng = new Prng(4);
    for (let n = 0; n < 50; n += 1) {
      const [mine, other] = [
        factsOf(someone(prng, 1 + prng.below(6)), LANDMARK), factsOf(someone(prng, 1 + prng.below(6)), LANDMARK)];
      for (let chosen = 0; chosen <= ALL; chosen += 1) {
        const { days, amounts, units, kinds } = mixed(mine, other, chosen, LANDMARK);
        assert.ok(days.every((day, i) => i === 0 || day > (days[i - 1] as number)));
        assert.equal(LANDMARK - (days.at(-1) as number), (chosen & 1 ? mine : other).recency);
        assert.equal(days.length, (chosen & 2 ? mine : other).count);
        for (const values of [amounts, units, kinds]) {
          assert.equal(values.length, days.length);
          assert.ok(values.every((value) => value > 0));
        }
      }
    }
  });

  test('who has bought once has no rhythm: the other\'s stands in for it, and the fact is unknown', () => {
    const prng = new Prng(5);
    const [mine, other] = [factsOf(someone(prng, 1), LANDMARK), factsOf(someone(prng, 5), LANDMARK)];
    const rhythm = 4;
    for (let chosen = 0; chosen <= ALL; chosen += 1) {
      assert.deepEqual(
        mixed(mine, other, chosen | rhythm, LANDMARK), mixed(mine, other, chosen & ~rhythm, LANDMARK));
    }
    assert.ok(Number.isNaN(factValues(mine)[2]));
  });

  test('what is shown of a fact is the mean of the purchases', () => {
    const facts: Facts = {
      recency: 12, count: 3, orders: 3, gaps: [10, 20], amounts: [5, 10, 30], units: [1, 1, 4], kinds: [1, 1, 1],
    };
    assert.deepEqual(factValues(facts), [12, 3, 15, 15, 2]);
  });
});
