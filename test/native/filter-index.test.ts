import assert from 'node:assert/strict';
import { once } from 'node:events';
import { suite, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { Prng } from '../../server/core/prng.ts';
import type { FilterExpression } from '../../server/ann/filter-code.ts';
import { PlainFilter } from '../support/plain-filter.ts';
import {
  addon, anyExpression, anyItem, Bitmap, COLUMNS, estimateOf, filled, FilterIndex, FLAGS, listed,
  Pair, putItems, rowsOf,
} from './filter-support.ts';

// Rows of three of the blocks that a filter is evaluated in, one of them nearly empty.
const ROW_END = 70_000;

function pair(isa?: string): Pair {
  const options = { flags: FLAGS, columns: COLUMNS, ...(isa !== undefined && { isa }) };
  return new Pair(new FilterIndex(options), new PlainFilter());
}

/** Few rows or many, close together or far apart: lists and bitmaps, and the way from one to the other. */
function anyRows(prng: Prng): number[] {
  const first = prng.below(ROW_END);
  const stride = 1 + prng.below(3) * prng.below(20);
  return Array.from({ length: prng.below(1500) }, (_, i) => (first + i * stride) % ROW_END);
}

function change(both: Pair, prng: Prng): void {
  const rows = anyRows(prng);
  switch (prng.below(6)) {
    case 0:
      both.remove(rows);
      return;
    case 1:
      both.setFlag(rows, prng.below(FLAGS), prng.below(2) === 0);
      return;
    case 2: {
      const values = rows.map(() => (prng.below(3) === 0 ? NaN : Math.round(prng.normal() * 40) / 4));
      both.setNumber(rows, prng.below(COLUMNS), values);
      return;
    }
    default:
      both.put([...new Set(rows)].map((row) => ({ row, ...anyItem(prng) })));
  }
}

suite('FilterIndex', () => {
  for (const isa of addon.isas()) {
    test(`${isa}: lets pass what the plain filter does, as items come, change and go`, () => {
      for (let seed = 0; seed < 6; seed += 1) {
        const prng = new Prng(seed);
        const both = pair(isa);
        // So many that numbers are cut into steps: the changes after it move values between them.
        const many = seed % 2 === 0 ? 9000 : 0;
        both.put(Array.from({ length: many }, (_, i) => ({ row: 30_000 + i, ...anyItem(prng) })));
        for (let step = 0; step < 12; step += 1) {
          change(both, prng);
          for (let i = 0; i < 6; i += 1) {
            const expression = anyExpression(prng, ROW_END);
            const why = `seed ${seed}, step ${step}: ${JSON.stringify(expression)}`;

            const bitmap = filled(both.index, expression);

            const want = both.plain.rows(expression);
            assert.deepEqual(listed(bitmap), want, why);
            assert.equal(bitmap.count, want.length, why);
          }
          assert.equal(both.index.size, both.plain.items.size);
        }
        both.index.close();
      }
    });
  }

  test('an estimate holds what comes out between its least and its most', () => {
    const prng = new Prng(11);
    const both = pair();
    for (let step = 0; step < 10; step += 1) change(both, prng);
    for (let i = 0; i < 400; i += 1) {
      const expression = anyExpression(prng, ROW_END);

      const { least, most, expected } = estimateOf(both.index, expression);

      const { count } = filled(both.index, expression);
      const why = `${JSON.stringify(expression)}: ${count} in ${least}..${most}, ~${expected}`;
      assert.ok(least <= count && count <= most && least <= expected && expected <= most, why);
    }
  });

  test('the count of a category, of a flag and of what they are not is known beforehand', () => {
    const prng = new Prng(12);
    const both = pair();
    for (let step = 0; step < 6; step += 1) change(both, prng);
    const known: FilterExpression[] = [
      'everything', { category: [0] }, { category: [] }, { category: [500_000] }, { flag: 1 },
      { not: { category: [1] } }, { all: [] }, { any: [] },
    ];
    for (const expression of known) {
      const count = both.plain.rows(expression).length;
      assert.deepEqual(
        estimateOf(both.index, expression), { least: count, most: count, expected: count },
        JSON.stringify(expression),
      );
    }
  });

  test('a range takes in its ends, whatever the spread of the values', () => {
    const spreads: Record<string, (prng: Prng, i: number) => number> = {
      alike: () => 5,
      'half alike': (prng) => (prng.below(2) === 0 ? 5 : prng.normal()),
      even: (_, i) => i,
      skewed: (prng) => Math.exp(6 * prng.normal()),
      'two values': (prng) => prng.below(2),
      tiny: (prng) => prng.below(9) * Number.MIN_VALUE,
      signed: (prng) => (prng.below(2) === 0 ? -0 : prng.normal()),
    };
    for (const [name, spread] of Object.entries(spreads)) {
      const prng = new Prng(3);
      const index = new FilterIndex({ columns: 1, flags: 0 });
      const values = Array.from({ length: 20_000 }, (_, i) => spread(prng, i));
      putItems(index, values.map((value, row) => (
        { row, categories: [], flags: 0, numbers: [value] })));
      for (let i = 0; i < 60; i += 1) {
        const ends = [prng.pick(values), prng.below(2) ? prng.pick(values) : prng.normal() * 10];
        const [min, max] = ends.sort((a, b) => a - b) as [number, number];

        const { count } = filled(index, { column: 0, min, max });

        const want = values.filter((value) => value >= min && value <= max).length;
        assert.equal(count, want, `${name}: ${min}..${max}`);
      }
      assert.equal(filled(index, { column: 0, min: 1, max: 0 }).count, 0);
      assert.equal(filled(index, { column: 0 }).count, 20_000);
    }
  });

  test('a bitmap keeps those of a list that pass, in their order, as far as there is room', () => {
    const both = pair();
    both.put([5, 40_000, 7, 8].map((row) => (
      { row, categories: [row === 8 ? 1 : 0], flags: 0, numbers: [1, 1] })));
    const bitmap = filled(both.index, { category: [0] });
    const into = new Uint32Array(2);

    assert.equal(bitmap.keep(Uint32Array.of(8, 40_000, 3, 67_000_000, 5, 7), into), 2);
    assert.deepEqual([...into], [40_000, 5]);
    assert.equal(bitmap.keep(Uint32Array.of(8, 3), into), 0);
    assert.equal(bitmap.rows(6, into), 2);
    assert.deepEqual([...into], [7, 40_000]);
    assert.equal(bitmap.rows(40_001, into), 0);
    assert.deepEqual([bitmap.has(5), bitmap.has(8), bitmap.has(60_000_000)], [true, false, false]);
  });

  test('a bitmap is empty before it is filled, and may be filled again and again', () => {
    const both = pair();
    const bitmap = new Bitmap();
    assert.deepEqual([bitmap.count, listed(bitmap), bitmap.has(0)], [0, [], false]);

    both.put([{ row: 1, categories: [], flags: 1, numbers: [1, 1] }]);
    assert.equal(both.index.evaluate(Uint32Array.of(2, 0), bitmap), 1);
    assert.deepEqual(listed(bitmap), [1]);
    assert.equal(both.index.evaluate(Uint32Array.of(2, 1), bitmap), 0);
    assert.deepEqual(listed(bitmap), []);
  });

  test('ten thousand filters later no more memory is held', () => {
    const both = pair();
    const prng = new Prng(2);
    both.put(Array.from({ length: 5000 }, (_, row) => ({ row, ...anyItem(prng) })));
    const expression = { all: [{ category: [0, 1] }, { flag: 0 }, { not: { rows: [1, 2, 3] } }] };
    const bitmap = new Bitmap();
    const code = Uint32Array.of(6, 2, 1, 1, 0, 2, 0);
    const ask = (times: number) => {
      for (let i = 0; i < times; i += 1) both.index.evaluate(code, bitmap);
      return bitmap.bytes;
    };
    const before = ask(100);
    const outsideBefore = process.memoryUsage().external;

    assert.equal(ask(10_000), before);

    assert.ok(process.memoryUsage().external - outsideBefore < 1e6);
    assert.ok(rowsOf(both.index, expression).length > 0);
  });

  test('another thread has the same index by its token, and sees a change at once', async () => {
    const both = pair();
    both.put([{ row: 3, categories: [7], flags: 0, numbers: [1, 1] }]);
    const source = `
      const { parentPort, workerData } = require('node:worker_threads');
      const { FilterIndex, Bitmap } = require(workerData.addonPath);
      const index = FilterIndex.attach(workerData.token);
      const before = index.evaluate(Uint32Array.of(1, 1, 7), new Bitmap());
      index.put(Uint32Array.of(9), Uint32Array.of(1), Uint32Array.of(7), Uint32Array.of(0), Float64Array.of(1, NaN));
      parentPort.postMessage(before);`;
    const addonPath = new URL('../../../build/vitrine.node', import.meta.url).pathname;
    const worker = new Worker(source, { eval: true, workerData: { addonPath, token: both.index.token } });

    const [before] = (await once(worker, 'message')) as [number];

    assert.equal(before, 1);
    assert.deepEqual(rowsOf(both.index, { category: [7] }), [3, 9]);
    both.index.close();
    assert.throws(() => FilterIndex.attach(both.index.token), { code: 'bad_argument' });
  });

  test('ten thousand small categories cost what their members cost', () => {
    const index = new FilterIndex({ flags: 1, columns: 0 });
    const count = 200_000;
    index.put(
      Uint32Array.from({ length: count }, (_, row) => row),
      Uint32Array.from({ length: count }, (_, row) => row + 1),
      Uint32Array.from({ length: count }, (_, row) => (row * 7919) % 10_000),
      new Uint32Array(count),
      new Float64Array(0),
    );

    // A bitmap for each would take 250 MB.
    assert.ok(index.bytes < 20e6, `${index.bytes} bytes`);
    assert.equal(filled(index, { category: [1234] }).count, 20);
  });
});
