import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { inferOn } from '../../../server/batch/infer.ts';
import { LooseRows } from '../../../server/batch/loose-rows.ts';
import { systemClock } from '../../../server/core/clock.ts';
import { float32Tensor } from '../../../server/core/tensor.ts';
import { FakeLane } from '../../support/fake-lane.ts';

function lane(bytesMax: number): FakeLane & { loose: LooseRows } {
  const tensor = { datatype: 'FP32' as const, dims: [-1] };
  const made = new FakeLane({
    name: 'open', inputs: [{ name: 'x', ...tensor }], outputs: [{ name: 'y', ...tensor }],
    rowsMax: 4, row: () => {}, looseRow: (row) => row,
  });
  return Object.assign(made, { loose: new LooseRows(64, bytesMax) });
}

const request = (values: Float32Array) =>
  ({ model: 'open', inputs: [float32Tensor('x', [1, values.length], values)] });

suite('LooseRows', () => {
  test('rows past its bytes are refused as overload; one alone is taken whatever its size', async () => {
    const own = lane(100);
    own.prompt = false;
    const big = inferOn(own, request(new Float32Array(1000)), systemClock);
    await assert.rejects(inferOn(own, request(new Float32Array(1)), systemClock),
      { code: 'overloaded' });
    assert.equal(own.loose.bytes, 4000);
    own.runAll();
    assert.deepEqual((await big).outputs[0]!.shape, [1, 1000]);
    assert.equal(own.loose.bytes, 0);
    own.prompt = true;
    await inferOn(own, request(new Float32Array(1)), systemClock);
  });

  test('what it keeps is its own: the message it came in may be used again', async () => {
    const own = lane(100);
    own.prompt = false;
    const values = Float32Array.of(1, 2, 3);
    const answer = inferOn(own, request(values), systemClock);
    values.fill(9);
    own.runAll();
    assert.deepEqual((await answer).outputs[0]!.data, new Uint8Array(Float32Array.of(1, 2, 3).buffer));
  });

  test('a cancelled request holds nothing', async () => {
    const own = lane(100);
    own.prompt = false;
    const abort = new AbortController();
    const answer = inferOn(own, { ...request(Float32Array.of(1)), signal: abort.signal }, systemClock);
    abort.abort();
    await assert.rejects(answer, { code: 'cancelled' });
    assert.equal(own.loose.bytes, 0);
  });
});
