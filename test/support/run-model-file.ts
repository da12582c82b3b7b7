/**
 * Runs a model file with the library itself, without our runtimes between: what the recipes write
 * must be right for anyone.
 */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import * as tf from '@tensorflow/tfjs';
import type { TfjsFiles } from '../../models/recipes/tfjs/layers-model.ts';

type Input = readonly [data: Float32Array | Int32Array, shape: readonly number[]];

/** The named FP32 output of an ONNX file. */
export async function runOnnx(
  bytes: Uint8Array,
  inputs: Readonly<Record<string, Input>>,
  output: string,
): Promise<Float32Array> {
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1 });
  const feeds = Object.entries(inputs).map(([name, [data, shape]]) => [name, tensor(data, shape)]);
  const outputs = await session.run(Object.fromEntries(feeds));
  await session.release();
  return outputs[output]?.data as Float32Array;
}

function tensor(data: Float32Array | Int32Array, shape: readonly number[]): Tensor {
  return data instanceof Float32Array
    ? new Tensor('float32', data, shape)
    : new Tensor('int32', data, shape);
}

/** The output of a tfjs layers model on the cpu backend; `more` are its other inputs, in order. */
export async function runTfjs(
  files: TfjsFiles, data: Float32Array, shape: readonly number[],
  ...more: (readonly [data: Float32Array, shape: readonly number[]])[]
): Promise<Float32Array> {
  const json = JSON.parse(files['model.json']);
  const model = await tf.loadLayersModel(tf.io.fromMemory({
    modelTopology: json.modelTopology,
    weightSpecs: json.weightsManifest[0].weights,
    weightData: new Uint8Array(files['weights.bin']).buffer, // a copy: a Buffer's memory is shared
  }));
  const inputs = [[data, shape] as const, ...more].map(([values, dims]) =>
    tf.tensor(values, [...dims]));
  const output = model.predict(inputs.length === 1 ? inputs[0]! : inputs) as tf.Tensor;
  return (await output.data()) as Float32Array;
}
