import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseConfig } from '../../../server/catalog/parse-config.ts';
import { checkLayers, type PlainLayer, PlainRuntime } from '../../../server/runtime/plain.ts';
import { temporaryFolder, writeFiles } from '../../support/model-repository.ts';

const TABLE: PlainLayer = {
  type: 'gather-mean', rows: 3, units: 2, table: [90, 90, 1, 10, 3, 30], // row 0 is never read
};

suite('Plain models', () => {
  test('gather-mean takes the mean of the rows named, without the padding', async () => {
    const folder = temporaryFolder();
    writeFiles(folder, { 'model.plain.json': JSON.stringify({ layers: [TABLE] }) });
    const config = parseConfig({
      platform: 'plain', max_batch_size: 4,
      input: [{ name: 'items', data_type: 'TYPE_INT32', dims: [3] }],
      output: [{ name: 'vector', data_type: 'TYPE_FP32', dims: [2] }],
    }, 'm');
    const running = await new PlainRuntime().open(folder, config);
    const vectors = new Float32Array(6);

    running.run([Int32Array.of(1, 2, 0, 0, 0, 0, 2, 2, 2)], 3, [vectors]);

    assert.deepEqual([...vectors], [2, 20, 0, 0, 3, 30]);
    assert.throws(() => running.run([Int32Array.of(3, 0, 0)], 1, [vectors]), /3 is no row of 0\.\.2/);
    assert.throws(() => running.run([Float32Array.of(1.5, 0, 0)], 1, [vectors]), /1\.5 is no row/);
  });

  test('layers that do not fit each other are named', () => {
    const dense = { type: 'dense', inputs: 2, units: 1, weight: [1, 2], bias: [0] } as const;
    for (const [layers, message] of [
      [[{ ...dense, inputs: 3 }], /layers\[0\] \(dense\): takes 3 values, gets 2/],
      [[{ ...dense, weight: [1] }], /weight has 1 values/],
      [[{ ...dense, bias: [] }], /bias has 0 values, not 1/],
      [[dense, TABLE], /layers\[1\] \(gather-mean\): .* it can only come first/],
      [[{ ...TABLE, table: [] }], /table has 0 values/],
      [undefined, /`layers` is missing/],
    ] as const) {
      assert.throws(() => checkLayers({ layers: layers as unknown as PlainLayer[] }, 2), message);
    }
  });
});
