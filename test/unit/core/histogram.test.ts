import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Histogram, HISTOGRAM_VALUE_MAX } from '../../../server/core/histogram.ts';
import { Prng } from '../../../server/core/prng.ts';

suite('Histogram', () => {
  test('small values are exact, and an empty histogram says 0', () => {
    const histogram = new Histogram();
    assert.equal(histogram.percentile(0.5), 0);
    for (let value = 0; value <= 31; value += 1) histogram.record(value);
    assert.equal(histogram.percentile(0), 0);
    assert.equal(histogram.percentile(0.5), 15);
    assert.equal(histogram.percentile(1), 31);
  });

  test('percentiles are never below the true value and at most 1/32 above it', () => {
    const prng = new Prng(12);
    const values = Array.from({ length: 20_000 }, () => Math.floor(Math.exp(prng.float() * 22)));
    const histogram = new Histogram();
    for (const value of values) histogram.record(value);
    values.sort((a, b) => a - b);

    for (const quantile of [0.01, 0.5, 0.9, 0.99, 0.999, 1]) {
      const want = values[Math.ceil(quantile * values.length) - 1] as number;
      const got = histogram.percentile(quantile);
      assert.ok(got >= want && got <= want * (1 + 1 / 32), `p${quantile}: ${got}, truly ${want}`);
    }
  });

  test('every value falls into a bucket that counts it, at every power of two', () => {
    for (let power = 0; power < 32; power += 1) {
      for (const value of [2 ** power - 1, 2 ** power, 2 ** power + 1]) {
        const histogram = new Histogram();
        histogram.record(value);
        assert.equal(histogram.percentile(1), value);
        assert.equal(histogram.countAtMost(value * 1.04 + 1), 1);
        assert.equal(histogram.countAtMost(value * 0.96 - 1), 0);
      }
    }
  });

  test('fractions, negatives and giants count at the nearest end', () => {
    const histogram = new Histogram();
    for (const value of [-5, NaN, 0.9, 1e12]) histogram.record(value);
    assert.equal(histogram.count, 4);
    assert.equal(histogram.countAtMost(0), 3);
    assert.equal(histogram.max, HISTOGRAM_VALUE_MAX);
  });

  test('merging two is as recording into one', () => {
    const [one, two, both] = [new Histogram(), new Histogram(), new Histogram()];
    const prng = new Prng(3);
    for (let i = 0; i < 1000; i += 1) {
      const value = prng.below(100_000);
      (i % 3 === 0 ? one : two).record(value);
      both.record(value);
    }
    one.merge(two);
    const bounds = [10, 100, 1000, 10_000, 100_000];
    assert.deepEqual(one.cumulative(bounds), both.cumulative(bounds));
    assert.equal(one.percentile(0.99), both.percentile(0.99));
    assert.equal(one.max, both.max);
  });
});
