import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { suite, test } from 'node:test';
import { runDense, seededMlp } from '../../models/recipes/dense.ts';
import { loadAddon } from '../../server/ann/binding.ts';
import { Prng } from '../../server/core/prng.ts';
import { OnnxRuntime } from '../../server/runtime/onnx.ts';
import { holdShared, openShared } from '../../server/runtime/onnx-shared.ts';
import {
  denseConfig, denseFiles, temporaryFolder, writeFiles,
} from '../support/model-repository.ts';

const model = seededMlp(3, [4, 8, 2], 'linear');
const config = denseConfig(model, 'onnxruntime_onnx');
const row = new Prng(9).row(4);

function written(): string {
  const folder = temporaryFolder();
  writeFiles(folder, denseFiles(model, 'onnxruntime_onnx'));
  return folder;
}

function opened(folder: string) {
  return openShared(`${folder}/model.onnx`) ?? assert.fail('the addon runs ONNX models here');
}

suite('An ONNX model of all threads', () => {
  test('who has its token runs it without its files, until nobody has it open', async () => {
    const folder = written();
    const runtime = new OnnxRuntime();
    const first = await runtime.open(folder, config);
    const token = first.token ?? assert.fail('it has a token');
    rmSync(folder, { recursive: true });

    const second = await runtime.open(folder, config, token);
    await first.close();
    const outputs = new Float32Array(2);
    second.run([Float32Array.from(row)], 1, [outputs]);
    const held = holdShared(token);
    await second.close();
    const third = await runtime.open(folder, config, token);
    await third.close();
    held?.release();

    runDense(model, row).forEach((want, at) =>
      assert.ok(Math.abs((outputs[at] as number) - want) < 1e-5));
    assert.equal(holdShared(token), null);
    await assert.rejects(runtime.open(folder, config, token), /there is no such file/);
  });

  test('runs over shared memory, which the package itself does not take', () => {
    const shared = opened(written());
    const inputs = new Float32Array(new SharedArrayBuffer(16));
    const outputs = new Float32Array(new SharedArrayBuffer(8));
    inputs.set(row);

    const block = (name: string, data: Float32Array) => ({ name, type: 1, data, shape: [1, data.length] });
    const bound = shared.bind([block(model.input, inputs)], [block(model.output, outputs)]);
    shared.run(bound);

    assert.ok(Math.abs((outputs[0] as number) - (runDense(model, row)[0] as number)) < 1e-5);
    shared.close();
  });

  test('a process that lets go of models and ends at once ends well', () => {
    const code = `
      const { openShared } = await import('${new URL('../../server/runtime/onnx-shared.js', import.meta.url)}');
      for (let i = 0; i < 20; i += 1) openShared('${written()}/model.onnx').close();
      process.exit(7);`;
    for (let run = 0; run < 3; run += 1) {
      const ended = spawnSync(process.execPath, ['--input-type=module', '-e', code]);
      assert.deepEqual([ended.status, ended.signal, String(ended.stderr)], [7, null, '']);
    }
  });

  test('says what is wrong of a call, and is none the worse', () => {
    const shared = opened(written());
    const { OnnxModel } = loadAddon();
    const block = (data: unknown, shape: unknown, name: unknown = model.input) =>
      ({ name, type: 1, data, shape }) as never;
    const output = block(new Float32Array(2), [1, 2], model.output);

    for (const [call, message] of [
      [() => shared.bind(7 as never, []), /inputs must be an array, it is 7/],
      [() => shared.bind([block('text', [1])], []), /data must be a typed array/],
      [() => shared.bind([block(new Float32Array(1), [1, 4])], []), /./],
      [() => shared.bind([block(new Float32Array(4), [1, -4])], []), /a size must be an integer/],
      [() => shared.bind([block(new Float32Array(4), 4)], []), /shape must be an array/],
      [() => shared.run(0), /a number that bind gave/],
      [() => shared.run(shared.bind([block(new Float32Array(3), [1, 3])], [output])), /./],
      [() => shared.run(shared.bind([block(new Float32Array(4), [1, 4], 'x')], [output])), /./],
      [() => OnnxModel.attach(0n), /token names no open model/],
      [() => OnnxModel.attach(7 as never), /token must be a bigint/],
      [() => new OnnxModel('/none.so', 'model.onnx'), /is open already/],
      [() => Object.getOwnPropertyDescriptor(OnnxModel.prototype, 'token')?.get?.call({}), /./],
    ] as const) assert.throws(call, message);
    shared.close();

    assert.throws(() => shared.token, /the model is closed/);
    assert.throws(() => shared.run(0), /a number that bind gave/);
  });
});
