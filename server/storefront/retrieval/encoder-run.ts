import { join } from 'node:path';
import { readModel } from '../../catalog/repository.ts';
import { openRuntime } from '../../runtime/open-runtime.ts';
import { ServeError } from '../../core/errors.ts';
import { elements } from '../../core/tensor.ts';
import { encoderInput, openEncoder } from '../taste.ts';

/**
 * Runs the session encoder of a repository over many sessions (item ids, oldest first), outside of
 * any server: for scores and for choosing weights. Gives a vector a session, null where the encoder
 * knows none of its items; null for all when there is no encoder.
 */
export async function runEncoder(
  repository: string,
  sessions: readonly (readonly string[])[],
): Promise<(Float32Array | null)[] | null> {
  const encoder = openEncoder(repository);
  if (!encoder) return null;
  const { config, folder } = await readModel(repository, encoder.model);
  const output = config.output[0];
  if (config.input.length !== 1 || config.output.length !== 1 || !output) {
    throw new ServeError('backend', `${folder}: an encoder has one input and one output`);
  }
  const runtime = await openRuntime(config.platform);
  const model = await runtime.open(join(folder, encoder.version), config);
  const rowsMax = Math.max(1, config.max_batch_size);
  const dim = elements(output.dims);
  const numbers = new Int32Array(rowsMax * encoder.length);
  const vectors = new Float32Array(rowsMax * dim);

  const results: (Float32Array | null)[] = sessions.map(() => null);
  let batch: number[] = []; // sessions whose input stands in `numbers`
  const flush = async (): Promise<void> => {
    if (batch.length > 0) await model.run([numbers], batch.length, [vectors]);
    batch.forEach((session, row) => {
      results[session] = vectors.slice(row * dim, (row + 1) * dim);
    });
    batch = [];
  };
  try {
    for (const [session, items] of sessions.entries()) {
      const input = encoderInput(items, encoder.vocabulary, encoder.length);
      if (!input) continue;
      numbers.set(input, batch.length * encoder.length);
      batch.push(session);
      if (batch.length === rowsMax) await flush();
    }
    await flush();
  } finally {
    await model.close();
  }
  return results;
}
