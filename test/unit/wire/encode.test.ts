import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { fromWire, toWire as clientToWire } from '../../../server/client/names.ts';
import { ServeError } from '../../../server/core/errors.ts';
import { float32Tensor } from '../../../server/core/tensor.ts';
import { encodeMessage, errorReply, inferReply } from '../../../server/wire/encode.ts';
import { cutBody, decodeInferRequest } from '../../../server/wire/kserve-request.ts';
import { decodeMsgpack } from '../../../server/wire/msgpack.ts';
import { toWire, WIRE_NAMES } from '../../../server/wire/names.ts';

const TIMING = { queueUs: 1, runUs: 2, batchRows: 3, batchReason: 'idle' as const };
const int64 = (...values: bigint[]) => new Uint8Array(BigInt64Array.from(values).buffer);
const RESULT = {
  model: 'm',
  version: '2',
  timing: TIMING,
  outputs: [
    float32Tensor('y', [1, 2], Float32Array.of(0.5, -2)),
    { name: 'z', datatype: 'INT64' as const, shape: [1], data: int64(2n ** 62n + 1n) },
  ],
};
const json = (text: string) => decodeInferRequest(cutBody(Buffer.from(text), ''), 'm');

suite('encodeMessage', () => {
  test('a binary reply carries tensors as their bytes', () => {
    const reply = decodeMsgpack(
      encodeMessage('msgpack', inferReply(7, RESULT, true)) as Uint8Array,
    );

    assert.deepEqual(
      JSON.parse(JSON.stringify(reply)),
      JSON.parse(
        JSON.stringify({
          id: 7,
          model: 'm',
          version: '2',
          outputs: RESULT.outputs.map((tensor) => ({ ...tensor, data: Buffer.from(tensor.data) })),
          timing: { queue_us: 1, run_us: 2, batch_rows: 3, batch_reason: 'idle' },
        }),
      ),
    );
  });

  test('a text reply carries them as numbers, 64-bit integers to the last digit', () => {
    assert.equal(
      encodeMessage('json', inferReply('a', RESULT, false)),
      '{"id":"a","model":"m","version":"2","outputs":[' +
        '{"name":"y","datatype":"FP32","shape":[1,2],"data":[0.5,-2]},' +
        '{"name":"z","datatype":"INT64","shape":[1],"data":[4611686018427387905]}]}',
    );
  });

  test('an output that JSON cannot carry fails instead of becoming something else', () => {
    const outputs = [float32Tensor('y', [1], Float32Array.of(NaN))];
    assert.throws(() => encodeMessage('json', { id: 1, outputs }), {
      code: 'backend',
      message: /'y' holds NaN/,
    });
  });

  test('an error says its code, its text and when to come back', () => {
    const error = new ServeError('overloaded', 'lane m', { retryAfterMs: 12 });
    assert.deepEqual(JSON.parse(encodeMessage('json', errorReply(null, error)) as string), {
      id: null,
      error: { code: 'overloaded', message: 'the queue is full: lane m', retry_after_ms: 12 },
    });
  });

  test('names are spelt as the client spells them, and maps of data are left alone', () => {
    for (const [inside, wire] of Object.entries(WIRE_NAMES)) {
      assert.deepEqual(clientToWire({ [inside]: 1 }), { [wire]: 1 });
      assert.deepEqual(fromWire({ [wire]: 1 }), { [inside]: 1 });
    }
    assert.deepEqual(
      toWire({ trainedOn: 'x', features: { atMs: 1 }, gone: undefined, list: [{ runUs: 1 }] }),
      {
        trained_on: 'x',
        features: { atMs: 1 },
        list: [{ run_us: 1 }],
      },
    );
  });
});

suite('KServe v2 infer', () => {
  test('a request is read with id, outputs, timeout, and data flat or nested', () => {
    const { id, request } = json(`{"id":"q","parameters":{"timeout":5000,"binary_data_output":true},
      "inputs":[{"name":"x","shape":[2,1],"datatype":"INT64","data":[[9007199254740993],[1]]}],
      "outputs":[{"name":"y","parameters":{"binary_data":true}}]}`);

    assert.equal(id, 'q');
    assert.deepEqual(request, {
      inputs: [
        { name: 'x', datatype: 'INT64', shape: [2, 1], data: int64(9_007_199_254_740_993n, 1n) },
      ],
      outputs: ['y'],
      timeoutUs: 5000, requestId: 'q',
      parameters: { timeout: 5000, binary_data_output: true },
    });
  });
});
