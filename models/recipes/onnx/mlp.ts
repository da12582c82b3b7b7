import type { Activation, DenseModel } from '../dense.ts';
import { OnnxGraphBuilder } from './graph.ts';

const OPERATION: Record<Exclude<Activation, 'linear'>, string> = {
  relu: 'Relu',
  tanh: 'Tanh',
  sigmoid: 'Sigmoid',
  softmax: 'Softmax',
};

/** The dense model as a `.onnx` file: FP32 [rows, inputs] to FP32 [rows, units], any row count. */
export function mlpOnnx(model: DenseModel): Uint8Array {
  const graph = new OnnxGraphBuilder(model.name);
  const first = model.layers[0];
  const last = model.layers.at(-1);
  if (!first || !last) throw new RangeError('a dense model has at least one layer');

  let value = graph.input(model.input, 'FP32', ['rows', first.inputs]);
  model.layers.forEach((layer, at) => {
    const weight = graph.constant(`weight_${at}`, [layer.inputs, layer.units], layer.weight);
    const bias = graph.constant(`bias_${at}`, [layer.units], layer.bias);
    const steps = ['Gemm'];
    if (layer.activation !== 'linear') steps.push(OPERATION[layer.activation]);
    steps.forEach((operation, step) => {
      const inputs = step === 0 ? [value, weight, bias] : [value];
      const ends = layer === last && step === steps.length - 1;
      const as = ends ? model.output : `${operation.toLowerCase()}_${at}`;
      value = graph.node(operation, inputs, {}, as);
    });
  });
  graph.output(value, 'FP32', ['rows', last.units]);
  return graph.encode();
}
