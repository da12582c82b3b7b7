import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { decodeRequest } from '../../../server/wire/decode.ts';

suite('decodeTensor', () => {
  test('a tensor that does not add up is refused, saying where', () => {
    const tensor = (fields: object) => ({
      id: 1,
      op: 'infer',
      model: 'm',
      inputs: [{ name: 'x', datatype: 'FP32', shape: [2], data: [1, 2], ...fields }],
    });
    const cases: [object, string][] = [
      [{ datatype: 'TEXT' }, 'inputs[0].datatype: expected one of BOOL, UINT8'],
      [{ datatype: 'BYTES' }, 'inputs[0].data: element 0: expected text, got 1'],
      [{ datatype: 'FP16' }, 'receiving FP16 data via JSON is not supported'],
      [{ datatype: 'BF16' }, 'receiving BF16 data via JSON is not supported'],
      [{ shape: [-1, 27] }, 'inputs[0].shape[0]: expected a size, an integer from 0, got -1'],
      [{ shape: 2 }, 'inputs[0].shape: expected a list of up to 8 sizes, got 2'],
      [{ shape: [2, 1.5] }, 'inputs[0].shape[1]: expected a size, an integer from 0, got 1.5'],
      [{ shape: [2 ** 50, 2 ** 50] }, 'needs 1.267'],
      [{ shape: [3] }, 'inputs[0].data: shape [3] needs 3 elements, got 2'],
      [{ shape: [3], data: new Uint8Array(8) }, 'needs 12 bytes, got 8'],
      [{ data: 'AAAA' }, 'inputs[0].data: expected bytes or a list of numbers, got "AAAA"'],
      [
        { data: [1, NaN] },
        'inputs[0].data: element 1: expected a finite number that FP32 can hold, got NaN',
      ],
      [{ data: [1, 1e39] }, 'element 1: expected a finite number that FP32 can hold, got 1e+39'],
      [{ data: [1, '2'] }, 'element 1: expected a finite number that FP32 can hold, got "2"'],
      [
        { datatype: 'INT8', data: [1, 128] },
        'element 1: expected an integer from -128 to 127, got 128',
      ],
      [
        { datatype: 'INT64', data: [1, 1e18] },
        'element 1: expected an integer from -9223372036854775808',
      ],
      [{ datatype: 'BOOL', data: [true, 2] }, 'element 1: expected true or false, got 2'],
      [{ shape: [2, 1], data: [[1], 2] }, 'inputs[0].data[1]: expected a list of 1, got 2'],
      [
        { shape: [2, 1], data: [[1], [2, 3]] },
        'inputs[0].data[1]: expected a list of 1, got a list of 2',
      ],
      [{ shape: [2], data: [[1], [2]] }, 'inputs[0].data[0]: expected a number, got a list of 1'],
    ];
    for (const [fields, message] of cases) {
      assert.throws(
        () => decodeRequest(tensor(fields), 0),
        (error: Error & { code: string }) => {
          assert.equal(error.code, 'bad_tensor', error.message);
          assert.ok(error.message.includes(message), `${error.message} lacks ${message}`);
          return true;
        },
      );
    }
  });
});
