import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ModelConfig } from '../../../server/catalog/model-config.ts';
import { parseConfig } from '../../../server/catalog/parse-config.ts';
import { TfjsRuntime } from '../../../server/runtime/tfjs.ts';
import { temporaryFolder, writeFiles } from '../../support/model-repository.ts';

const FLOAT = { type: 'DT_FLOAT' };
const EINSUM = { equation: { s: Buffer.from('ij->ij').toString('base64') }, N: { i: '1' } };
const SHAPE = { shape: { dim: [{ size: '-1' }, { size: '2' }] } };

/** A graph model `y = op(x)`, as the TensorFlow.js converter writes one. */
function graphModel(op: string, more: object = {}): { folder: string; config: ModelConfig } {
  const folder = temporaryFolder();
  const json = {
    format: 'graph-model',
    modelTopology: {
      node: [
        { name: 'x', op: 'Placeholder', attr: { dtype: FLOAT, shape: SHAPE } },
        { name: 'node', op, input: ['x'], attr: { T: FLOAT, ...EINSUM } },
      ],
      versions: { producer: 1 },
    },
    signature: { inputs: { features: { name: 'x:0' } }, outputs: { answer: { name: 'node:0' } } },
    weightsManifest: [],
    ...more,
  };
  writeFiles(folder, { 'model.json': JSON.stringify(json) });
  return { folder, config: config('features', 'answer') };
}

function config(input: string, output: string, backend = 'wasm', dims = [2]): ModelConfig {
  return parseConfig({
    platform: 'tensorflow_tfjs', max_batch_size: 8, parameters: { backend },
    input: [{ name: input, data_type: 'TYPE_FP32', dims: [2] }],
    output: [{ name: output, data_type: 'TYPE_FP32', dims }],
  }, 'm');
}

suite('tfjs models', () => {
  const runtime = new TfjsRuntime();

  // First of all: the handlers would come with the first wasm model of the process.
  test('opening a wasm model leaves no handlers on the process', async () => {
    const count = (): number[] =>
      ['unhandledRejection', 'uncaughtException'].map((event) => process.listenerCount(event));
    const before = count();
    const { folder, config: own } = graphModel('Relu');

    const running = await runtime.open(folder, own);

    assert.deepEqual(count(), before);
    await running.close();
  });

  test('a graph model is served under its signature or its node names, on both backends', async () => {
    const { folder } = graphModel('Relu');
    for (const [input, output] of [['features', 'answer'], ['x', 'node'], ['x:0', 'node:0']] as const) {
      for (const backend of ['wasm', 'cpu']) {
        const running = await runtime.open(folder, config(input, output, backend));
        const answers = new Float32Array(4);
        await running.run([Float32Array.of(-1, 2, 3, -4)], 2, [answers]);
        assert.deepEqual([...answers], [0, 2, 3, 0]);
        await running.close();
      }
    }
  });

  for (const [what, { folder, config: own }, message] of [
    ['an op that tfjs does not know', graphModel('Frobnicate'),
      /model\.json: tfjs has no op 'Frobnicate': convert the model to ONNX/],
    ['an op that the wasm backend lacks', graphModel('Einsum'),
      /the wasm backend has no op 'Einsum': set parameters\.backend to 'cpu'/],
    ['weights outside its folder',
      graphModel('Relu', { weightsManifest: [{ paths: ['../w.bin'], weights: [] }] }),
      /the weights '\.\.\/w\.bin' are outside the folder/],
    ['no topology', graphModel('Relu', { modelTopology: undefined }), /`modelTopology` is missing/],
  ] as const) {
    test(`${what} is an error that says so`, async () => {
      await assert.rejects(runtime.open(folder, own), message);
    });
  }

  test('another output size than the config says is an error with both shapes', async () => {
    const { folder } = graphModel('Relu');
    await assert.rejects(runtime.open(folder, config('x', 'node', 'cpu', [3])),
      /output 'node' has shape \[1,2\], config\.json says \[1,3\]/);
  });
});
