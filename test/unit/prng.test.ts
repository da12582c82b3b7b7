import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Prng } from '../../server/core/prng.ts';

suite('Prng', () => {
  test('the same seed gives the same stream, another seed another', () => {
    const draw = (seed: number) => Array.from({ length: 8 }, ((prng) => () => prng.uint32())(new Prng(seed)));

    assert.deepEqual(draw(7), draw(7));
    assert.notDeepEqual(draw(7), draw(8));
  });

  test('floats fill [0, 1) evenly', () => {
    const prng = new Prng(42);
    const bins = new Array<number>(10).fill(0);

    for (let i = 0; i < 100_000; i += 1) bins[prng.below(10)]! += 1;

    for (const count of bins) assert.ok(Math.abs(count - 10_000) < 500, String(bins));
  });
});
