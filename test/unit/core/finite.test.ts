import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { firstNonFinite } from '../../../server/core/finite.ts';

suite('firstNonFinite', () => {
  const bad = {
    FP16: [0x7c00, 0xfc00, 0x7e01], BF16: [0x7f80, 0xff80, 0x7fc1],
    FP32: [NaN, Infinity, -Infinity], FP64: [NaN, Infinity, -Infinity],
  } as const;
  const arrays = { FP16: Uint16Array, BF16: Uint16Array, FP32: Float32Array, FP64: Float64Array };

  test('it finds NaN and infinities in every floating type, at any place and alignment', () => {
    for (const type of ['FP16', 'BF16', 'FP32', 'FP64'] as const) {
      for (const value of bad[type]) {
        for (const at of [0, 1, 6]) {
          for (const shift of [0, 1, 3]) {
            const values = new arrays[type](7).fill(1);
            values[at] = value;
            const bytes = new Uint8Array(shift + values.byteLength);
            bytes.set(new Uint8Array(values.buffer), shift);
            const found = firstNonFinite(type, bytes.subarray(shift));
            assert.equal(found, at, `${type} ${value} ${shift}`);
          }
        }
      }
    }
  });

  test('ordinary numbers pass, the largest, the smallest and minus zero too', () => {
    const values = Float32Array.of(0, -0, 3.4028234e38, -3.4028234e38, 1e-45, 1);
    assert.equal(firstNonFinite('FP32', new Uint8Array(values.buffer)), -1);
    assert.equal(firstNonFinite('FP32', new Uint8Array(0)), -1);
  });

  test('integers have no NaN: every bit pattern passes', () => {
    assert.equal(firstNonFinite('INT32', new Uint8Array(16).fill(0xff)), -1);
  });
});
