/** Models whose rows have no size of their own, in each format that takes them. */
import { join } from 'node:path';
import { OnnxGraphBuilder } from '../../models/recipes/onnx/graph.ts';
import { mlpTfjs } from '../../models/recipes/tfjs/layers-model.ts';
import { seededMlp } from '../../models/recipes/dense.ts';
import { packTexts, type Tensor } from '../../server/core/tensor.ts';
import { writeFiles } from './model-repository.ts';

const tensor = (name: string, data_type: string, dims: number[]): object =>
  ({ name, data_type, dims });

/** The tfjs one's layer, of 3 values to 2, over however many places a row has. */
export const EACH = seededMlp(9, [3, 2]);

/**
 * `words` (plain) looks texts up and fails for `none`; `texts` (ONNX) gives texts back; `lengths`
 * (ONNX) gives numbers back, and how many of each row are above 0; `each` (tfjs) is a layer over
 * places; `whole` (plain) has no batch dimension.
 */
export function writeLoose(repository: string, parameters: object = {}): void {
  const write = (name: string, config: object, files: Record<string, string | Uint8Array>): void => {
    const json = { max_batch_size: 8, parameters, ...config };
    writeFiles(join(repository, name), { 'config.json': JSON.stringify(json) });
    writeFiles(join(repository, name, '1'), files);
  };
  const table = { lamp: '灯', chair: '椅子', '': 'nothing' };
  write('words', {
    platform: 'plain',
    input: [tensor('x', 'TYPE_STRING', [-1])], output: [tensor('y', 'TYPE_STRING', [-1])],
  }, { 'model.plain.json': JSON.stringify({ layers: [{ type: 'look-up', table }] }) });
  write('whole', {
    platform: 'plain', max_batch_size: 0,
    input: [tensor('x', 'TYPE_INT64', [-1, 2])], output: [tensor('y', 'TYPE_INT64', [-1, 2])],
  }, { 'model.plain.json': JSON.stringify({ layers: [{ type: 'copy' }] }) });
  write('texts', { platform: 'onnxruntime_onnx' }, { 'model.onnx': textsOnnx() });
  write('lengths', { platform: 'onnxruntime_onnx' }, { 'model.onnx': lengthsOnnx() });
  const each = mlpTfjs(EACH);
  write('each', {
    platform: 'tensorflow_tfjs',
    input: [tensor(EACH.input, 'TYPE_FP32', [-1, 3])],
    output: [tensor(EACH.output, 'TYPE_FP32', [-1, 2])],
  }, { ...each, 'model.json': each['model.json'].replace('[null,3]', '[null,null,3]') });
}

function textsOnnx(): Uint8Array {
  const graph = new OnnxGraphBuilder('texts');
  const x = graph.input('x', 'BYTES', ['rows', 2]);
  graph.output(graph.node('Identity', [x], {}, 'y'), 'BYTES', ['rows', 2]);
  return graph.encode();
}

function lengthsOnnx(): Uint8Array {
  const graph = new OnnxGraphBuilder('lengths');
  const x = graph.input('x', 'FP32', ['rows', 'places']);
  graph.output(graph.node('Identity', [x], {}, 'y'), 'FP32', ['rows', 'places']);
  const above = graph.node('Sign', [graph.node('Relu', [x])]);
  const sum = graph.node('ReduceSum', [above, graph.integers('axes', 1)],
    { keepdims: { int: 0 } }, 'above');
  graph.output(sum, 'FP32', ['rows']);
  return graph.encode();
}

/** A tensor of texts. */
export function texts(name: string, shape: readonly number[], ...list: string[]): Tensor {
  return { name, datatype: 'BYTES', shape, data: packTexts(list.map((text) => Buffer.from(text))) };
}
