import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { alike, looseValues, stacked } from '../../../server/core/loose.ts';
import { packTexts } from '../../../server/core/tensor.ts';

const texts = (...list: string[]) => packTexts(list.map((text) => Buffer.from(text)));

suite('rows without a size', () => {
  test('a tensor of numbers in its rows, and together again', () => {
    const data = Uint8Array.from({ length: 12 }, (_, i) => i);
    const rows = looseValues({ name: 'x', datatype: 'INT16', shape: [3, 2], data }, 3, true);

    assert.deepEqual(rows.map(({ shape, data: own }) => [shape, [...own]]),
      [[[2], [0, 1, 2, 3]], [[2], [4, 5, 6, 7]], [[2], [8, 9, 10, 11]]]);
    assert.deepEqual(stacked(rows, true), { shape: [3, 2], data });
  });

  test('a tensor of texts in its rows, and together again', () => {
    const data = texts('a', '', 'ccc', 'dd');
    const rows = looseValues({ name: 'x', datatype: 'BYTES', shape: [2, 2], data }, 2, true);

    assert.deepEqual(rows.map(({ data: own }) => own), [texts('a', ''), texts('ccc', 'dd')]);
    assert.deepEqual(stacked(rows, true), { shape: [2, 2], data });
  });

  test('without a batch dimension the tensor is its only row', () => {
    const tensor = { name: 'x', datatype: 'UINT8' as const, shape: [2, 1], data: Uint8Array.of(1, 2) };
    const rows = looseValues(tensor, 1, false);

    assert.deepEqual(rows, [{ shape: [2, 1], data: tensor.data }]);
    assert.deepEqual(stacked(rows, false), rows[0]);
  });

  test('rows of one shape are one group, whatever stands between them', () => {
    const row = (...shape: number[]) => [{ shape, data: new Uint8Array(0) }];
    assert.deepEqual(alike([row(1), row(2), row(1), row(1, 2), row(2)]), [[0, 2], [1, 4], [3]]);
    assert.deepEqual(alike([row(12), row(1, 2)]), [[0], [1]]);
  });

  test('rows of different shapes make no tensor', () => {
    const data = new Uint8Array(4);
    assert.throws(() => stacked([{ shape: [4], data }, { shape: [2, 2], data }], true),
      /answered with shapes \[4\] and \[2,2\]/);
  });
});
