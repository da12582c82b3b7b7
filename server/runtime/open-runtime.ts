import assert from 'node:assert/strict';
import type { FoundTensors } from '../catalog/complete.ts';
import type { ModelConfig } from '../catalog/model-config.ts';
import type { Runtime } from './runtime.ts';

/**
 * The runtime of a platform. Its library is loaded here and not before: a front end that only runs
 * ONNX models inline never pays for tfjs.
 */
export async function openRuntime(platform: ModelConfig['platform']): Promise<Runtime> {
  switch (platform) {
    case 'onnxruntime_onnx': return new (await import('./onnx.ts')).OnnxRuntime();
    case 'tensorflow_tfjs': return new (await import('./tfjs.ts')).TfjsRuntime();
    case 'plain': return new (await import('./plain.ts')).PlainRuntime();
    case 'pipeline': return new (await import('./pipeline.ts')).PipelineRuntime();
    case 'ensemble': assert.fail('an ensemble runs on the lanes of its steps');
  }
}

/** What an ONNX file says of its tensors. Fails with `backend`. */
export async function describeOnnx(folder: string): Promise<FoundTensors> {
  return new (await import('./onnx.ts')).OnnxRuntime().describe(folder);
}

/** The model file that a version folder must hold. */
export const MODEL_FILES: Record<Runtime['platform'], string> = {
  onnxruntime_onnx: 'model.onnx',
  tensorflow_tfjs: 'model.json',
  plain: 'model.plain.json',
  pipeline: 'pipeline.mjs',
};
