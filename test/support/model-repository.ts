/** Writes small models in each format, as a model repository in a folder of its own. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { DenseModel } from '../../models/recipes/dense.ts';
import { mlpOnnx } from '../../models/recipes/onnx/mlp.ts';
import { mlpTfjs } from '../../models/recipes/tfjs/layers-model.ts';
import type { ModelConfig, Platform } from '../../server/catalog/model-config.ts';
import { parseConfig } from '../../server/catalog/parse-config.ts';
import type { PlainLayer } from '../../server/runtime/plain.ts';

export type { Platform } from '../../server/catalog/model-config.ts';
export const PLATFORMS: readonly Platform[] = ['onnxruntime_onnx', 'tensorflow_tfjs', 'plain'];

/** A folder that is gone when the process ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-test-'));
  folders.push(folder);
  return folder;
}

const folders: string[] = [];
process.once('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

type Files = Readonly<Record<string, string | Uint8Array>>;

export function writeFiles(folder: string, files: Files): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
}

/** What `config.json` says of a dense model; `more` replaces and adds fields. */
export function denseConfigJson(model: DenseModel, platform: Platform, more: object = {}): object {
  const tensor = (name: string, dim: number): object =>
    ({ name, data_type: 'TYPE_FP32', dims: [dim] });
  return {
    platform,
    max_batch_size: 16,
    input: [tensor(model.input, model.layers[0]?.inputs as number)],
    output: [tensor(model.output, model.layers.at(-1)?.units as number)],
    ...more,
  };
}

export function denseConfig(model: DenseModel, platform: Platform, more: object = {}): ModelConfig {
  return parseConfig(denseConfigJson(model, platform, more), 'dense');
}

/** The model file, and its weights where they stand beside it. */
export function denseFiles(model: DenseModel, platform: Platform): Files {
  switch (platform) {
    case 'onnxruntime_onnx': return { 'model.onnx': mlpOnnx(model) };
    case 'tensorflow_tfjs': return { ...mlpTfjs(model) };
    case 'pipeline': throw new Error('a pipeline is code');
    case 'plain': return { 'model.plain.json': JSON.stringify({ layers: plainLayers(model) }) };
  }
}

export function plainLayers(model: DenseModel): PlainLayer[] {
  return model.layers.flatMap(({ inputs, units, weight, bias, activation }): PlainLayer[] => {
    const dense = { type: 'dense' as const, inputs, units, weight: [...weight], bias: [...bias] };
    return activation === 'linear' ? [dense] : [dense, { type: activation }];
  });
}

/** Writes `NAME/config.json` and `NAME/VERSION/…` into the repository. */
export function writeDense(
  repository: string, name: string, model: DenseModel, platform: Platform,
  more: object = {}, version = 1,
): void {
  const folder = join(repository, name);
  writeFiles(folder, { 'config.json': JSON.stringify(denseConfigJson(model, platform, more)) });
  writeFiles(join(folder, String(version)), denseFiles(model, platform));
}
