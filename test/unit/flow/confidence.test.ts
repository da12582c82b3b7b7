import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Prng } from '../../../server/core/prng.ts';
import { bounds } from '../../../server/flow/confidence.ts';

suite('Bounds that hold at all times', () => {
  test('hold the true rate at every moment of a run, but for alpha of the runs', () => {
    const prng = new Prng(17);
    for (const p of [0.01, 0.2, 0.5]) {
      let failed = 0;
      for (let run = 0; run < 400; run += 1) {
        let events = 0;
        for (let trials = 1; trials <= 400; trials += 1) {
          if (prng.float() < p) events += 1;
          const { low, high } = bounds(events, trials, 0.1);
          if (p < low || p > high) {
            failed += 1;
            break;
          }
        }
      }
      assert.ok(failed <= 40, `seed 17: rate ${p} is left in ${failed} of 400 runs`);
    }
  });

  test('close in on the rate, and are in order', () => {
    let before = 1;
    for (const trials of [10, 100, 1000, 10_000, 100_000]) {
      const { low, high } = bounds(trials / 10, trials, 0.05);
      assert.ok(0 <= low && low < 0.1 && 0.1 < high && high <= 1);
      assert.ok(high - low < before);
      before = high - low;
    }
    assert.ok(before < 0.01);
  });

  test('know nothing before the first trial, and never say never', () => {
    assert.deepEqual(bounds(0, 0, 0.05), { low: 0, high: 1 });
    const [none, all] = [bounds(0, 100, 0.05), bounds(100, 100, 0.05)];
    assert.ok(none.low === 0 && none.high > 0.01 && none.high < 0.1);
    assert.ok(all.high === 1 && Math.abs(all.low + none.high - 1) < 1e-9);
  });
});
