import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DenseModel } from '../models/recipes/dense.ts';
import { mlpOnnx } from '../models/recipes/onnx/mlp.ts';

/** Its `config.json`; `name` may differ from the model's, to serve one network in several ways. */
export function modelConfig(model: DenseModel, name: string, placement: 'auto' | 'inline' | 'pool') {
  return {
    name,
    platform: 'onnxruntime_onnx',
    max_batch_size: 64,
    input: [{ name: model.input, data_type: 'TYPE_FP32', dims: [model.layers[0]?.inputs] }],
    output: [{ name: model.output, data_type: 'TYPE_FP32', dims: [model.layers.at(-1)?.units] }],
    dynamic_batching: { max_queue_size: 4096 }, // 64 connections, 16 deep, four times over
    parameters: { placement },
  };
}

/** Adds the network to the model repository in `folder`; returns its ONNX file. */
export function writeModel(
  model: DenseModel,
  folder: string,
  name = model.name,
  placement: 'auto' | 'inline' | 'pool' = 'auto',
): string {
  const home = join(folder, name);
  const path = join(home, '1/model.onnx');
  mkdirSync(join(home, '1'), { recursive: true });
  writeFileSync(join(home, 'config.json'), JSON.stringify(modelConfig(model, name, placement), null, 2));
  writeFileSync(path, mlpOnnx(model));
  return path;
}
