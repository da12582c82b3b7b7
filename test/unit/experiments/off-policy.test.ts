import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Prng } from '../../../server/core/prng.ts';
import { pick } from '../../../server/experiments/assign.ts';
import { CONTEXT_SIZE } from '../../../server/experiments/context.ts';
import { explore } from '../../../server/experiments/explore-slots.ts';
import { LinUcb } from '../../../server/experiments/linucb.ts';
import type { Line } from '../../../server/experiments/log-lines.ts';
import { exploredSlots, exposedUnits, offPolicy } from '../../../server/experiments/off-policy.ts';
import { parseExperiments } from '../../../server/experiments/parse-definition.ts';
import {
  armPolicies, type LoggedSlot, type Policy, policyNamed, policyOf,
} from '../../../server/experiments/policies.ts';
import { NEVER, Posteriors, type Tried } from '../../../server/experiments/thompson.ts';
import { evaluationText } from '../../../server/experiments/said.ts';
import { weighWith } from '../../../server/experiments/weigh.ts';

const SEED = 20261123;

/** Click rates that depend on the first feature in a way that no line fits. */
const rateOf = (features: readonly number[]): number => (features[0]! > 0.7 ? 0.4 : 0.05 + 0.1 * features[0]!);

/** Slots of pools of five, chosen with known propensities, and clicked as `rateOf` says. */
function logged(count: number, prng: Prng): LoggedSlot[] {
  return Array.from({ length: count }, (_, i) => {
    const features = Array.from({ length: 5 }, () => [prng.float(), prng.float(), prng.float(), 0]);
    const raw = features.map((of) => 0.1 + of[1]!);
    const sum = raw.reduce((all, one) => all + one, 0);
    const propensities = raw.map((one) => one / sum);
    const chosen = pick(prng.float(), propensities);
    const reward = prng.float() < rateOf(features[chosen]!) ? 1 : 0;
    return { unit: `u${Math.floor(i / 3)}`, atMs: i, items: ['a', 'b', 'c', 'd', 'e'], features, propensities,
      chosen, reward };
  });
}

function truth(slots: readonly LoggedSlot[], policy: Policy): number {
  return slots.reduce((sum, slot) => {
    const shares = policy(slot);
    return sum + slot.features.reduce((all, of, i) => all + shares[i]! * rateOf(of), 0);
  }, 0) / slots.length;
}

suite('off-policy evaluation', () => {
  test('the bounds of each estimator hold the truth 95 times in 100, whatever the reward model is worth', () => {
    const prng = new Prng(SEED);
    const policy = policyOf({ weights: { score: 3 }, temperature: 0.5 });
    const held = { ips: 0, snips: 0, dr: 0 };
    const width = { ips: 0, snips: 0, dr: 0 };
    for (let run = 0; run < 150; run += 1) {
      const slots = logged(1500, prng);
      const { estimates } = offPolicy({ slots, policy });
      const value = truth(slots, policy);
      for (const name of ['ips', 'snips', 'dr'] as const) {
        const { low, high } = estimates![name];
        width[name] += high - low;
        if (low <= value && value <= high) held[name] += 1;
      }
    }

    for (const [name, count] of Object.entries(held)) {
      assert.ok(count >= 135, `seed ${SEED}: ${name} held ${count} of 150`);
    }
    assert.ok(width.dr < width.snips && width.snips < width.ips, 'DR is the narrowest');
  });

  test('the mean reward of what was done is what it estimates of itself', () => {
    const slots = logged(3000, new Prng(SEED));
    const { estimates, logged: { reward } } = offPolicy(policyNamed('logged', slots));

    assert.ok(estimates);
    for (const { value } of [estimates.ips, estimates.snips]) assert.ok(Math.abs(value - reward) < 1e-12);
  });

  test('what was learned on the older half is judged on the newer one alone, and is found better', () => {
    const slots = logged(6000, new Prng(SEED));
    const learned = policyNamed('learned', slots);
    const { estimates, logged: { reward } } = offPolicy(learned);

    assert.equal(learned.slots.length, 3000);
    assert.ok(Math.min(...learned.slots.map(({ atMs }) => atMs)) >= 3000);
    assert.ok(estimates!.dr.low > reward, `${estimates!.dr.low} over ${reward}`);
  });

  test('it refuses where too few slots, or rewarded ones, speak of the policy, and says how many would do', () => {
    const all = logged(4000, new Prng(SEED));
    const few = offPolicy(policyNamed('blend', all.slice(0, 300)));
    const once = all.map((slot, i) => ({ ...slot, reward: i % 800 === 0 ? 1 : 0 }));
    const rare = offPolicy(policyNamed('uniform', once));
    const never = offPolicy(policyNamed('uniform', all.map((slot) => ({ ...slot, reward: 0 }))));

    assert.equal(few.estimates, null);
    assert.ok(few.enough.effective < 200 && few.enough.slotsNeeded > 300);
    const enough = offPolicy(policyNamed('blend', logged(2 * few.enough.slotsNeeded, new Prng(3))));
    assert.ok(enough.estimates, 'twice what it said is enough');
    assert.equal(rare.estimates, null);
    assert.ok(rare.enough.effective > 1000 && rare.enough.effectiveRewarded < 10);
    assert.equal(never.enough.slotsNeeded, Infinity);
    const said = evaluationText('try', 'click', [{ policy: 'blend', ...few }, { policy: 'uniform', ...never }]);
    assert.match(said, /blend: refused: effective sample \d+ of 300 slots.*about \d+ slots are needed/);
    assert.match(said, /uniform: refused: .*not one that was rewarded/);
  });

  test('lines of an exploring log become slots, each with its own reward', () => {
    const slot = (answer: string, at: number): Line =>
      ['x', answer, 'u', 5, at, ['a', 'b'], [[1, 0, 0, 0], [0, 1, 0, 0]], [0.8, 0.2], at % 2] as Line;
    const lines: Line[] = [slot('one', 4), slot('one', 9), slot('two', 4),
      ['w', 7, 6, 'one', 'b', 'click'], ['w', 8, 6, 'two', 'a', 'cart']];

    assert.deepEqual(exploredSlots(lines, 'click').map(({ reward }) => reward), [0, 1, 0]);
    assert.deepEqual(exploredSlots(lines, 'cart').map(({ reward }) => reward), [0, 0, 1]);
  });

  test("units of an A/B log are slots of its arms: an arm's SNIPS is its rate, IPS weighs by propensity", () => {
    const prng = new Prng(SEED);
    const [definition] = parseExperiments({ experiments: [
      { name: 'ab', arms: [{ name: 'now', weight: 3 }, { name: 'new' }] },
    ] });
    const lines: Line[] = [['begun', 1, definition!, 0, 0]];
    const counts = [0, 0];
    const clicked = [0, 0];
    for (let i = 0; i < 4000; i += 1) {
      const arm = prng.float() < 0.25 ? 1 : 0;
      counts[arm]! += 1;
      // The older lines do not say the propensity.
      lines.push(i < 100 ? ['u', `u${i}`, arm, i] : ['u', `u${i}`, arm, i, arm === 1 ? 0.25 : 0.75]);
      if (prng.float() >= [0.1, 0.2][arm]!) continue;
      clicked[arm]! += 1;
      lines.push(['e', i, i, `u${i}`, 'click', 0], ['e', i, i, `u${i}`, 'click', 0]);
    }
    const slots = exposedUnits(lines, 'click');

    assert.deepEqual(armPolicies(slots), ['arm:now', 'arm:new']);
    armPolicies(slots).forEach((name, arm) => {
      const { estimates } = offPolicy(policyNamed(name, slots));
      assert.ok(Math.abs(estimates!.snips.value - clicked[arm]! / counts[arm]!) < 1e-12);
      const ips = clicked[arm]! / [0.75, 0.25][arm]! / 4000;
      assert.ok(Math.abs(estimates!.ips.value - ips) < 1e-12);
      assert.ok(estimates!.dr.low < [0.1, 0.2][arm]! && [0.1, 0.2][arm]! < estimates!.dr.high);
    });
    assert.throws(() => policyNamed('arm:old', slots), /there is no arm 'old'; there are now, new/);
  });
});

suite('exploring slots', () => {
  const list = Array.from({ length: 30 }, (_, row) => ({ row, score: 1 / (row + 1) }));
  const how = { every: 5, pool: 6, uniform: 0.2 };
  type Row = (typeof list)[number];
  const weigh = (triedOf: (item: Row) => Tried, drawn: Posteriors) =>
    weighWith(how, {
      answers: { triedOf: (id) => triedOf(list[Number(id)]!), linear: new LinUcb(CONTEXT_SIZE, 0) },
      asker: {}, posteriors: () => drawn, itemAt: (row) => ({ id: String(row), categories: [] }),
    });

  test('only each fifth place is tried, from what stood there and what comes next, and nothing is there twice', () => {
    const prng = new Prng(SEED);
    const drawn = new Posteriors(prng);
    for (let run = 0; run < 200; run += 1) {
      const { items, tried } = explore(list, 12, how, weigh(() => NEVER, drawn), prng);

      assert.equal(new Set(items.map(({ row }) => row)).size, 12);
      items.forEach(({ row }, i) => assert.ok((i + 1) % 5 === 0 || row === i, `place ${i}`));
      assert.deepEqual(tried.map(({ slot }) => slot), [4, 9]);
      for (const { slot, pool, propensities, chosen, features } of tried) {
        assert.equal(pool[chosen], items[slot]);
        assert.equal(pool.length, 6);
        assert.equal(features.length, 6);
        assert.ok(Math.abs(propensities.reduce((sum, one) => sum + one, 0) - 1) < 1e-9);
      }
    }
  });

  test('what was clicked most is tried most, as often as its propensity says', () => {
    const prng = new Prng(SEED);
    const known = ({ row }: { row: number }) => ({ shown: 400, clicked: row === 20 ? 120 : 20 });
    let [taken, expected] = [0, 0];
    for (let run = 0; run < 400; run += 1) {
      const { items, tried } = explore(list, 20, { ...how, every: 20 }, weigh(known, new Posteriors(prng)), prng);
      taken += items[19]!.row === 20 ? 1 : 0;
      expected += tried[0]!.propensities[1] as number;
    }

    assert.ok(expected > 0.8 * 400, `${expected}`);
    assert.ok(Math.abs(taken - expected) < 30, `seed ${SEED}: ${taken} of ${expected}`);
  });

  test('a list with nothing behind it is left as it is', () => {
    const plain = weigh(() => NEVER, new Posteriors(new Prng(1)));
    const { items, tried } = explore(list.slice(0, 8), 10, how, plain, new Prng(1));

    assert.deepEqual(items, list.slice(0, 8));
    assert.deepEqual(tried, []);
  });
});
