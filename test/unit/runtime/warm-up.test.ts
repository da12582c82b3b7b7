import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { parseConfig } from '../../../server/catalog/parse-config.ts';
import { packTexts, type Tensor, type TensorArray, textsOf } from '../../../server/core/tensor.ts';
import { ModelInstance } from '../../../server/runtime/instance.ts';
import { LooseInstance } from '../../../server/runtime/loose-instance.ts';
import type { Runtime } from '../../../server/runtime/runtime.ts';
import { encodeConfig } from '../../../server/wire/kserve-config.ts';
import { temporaryFolder, writeFiles } from '../../support/model-repository.ts';

const X = { name: 'x', data_type: 'TYPE_FP32', dims: [2] };
const Y = { name: 'y', data_type: 'TYPE_FP32', dims: [1] };
const ITEMS = { name: 'items', data_type: 'TYPE_INT64', dims: [1] };
const BASE = { platform: 'plain', max_batch_size: 4, input: [X, ITEMS], output: [Y] };
const ZERO = { data_type: 'TYPE_INT64', dims: [1], zero_data: true };

const parse = (warmup: unknown, more: object = {}) =>
  parseConfig({ ...BASE, ...more, model_warmup: warmup }, 'm');

/** Notes each run: rows, and what the inputs held. */
function watched(fails: (values: number[]) => boolean = () => false) {
  const runs: { rows: number; x: number[]; items: number[] }[] = [];
  let closed = 0;
  const runtime: Runtime = {
    platform: 'plain',
    open: async () => ({
      run: ([x, items]: readonly TensorArray[], rows: number) => {
        const values = Array.from(x as Float32Array).slice(0, rows * 2);
        runs.push({ rows, x: values, items: Array.from(items as BigInt64Array, Number).slice(0, rows) });
        if (fails(values)) throw new Error('cannot');
      },
      runLoose: () => [],
      close: async () => void (closed += 1),
    }),
  };
  return { runtime, runs, closed: () => closed };
}

suite('What a model answers before it is ready', () => {
  test('is run as often and with as many rows as said, from zeros, chance and files', async () => {
    const folder = temporaryFolder();
    const floats = Float32Array.of(1, 2, 3, 4, 5, 6);
    writeFiles(folder, { 'warmup/floats': new Uint8Array(floats.buffer) });
    const config = parse([
      { name: 'file', batch_size: 3, count: 2, inputs: {
        x: { data_type: 'TYPE_FP32', dims: [2], input_data_file: 'floats' }, items: ZERO } },
      { batch_size: 4, inputs: {
        x: { data_type: 'TYPE_FP32', dims: [2], random_data: true },
        items: { ...ZERO, zero_data: undefined, random_data: true } } },
    ]);
    const { runtime, runs } = watched();

    await ModelInstance.open(runtime, join(folder, '1'), config);

    const [first, second, third] = runs.slice(-3);
    assert.deepEqual(first, { rows: 3, x: [1, 2, 3, 4, 5, 6], items: [0, 0, 0] });
    assert.deepEqual(second, first);
    assert.equal(third?.rows, 4);
    assert.ok(third?.x.every((value) => value > 0 && value < 1), `${third?.x}`);
    assert.equal(new Set(third?.x).size, 8);
    assert.ok(third?.items.every((value) => value === 0 || value === 1));
  });

  test('keeps a model that fails on it from being ready', async () => {
    const config = parse([{ inputs: {
      x: { data_type: 'TYPE_FP32', dims: [2], random_data: true }, items: ZERO } }]);
    const { runtime, closed } = watched((x) => x.some((value) => value > 0));

    await assert.rejects(ModelInstance.open(runtime, '/nowhere/1', config), /cannot/);
    assert.equal(closed(), 1);
  });

  test('names the file that is not there, or is too short', async () => {
    const folder = temporaryFolder();
    writeFiles(folder, { 'warmup/short': new Uint8Array(4) });
    for (const [file, why] of [['gone', /ENOENT/], ['short', /8 bytes|4 bytes/]] as const) {
      const config = parse([{ name: 'first', inputs: {
        x: { data_type: 'TYPE_FP32', dims: [2], input_data_file: file }, items: ZERO } }]);

      const failure = await ModelInstance.open(watched().runtime, join(folder, '1'), config)
        .catch((thrown: unknown) => thrown as Error & { code: string });

      assert.ok(failure instanceof Error && failure.code === 'backend', file);
      assert.match(failure.message, new RegExp(`warm-up 'first', input 'x': warmup/${file}`));
      assert.match(failure.message, why);
    }
  });

  test('may be texts and open sizes', async () => {
    const seen: Tensor[] = [];
    const runtime: Runtime = {
      platform: 'plain',
      open: async () => ({
        run: () => {},
        runLoose: (inputs) => {
          seen.push(...inputs);
          const data = packTexts(['a', 'b'].map((text) => Buffer.from(text)));
          return [{ name: 'y', datatype: 'BYTES', shape: [2, 1], data }];
        },
        close: async () => {},
      }),
    };
    const config = parse(
      [{ batch_size: 2, inputs: { t: { data_type: 'TYPE_STRING', dims: [3], random_data: true } } }],
      { input: [{ name: 't', data_type: 'TYPE_STRING', dims: [-1] }],
        output: [{ name: 'y', data_type: 'TYPE_STRING', dims: [1] }] });

    await LooseInstance.open(runtime, '/nowhere/1', config);

    assert.equal(seen.length, 1);
    assert.deepEqual(seen[0]?.shape, [2, 3]);
    assert.equal([...textsOf(seen[0] as Tensor)].length, 6);
  });

  test('is told as it was said', () => {
    const said = [{ name: 'one', batch_size: 2, count: 3, inputs: {
      x: { data_type: 'TYPE_FP32', dims: [2], input_data_file: 'f' }, items: ZERO } }];

    const told = JSON.parse(encodeConfig(parse(said))) as { model_warmup: unknown };

    assert.deepEqual(told.model_warmup, said);
    assert.deepEqual(parse(told.model_warmup).model_warmup, parse(said).model_warmup);
  });

  const x = { data_type: 'TYPE_FP32', dims: [2], zero_data: true };
  const wrong: readonly (readonly [string, unknown, RegExp])[] = [
    ['an input is left out', [{ inputs: { x } }], /inputs\.items/],
    ['an input is not the model\'s', [{ inputs: { x, items: ZERO, z: x } }], /inputs\.z .*unknown field/],
    ['a type is another', [{ inputs: { x: { ...x, data_type: 'TYPE_FP64' }, items: ZERO } }],
      /inputs\.x\.data_type is "TYPE_FP64": must be TYPE_FP32/],
    ['a size is another', [{ inputs: { x: { ...x, dims: [3] }, items: ZERO } }], /inputs\.x\.dims/],
    ['nothing says what it holds', [{ inputs: { x: { ...x, zero_data: undefined }, items: ZERO } }],
      /must hold one of zero_data, random_data, input_data_file/],
    ['two things do', [{ inputs: { x: { ...x, random_data: true }, items: ZERO } }], /must hold one of/],
    ['a batch is larger than the model\'s', [{ batch_size: 5, inputs: { x, items: ZERO } }],
      /batch_size is 5: must be an integer in 1\.\.4/],
    ['a file is outside', [{ inputs: { x: { ...x, zero_data: undefined, input_data_file: '../f' }, items: ZERO } }],
      /must be a file name/],
  ];
  for (const [what, warmup, message] of wrong) {
    test(`is refused where ${what}`, () => {
      const plain = JSON.parse(JSON.stringify(warmup)) as unknown;
      assert.throws(() => parse(plain), { code: 'bad_argument', message });
    });
  }
});
