import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Allow } from '../../server/ann/binding.ts';
import { FilterCode, type FilterExpression } from '../../server/ann/filter-code.ts';
import { Prng } from '../../server/core/prng.ts';
import { addon, Bitmap, filled, FilterIndex, listed } from './filter-support.ts';

const { VectorIndex, SessionIndex } = addon;
const make = () => new FilterIndex({ flags: 2, columns: 1 });
const bad = { code: 'bad_argument' };

function u32(...words: number[]): Uint32Array {
  return Uint32Array.of(...words);
}

/** Ten items, and a bitmap of the even ones. */
function ten() {
  const index = make();
  const rows = Uint32Array.from({ length: 10 }, (_, row) => row);
  // Flag 0 is of even rows; number 0 is the row.
  index.put(rows, rows.map((row) => row + 1), rows.map((row) => row % 3), rows.map((row) => (row + 1) % 2),
    Float64Array.from(rows));
  return { index, bitmap: filled(index, { flag: 0 }) };
}

suite('What a filter index is asked', () => {
  test('a filter that does not read is refused, and the bitmap left alone', () => {
    const { index, bitmap } = ten();
    const wrong: number[][] = [
      [], [8], [1], [1, 2, 5], [2], [2, 2], [3, 0, 0, 0, 0], [3, 1, 0, 0, 0, 0], [4, 1], [4, 0xffff_ffff], [5],
      [6, 1], [6, 0xffff_ffff], [7, 2, 0], [0, 0], [2, 0, 9],
      Array.from({ length: 17 }, () => 5).concat(0),
    ];
    for (const words of wrong) {
      assert.throws(() => index.evaluate(u32(...words), bitmap), bad, words.join(' '));
      assert.throws(() => index.estimate(u32(...words), new Float64Array(3)), bad);
    }
    assert.throws(() => index.evaluate(new Uint32Array(2 ** 20 + 1), bitmap), bad);
    assert.throws(() => index.evaluate(u32(6, 4095, ...new Uint32Array(4096)), bitmap), bad);
    assert.deepEqual(listed(bitmap), [0, 2, 4, 6, 8]);
  });

  test('an expression that is none is refused with what was expected', () => {
    const code = new FilterCode();
    const deep = (levels: number): FilterExpression =>
      levels === 1 ? 'everything' : { not: deep(levels - 1) };
    const round: { not?: unknown } = {};
    round.not = round;
    const wrong: [RegExp, unknown][] = [
      [/one of \{category\}.*it is \{foo\}/, { foo: 1 }],
      [/it is null/, null], [/it is 3/, 3], [/it is "all"/, 'all'], [/it is undefined/, undefined],
      [/it is \{flag, category\}/, { flag: 1, category: [1] }],
      [/it is \{column, mim\}/, { column: 0, mim: 3 }],
      [/an entry of category must be a whole number of 0\.\.2\^32-1, it is 1\.5/, { category: [1.5] }],
      [/an entry of category .* it is -1/, { category: [-1] }],
      [/an entry of rows .* it is 4294967296/, { rows: [2 ** 32] }],
      [/an entry of rows .* it is "1"/, { rows: ['1'] }],
      [/rows must be a list of numbers, it is 5/, { rows: 5 }],
      [/flag must be a whole number .* it is "0"/, { flag: '0' }],
      [/column must be a whole number .* it is NaN/, { column: NaN }],
      [/min must be a number, it is NaN/, { column: 0, min: NaN }],
      [/max must be a number, it is "9"/, { column: 0, max: '9' }],
      [/all must be a list of filters, it is \{flag\}/, { all: { flag: 0 } }],
      [/it is undefined/, { any: [undefined] }],
      [/may nest 16 deep/, deep(17)], [/may nest 16 deep/, round],
    ];

    for (const [message, expression] of wrong) {
      assert.throws(() => code.of(expression as FilterExpression), { ...bad, message });
    }
    assert.equal(filled(ten().index, deep(16)).count, 0);
  });

  test('any words at all give an answer or a refusal', () => {
    const { index } = ten();
    const bitmap = new Bitmap();
    const prng = new Prng(5);
    let answered = 0;
    for (let i = 0; i < 50_000; i += 1) {
      const words = Uint32Array.from({ length: prng.below(12) }, () =>
        prng.below(20) === 0 ? prng.uint32() : prng.below(9));
      try {
        index.evaluate(words, bitmap);
        answered += 1;
        assert.ok(bitmap.count <= 10);
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'bad_argument');
      }
    }
    assert.ok(answered > 1000, `${answered}`);
  });

  test('wrong items change nothing', () => {
    const { index } = ten();
    const none = new Uint32Array(0);
    const one = Float64Array.of(1);
    const wrong: [Uint32Array, Uint32Array, Uint32Array, Uint32Array, Float64Array][] = [
      [u32(1), none, none, u32(0), one],
      [u32(1), u32(1), none, u32(0), one],
      [u32(1), u32(0), none, none, one],
      [u32(1), u32(0), none, u32(0), new Float64Array(0)],
      [u32(1), u32(0), none, u32(0), Float64Array.of(Infinity)],
      [u32(2 ** 26), u32(0), none, u32(0), one],
      [u32(1), u32(1), u32(2 ** 24), u32(0), one],
      [u32(1, 2), u32(1, 0), u32(0), u32(0, 0), Float64Array.of(1, 2)],
    ];
    for (const words of wrong) assert.throws(() => index.put(...words), bad);
    assert.throws(() => index.setFlag(u32(1), 2, true), bad);
    assert.throws(() => index.setFlag(u32(1), 0, 1 as never), bad);
    assert.throws(() => index.setNumber(u32(1), 1, one), bad);
    assert.throws(() => index.setNumber(u32(1, 2), 0, one), bad);
    assert.throws(() => index.setNumber(u32(1), 0, Float64Array.of(-Infinity)), bad);
    assert.throws(() => index.put([1] as never, u32(0), none, u32(0), one), bad);
    assert.deepEqual(listed(filled(index, { column: 0, min: 1, max: 3 })), [1, 2, 3]);
  });

  test('a fact of an item that is not there is passed over', () => {
    const { index } = ten();

    index.setFlag(u32(1, 99), 0, true);
    index.setNumber(u32(99, 2), 0, Float64Array.of(-5, -6));

    assert.equal(index.size, 10);
    assert.deepEqual(listed(filled(index, { flag: 0 })), [0, 1, 2, 4, 6, 8]);
    assert.deepEqual(listed(filled(index, { column: 0, max: -1 })), [2]);
    assert.equal(index.remove(u32(1, 1, 99)), 1);
    assert.equal(index.size, 9);
  });

  test('wrong options and closed handles are refused', () => {
    assert.throws(() => new FilterIndex({ flags: 33 }), bad);
    assert.throws(() => new FilterIndex({ columns: -1 }), bad);
    assert.throws(() => new FilterIndex({ isa: 'abacus' }), { code: 'unsupported' });
    assert.throws(() => FilterIndex.attach(999_999n), bad);
    const index = make();
    const { token } = index;
    index.close();
    index.close();
    assert.throws(() => index.size, bad);
    assert.throws(() => index.evaluate(u32(0), new Bitmap()), bad);
    assert.throws(() => FilterIndex.attach(token), bad);
  });

  test('a Bitmap is a Bitmap and nothing else is', () => {
    const { index } = ten();
    for (const wrong of [{}, null, undefined, 3, new Uint32Array(1), index]) {
      assert.throws(() => index.evaluate(u32(0), wrong as never), bad);
    }
    const count = Object.getOwnPropertyDescriptor(Bitmap.prototype, 'count')?.get as () => number;
    assert.throws(() => count.call(index), bad);
  });
});

suite('Searches with a bitmap', () => {
  test('a vector search answers what the bitmap allows, as with an array of the same bits', async () => {
    const { bitmap } = ten();
    const vectors = new VectorIndex({ kind: 'exact', dim: 1, metric: 'ip' });
    vectors.add(Uint32Array.from({ length: 12 }, (_, i) => i), Float32Array.from({ length: 12 }, (_, i) => i));
    const search = (allow: Allow) => {
      const ids = new Uint32Array(4);
      vectors.search(Float32Array.of(1), 4, ids, new Float32Array(4), { allow });
      return [...ids];
    };

    assert.deepEqual(search(bitmap), [8, 6, 4, 2]);
    assert.deepEqual(search(bitmap), search(u32(0b01_0101_0101)));
    assert.deepEqual(search(new Bitmap()), search(u32(0)));
    assert.throws(() => search({} as never), bad);
  });

  test('a search off the thread goes by the bitmap as it was, though it is filled again', async () => {
    const { index, bitmap } = ten();
    const vectors = new VectorIndex({ kind: 'exact', dim: 64, metric: 'ip' });
    const prng = new Prng(1);
    vectors.add(Uint32Array.from({ length: 10 }, (_, i) => i), prng.row(640));
    const waiting = Array.from({ length: 50 }, async (_, i) => {
      index.evaluate(u32(2, i % 2), bitmap); // flag 0: even rows; flag 1: none
      const ids = new Uint32Array(40 * 5);
      await vectors.searchAsync(prng.row(64 * 40), 5, ids, new Float32Array(200), { allow: bitmap });
      return ids;
    });

    const answers = await Promise.all(waiting);

    answers.forEach((ids, i) => {
      const right = i % 2 === 0 ? (id: number) => id % 2 === 0 : (id: number) => id === 0xffff_ffff;
      assert.ok(ids.every(right), `search ${i}: ${ids.slice(0, 5)}`);
    });
  });

  test('session searches answer what the bitmap allows', () => {
    const { bitmap } = ten();
    const sessions = new SessionIndex();
    for (let key = 0; key < 4; key += 1) for (let item = 0; item < 10; item += 1) sessions.append(key, item);
    const items = new Uint32Array(10);
    const scores = new Float32Array(10);
    const found = (count: number) => [...items.subarray(0, count)].sort((a, b) => a - b);

    assert.deepEqual(found(sessions.follow(u32(3), items, scores, { allow: bitmap })), [4, 6, 8]);
    const near = found(sessions.search(u32(3), items, scores, { allow: bitmap }));
    assert.ok(near.length > 0 && near.every((item) => item % 2 === 0), `${near}`);
    assert.equal(sessions.search(u32(3), items, scores, { allow: new Bitmap() }), 0);
    assert.throws(() => sessions.search(u32(3), items, scores, { allow: [] as never }), bad);
  });
});
