import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { distance } from '../../../../bench/traffic/compare.ts';
import { chancesOf, Draws, fitCutPower } from '../../../../bench/traffic/laws/cut-power.ts';
import { fitLogistic } from '../../../../bench/traffic/laws/logistic.ts';
import { drawLognormal, fitRecurrence, lognormalBelow } from '../../../../bench/traffic/laws/lognormal-mix.ts';
import { Prng } from '../../../../server/core/prng.ts';

suite('Laws of traffic', () => {
  test('a power law with a flat head and a cut-off tail is found again in its draws', () => {
    const law = { from: 2, to: 200, exponent: 1.6, shift: 2, cutoff: 40 };
    const prng = new Prng(1);
    const draws = Draws.of(law);
    const counts = new Array<number>(199).fill(0);
    for (let i = 0; i < 200_000; i += 1) counts[draws.next(prng) - 2]! += 1;
    const found = chancesOf(fitCutPower(2, counts));
    const off = chancesOf(law).reduce((sum, chance, i) => sum + Math.abs(chance - (found[i] as number)) / 2, 0);
    assert.ok(off < 0.005, String(off)); // the shape: exponent, shift and cutoff make up for each other
  });

  test('a mixture of lognormal laws, and the share that never comes, are found though the data end', () => {
    const prng = new Prng(2);
    const mix = [{ share: 0.3, mean: 0, spread: 0.5 }, { share: 0.7, mean: 3, spread: 0.8 }];
    const [seen, open]: [number[], number[]] = [[], []];
    for (let i = 0; i < 20_000; i += 1) {
      const until = 60 * prng.float() + 1;
      const gap = prng.float() < 0.6 ? drawLognormal(prng, mix) : Infinity;
      if (gap < until) seen.push(gap);
      else open.push(until);
    }
    const found = fitRecurrence({ seen, open });
    assert.ok(Math.abs(found.comes - 0.6) < 0.03, String(found.comes));
    for (const x of [0.5, 1, 5, 20, 60]) {
      assert.ok(Math.abs(lognormalBelow(found.mix, x) - lognormalBelow(mix, x)) < 0.03, `${x}`);
    }
  });

  test('log odds are found again, and distances are those of distribution functions', () => {
    const prng = new Prng(3);
    const cases = Array.from({ length: 20_000 }, () => {
      const x = 3 * prng.float();
      return { x, yes: prng.float() < 1 / (1 + Math.exp(2 - 0.8 * x)) };
    });
    const { base, slope } = fitLogistic(cases);
    assert.ok(Math.abs(base + 2) < 0.1 && Math.abs(slope - 0.8) < 0.06, `${base} ${slope}`);
    assert.equal(distance(Float64Array.of(1, 2, 3, 4), Float64Array.of(1, 2, 3, 4)), 0);
    assert.equal(distance(Float64Array.of(1, 1, 1, 2), Float64Array.of(1, 2, 2, 2)), 0.5);
  });
});
