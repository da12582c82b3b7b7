import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { seededMlp } from '../../models/recipes/dense.ts';
import { Prng } from '../../server/core/prng.ts';
import { float32Tensor } from '../../server/core/tensor.ts';
import type { ModelHost } from '../../server/serve.ts';
import { errorOf, openHost, requestOf, startHost } from '../support/host.ts';
import { temporaryFolder, writeDense, writeFiles } from '../support/model-repository.ts';

const small = seededMlp(3, [6, 16, 2], 'tanh');
const other = seededMlp(4, [9, 12, 3], 'softmax');

suite('ModelHost', () => {
  const repository = temporaryFolder();
  let host: ModelHost;
  before(async () => {
    const pooled = { parameters: { placement: 'pool' } };
    writeDense(repository, 'onnx-pool', small, 'onnxruntime_onnx', pooled);
    writeDense(repository, 'tfjs-pool', other, 'tensorflow_tfjs', pooled);
    writeDense(repository, 'plain-pool', other, 'plain', pooled);
    const inline = { parameters: { placement: 'inline' } };
    writeDense(repository, 'onnx-inline', other, 'onnxruntime_onnx', inline);
    writeDense(repository, 'single', small, 'onnxruntime_onnx', { max_batch_size: 1 });
    writeFiles(repository, { 'vectors/items.txt': 'not a model\n', 'recommend.json': '{}' });
    host = await openHost(repository, { workers: 2 });
  });
  after(() => host.close());

  test('thousands of requests to four models at once each get their own answer', async () => {
    const prng = new Prng(77);
    const models = [
      ['onnx-pool', small], ['tfjs-pool', other], ['plain-pool', other], ['onnx-inline', other],
    ] as const;

    for (let wave = 0; wave < 8; wave += 1) {
      await Promise.all(Array.from({ length: 500 }, async () => {
        const [name, model] = prng.pick(models);
        const rows = prng.row((1 + prng.below(5)) * (model.layers[0]?.inputs as number));
        const result = await host.infer(requestOf(name, model, rows));
        const error = errorOf(model, rows, result.outputs[0]);
        assert.ok(error < 1e-5, `seed 77: ${name} is off by ${error}`);
      }));
    }

    for (const { lane } of host.report()) {
      assert.equal(lane.waitingRows + lane.runningRows, 0);
      assert.equal(lane.freeSlots, lane.inputs[0]!.bytes.length / lane.inputs[0]!.rowBytes);
    }
  });

  test('what does not fit the model is refused, saying what was sent and what fits', async () => {
    const row = new Float32Array(6);
    const cases: [object, RegExp][] = [
      [{ model: 'nowhere' }, /no such model: 'nowhere'; served are: onnx-inline, onnx-pool/],
      [{ version: '1.0' }, /no such model version: '1.0' of 'onnx-pool'; served are: 1/],
      [{ version: '9' }, /no such model version: '9' of 'onnx-pool'; served are: 1/],
      [{ inputs: [] }, /missing required input\(s\) \['input'\]/],
      [{ inputs: [float32Tensor('input', [1, 6], row), float32Tensor('x', [1], row)] },
        /unexpected inference input 'x' for model 'onnx-pool', which takes 'input'/],
      [{ inputs: [float32Tensor('input', [6], row)] }, /Expected \[-1,6\], got \[6\]/],
      [{ inputs: [float32Tensor('input', [1, 5], row)] },
        /Expected \[-1,6\], got \[1,5\]/],
      [{ inputs: [float32Tensor('input', [0, 6], row)] },
        /batch-size must be <= 16 for 'onnx-pool' and at least 1, got 0/],
      [{ inputs: [float32Tensor('input', [17, 6], row)] },
        /batch-size must be <= 16 for 'onnx-pool' and at least 1, got 17/],
      [{ inputs: [float32Tensor('input', [2, 6], row)] }, /needs 48 bytes, got 24/],
      [{ inputs: [{ ...float32Tensor('input', [1, 6], row), datatype: 'INT32' }] },
        /data-type is 'INT32', but model 'onnx-pool' expects 'FP32'/],
      [{ inputs: [float32Tensor('input', [1, 6], Float32Array.of(0, 1, 2, NaN, 4, 5))] },
        /element 3 is NaN or infinite/],
      [{ inputs: [float32Tensor('input', [1, 6], Float32Array.of(0, -Infinity, 2, 3, 4, 5))] },
        /element 1 is NaN or infinite/],
      [{ outputs: ['z'] }, /unexpected inference output 'z' for model 'onnx-pool', which gives 'output'/],
    ];

    for (const [more, message] of cases) {
      await assert.rejects(host.infer({ ...requestOf('onnx-pool', small, row), ...more }), message);
    }
  });

  test('a request may be cancelled, and says so', async () => {
    const control = new AbortController();
    const more = { signal: control.signal };
    const asked = host.infer(requestOf('onnx-pool', small, new Float32Array(6), more));

    control.abort();

    await assert.rejects(asked, /the request was cancelled/);
    await assert.rejects(
      host.infer(requestOf('onnx-pool', small, new Float32Array(6), more)), /cancelled/);
  });

  test('the directory says what the models take and give', () => {
    assert.deepEqual(host.list().map(({ name }) => name),
      ['onnx-inline', 'onnx-pool', 'plain-pool', 'single', 'tfjs-pool']);
    const { inputs, outputs, maxBatchSize, platform, versions } = host.metadata('onnx-pool');
    assert.deepEqual(inputs, [{ name: 'input', datatype: 'FP32', dims: [6] }]);
    assert.deepEqual(outputs, [{ name: 'output', datatype: 'FP32', dims: [2] }]);
    assert.deepEqual([maxBatchSize, platform, versions], [16, 'onnxruntime_onnx', ['1']]);
    assert.equal(host.ready(), true);
    assert.equal(host.ready('onnx-pool', '1'), true);
    assert.equal(host.ready('onnx-pool', '2'), false);
    assert.throws(() => host.metadata('nowhere'), /no such model/);
  });

  test('a cheap model is placed inline, one dearer than the limit in the pool', async () => {
    const folder = temporaryFolder();
    writeDense(folder, 'auto', small, 'onnxruntime_onnx');
    const cheap = await openHost(folder, { inlineUsMax: 10_000 });
    const dear = await openHost(folder, { inlineUsMax: 0 });
    const rows = new Prng(1).row(6);

    for (const [each, placement] of [[cheap, 'inline'], [dear, 'pool']] as const) {
      assert.equal(each.report()[0]?.placement, placement);
      const { outputs } = await each.infer(requestOf('auto', small, rows));
      assert.ok(errorOf(small, rows, outputs[0]) < 1e-5);
      await each.close();
    }
  });

  test('a model that cannot be served says model_not_ready and why; the others serve', async () => {
    const folder = temporaryFolder();
    writeDense(folder, 'good', small, 'plain');
    writeDense(folder, 'bad', small, 'plain');
    writeFiles(folder, { 'bad/1/model.plain.json': '{"layers": [{"type": "conv"}]}' });
    const mixed = await openHost(folder);

    assert.equal(mixed.ready(), false);
    assert.equal(mixed.ready('good'), true);
    await assert.rejects(mixed.infer(requestOf('bad', small, new Float32Array(6))),
      /not ready: 'bad'.*layers\[0\] \(conv\): the type is none of dense/);

    writeDense(folder, 'bad', small, 'plain');
    await mixed.load('bad');
    assert.equal(mixed.ready(), true);
    await mixed.close();
  });

  test('a folder with a model file and no config.json is warned of, once, by name', async () => {
    const repository = temporaryFolder();
    writeDense(repository, 'm', small, 'plain');
    writeFiles(repository, { 'forgotten/1/model.plain.json': '{}', 'vectors/1/items.txt': '' });
    const lines: string[] = [];
    const host = await openHost(repository, {}, lines);

    const warned = lines.filter((line) => line.includes('"warn"'));
    assert.equal(warned.length, 1);
    assert.match(warned[0]!, /"model":"forgotten".*no config\.json/);
    assert.equal(host.ready(), true);
    await host.close();
  });

  test('a new version takes over without a gap, and an unloaded model is gone', async () => {
    const folder = temporaryFolder();
    writeDense(folder, 'swap', small, 'plain', { version_labels: { stable: 1 } });
    const swapping = await openHost(folder);
    const successor = seededMlp(99, [6, 4, 2], 'tanh');
    const more = { version_policy: { all: {} }, version_labels: { stable: 1, canary: 2 } };
    writeDense(folder, 'swap', successor, 'plain', more, 2);
    const rows = new Prng(6).row(6);

    let open = true;
    const asking = (async () => {
      do await swapping.infer(requestOf('swap', small, rows));
      while (open);
    })();
    await swapping.load('swap');
    open = false;
    await asking;
    const ask = (version?: string) =>
      swapping.infer(requestOf('swap', small, rows, version ? { version } : {}));
    assert.deepEqual(swapping.metadata('swap').versions, ['1', '2']);
    for (const [version, model] of [
      [undefined, successor], ['2', successor], ['canary', successor],
      ['1', small], ['stable', small],
    ] as const) {
      const result = await ask(version);
      assert.equal(result.version, model === small ? '1' : '2');
      assert.ok(errorOf(model, rows, result.outputs[0]) < 1e-5, String(version));
    }

    await swapping.unload('swap');
    await assert.rejects(ask(), /no such model/);
    await assert.rejects(swapping.unload('swap'), /no such model/);
    await swapping.close();
  });

  test('loads and unloads of one model asked for at once come one after the other', async () => {
    const folder = temporaryFolder();
    writeDense(folder, 'twice', small, 'plain');
    const host = await openHost(folder);

    await Promise.all([host.load('twice'), host.load('twice')]);
    assert.ok(host.ready('twice'));
    await Promise.all([host.load('twice'), host.unload('twice')]);

    assert.deepEqual(host.report(), []);
    await host.close();
  });

  test('a host that is closed while it loads serves nothing afterwards', async () => {
    const folder = temporaryFolder();
    for (const placement of ['inline', 'pool']) {
      writeDense(folder, placement, small, 'plain', { parameters: { placement } });
    }
    const host = startHost(folder);

    await host.close();
    await host.loaded;

    assert.deepEqual(host.report(), []);
  });

  test('an ONNX model whose config names no tensors is completed from its file', async () => {
    const folder = temporaryFolder();
    const bare = { input: undefined, output: undefined };
    writeDense(folder, 'bare', small, 'onnxruntime_onnx', bare);
    writeDense(folder, 'open', small, 'onnxruntime_onnx', { ...bare, max_batch_size: undefined });
    const completed = await openHost(folder);
    const rows = new Prng(1).row(12);

    const { outputs } = await completed.infer(requestOf('bare', small, rows));

    assert.ok(errorOf(small, rows, outputs[0]) < 1e-5);
    assert.deepEqual(completed.metadata('open').inputs, [
      { name: small.input, datatype: 'FP32', dims: [-1, 6] },
    ]);
    const whole = await completed.infer(requestOf('open', small, rows));
    assert.deepEqual(whole.outputs[0]!.data, outputs[0]!.data);
    await completed.load('bare'); // beside what is served its file is read on another thread
    const again = await completed.infer(requestOf('bare', small, rows));
    assert.deepEqual(again.outputs[0]!.data, outputs[0]!.data);
    writeFiles(folder, { 'bare/1/model.onnx': 'no model' });
    await assert.rejects(completed.load('bare'), /bare.1.model\.onnx/);
    assert.equal(completed.ready('bare'), true);
    await completed.close();
  });

  test('a closed host refuses with draining, after it has answered what was open', async () => {
    const folder = temporaryFolder();
    writeDense(folder, 'm', small, 'plain', { parameters: { placement: 'pool' } });
    const closing = await openHost(folder);
    const request = requestOf('m', small, new Float32Array(6));
    const open = Array.from({ length: 40 }, () => closing.infer(request));

    const closed = closing.close();

    await assert.rejects(closing.infer(request), /shutting down/);
    assert.equal((await Promise.all(open)).length, 40);
    await closed;
  });
});
