import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { assertBytes, float32Tensor, float32View, type Tensor } from '../../../server/core/tensor.ts';

const values = Float32Array.of(1.5, -2, 3e38);

/** The values as a tensor whose bytes begin `offset` bytes into a larger buffer. */
function tensorAt(offset: number, buffer: Uint8Array): Tensor {
  const { data, ...tensor } = float32Tensor('x', [3], values);
  buffer.set(data, offset);
  return { ...tensor, data: buffer.subarray(offset, offset + data.byteLength) };
}

suite('tensors', () => {
  test('floats are read at any alignment, from plain bytes and from a Buffer', () => {
    for (let offset = 0; offset < 8; offset += 1) {
      for (const buffer of [new Uint8Array(64), Buffer.alloc(64, 0xff)]) {
        assert.deepEqual(float32View(tensorAt(offset, buffer)), values, `offset ${offset}`);
      }
    }
  });

  test('aligned floats share the tensor\'s memory', () => {
    const tensor = float32Tensor('x', [3], values);

    assert.equal(float32View(tensor).buffer, values.buffer);
  });

  test('bytes that do not fit the shape are refused with both numbers', () => {
    const tensor = { ...float32Tensor('x', [3], values), shape: [2, 2] };

    assert.throws(() => assertBytes(tensor), { message: /'x' FP32\[2,2\] needs 16 bytes, got 12/ });
  });
});
