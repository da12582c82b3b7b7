import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const TEXT_VECTORS = 'test/unit/storefront/text/vectors';

/** Writes the tiny text encoder, or another graph of `vectors/`, with a tokenizer, as a model. */
export function writeTextModel(
  repository: string, name: string,
  { graph = 'encoder.onnx', config = {}, files = { 'vocab.txt': 'vocab.txt' } }: {
    graph?: string; config?: object; files?: Readonly<Record<string, string>>;
  } = {},
): void {
  const folder = join(repository, name, '1');
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(TEXT_VECTORS, graph), join(folder, 'model.onnx'));
  for (const [as, file] of Object.entries(files)) copyFileSync(join(TEXT_VECTORS, file), join(folder, as));
  writeFileSync(join(repository, name, 'config.json'),
    JSON.stringify({ platform: 'onnxruntime_onnx', max_batch_size: 8, ...config }));
}
