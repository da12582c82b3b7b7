import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ofRate, unitsNeeded } from '../../../server/experiments/power.ts';
import { simulate, type World } from '../../../server/experiments/simulate.ts';

const AA: World = {
  runs: 400, units: 3000, kind: 'ab', metric: 'click', rate: 0.05, lift: 0, delay: 50, alpha: 0.05,
  horizon: 3000, seed: 20261123,
};

suite('experiments that are looked at after every unit', () => {
  for (const [what, world] of [
    ['rates', AA],
    ['rates, bounds tuned to far fewer units', { ...AA, horizon: 500 }],
    ['revenue of a unit, some of whom buy twice', { ...AA, metric: 'revenue' }],
    ['interleaved lists', { ...AA, kind: 'interleave', units: 2000 }],
  ] as const) {
    test(`A/A errs in at most 5 % of the runs, where a z-test errs in a fifth: ${what}`, () => {
      const { found, foundNaive } = simulate(world);

      assert.ok(found <= 0.05 * world.runs, `seed ${world.seed}: ${found} of ${world.runs}`);
      assert.ok(foundNaive >= 0.2 * world.runs, `seed ${world.seed}: the z-test ${foundNaive}`);
    });
  }

  test('what `power` says is enough finds the lift as often as it says, and mostly sooner', () => {
    const { always } = unitsNeeded({
      lift: 0.05, control: ofRate(0.1), arm: ofRate(0.15), alpha: 0.05, power: 0.8,
    });
    const world = { ...AA, runs: 200, units: always, horizon: always, rate: 0.1, lift: 0.5, delay: 0 };
    const { found, foundRight, medianUnits } = simulate(world);

    assert.ok(found >= 0.8 * world.runs, `seed ${world.seed}: ${found} of ${world.runs}`);
    assert.equal(foundRight, found, 'never for the wrong arm');
    assert.ok(medianUnits !== null && medianUnits < 0.75 * always, `half by ${medianUnits} of ${always}`);
  });

  test('interleaving finds with 1,500 visitors what an A/B does not', () => {
    const world = { ...AA, runs: 100, units: 1500, horizon: 1500, lift: 0.3, delay: 0, rate: 0.1 };
    const interleaved = simulate({ ...world, kind: 'interleave' });
    const split = simulate(world);

    assert.ok(interleaved.found >= 3 * Math.max(1, split.found),
      `seed ${world.seed}: ${interleaved.found} and ${split.found} of 100`);
  });
});
