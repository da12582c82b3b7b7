import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { markdownTable, withTable } from '../../../bench/peers/readme-table.ts';
import { ratioOf } from '../../../bench/ratio.ts';
import { Prng } from '../../../server/core/prng.ts';

suite('Ratios of turns', () => {
  test('the ratio is the median turn\'s, and its inverse is the other side\'s', () => {
    const there = ratioOf([10, 20, 44], [5, 10, 20]);
    const back = ratioOf([5, 10, 20], [10, 20, 44]);
    assert.ok(Math.abs(there.ratio - 2) < 1e-12);
    assert.ok(Math.abs(there.ratio * back.ratio - 1) < 1e-12);
    assert.ok(Math.abs((there.low ?? NaN) * (back.high ?? NaN) - 1) < 1e-12);
    assert.deepEqual(Object.keys(ratioOf([1, 2], [1, 1])), ['ratio'], 'two turns have no interval');
  });

  test('the interval holds the true ratio in about 95 of 100 runs', () => {
    const prng = new Prng(5);
    const runs = 2000;
    let held = 0;
    for (let run = 0; run < runs; run += 1) {
      const machine = Array.from({ length: 5 }, () => Math.exp(0.5 * prng.normal()));
      const noise = () => Math.exp(0.1 * prng.normal());
      const mine = machine.map((slow) => 3 * slow * noise());
      const { low = NaN, high = NaN } = ratioOf(mine, machine.map((slow) => slow * noise()));
      if (low <= 3 && 3 <= high) held += 1;
    }
    assert.ok(held / runs > 0.93 && held / runs < 0.97, `${held} of ${runs}`);
  });
});

suite('The README\'s table of peers', () => {
  const row = { case: 'c', metric: 'm', unit: 'us', value: 12.345 };
  const columns = [{ case: 'c', metric: 'm', head: 'M' }];

  test('a row an implementation, ratios with their intervals', () => {
    const ratio_to = { impl: 'b', ratio: 2, low: 1.5, high: 12 };
    assert.equal(
      markdownTable([{ ...row, impl: 'a', ratio_to }, { ...row, impl: 'b' }], columns),
      '|  | M |\n| --- | ---: |\n| a | 12.3 (2.00x, 1.50x-12.0x) |\n| b | 12.3 |',
    );
  });

  test('it takes the place of the last one, and of nothing else', () => {
    const page = 'x\n<!-- peers: written by `npm run bench -- peers` -->\nold\n<!-- /peers -->\ny\n';
    const once = withTable(page, 'T', 'A');
    assert.match(once, /^x\n<!-- peers.*-->\nT\n\nA\n<!-- \/peers -->\ny\n$/);
    assert.equal(withTable(once, 'T', 'A'), once);
    assert.throws(() => withTable('no marks', 'T', 'A'), /README.md has no/);
  });
});
