/** Models whose answers tell which of them it was: y = factor * x. */
import { float32Tensor } from '../../server/core/tensor.ts';
import type { PlainLayer } from '../../server/runtime/plain.ts';
import { writeFiles } from './model-repository.ts';

const tensor = (name: string): object[] => [{ name, data_type: 'TYPE_FP32', dims: [1] }];

/** Writes `config.json`, where `config` replaces and adds fields, and a version for each factor. */
export function writeTimes(
  repository: string, name: string, factors: Readonly<Record<number, number>>, config: object = {},
): void {
  const files = Object.entries(factors).map(([version, factor]) => {
    const layer: PlainLayer = { type: 'dense', inputs: 1, units: 1, weight: [factor], bias: [0] };
    return [`${name}/${version}/model.plain.json`, JSON.stringify({ layers: [layer] })];
  });
  writeFiles(repository, Object.fromEntries(files));
  writeFiles(repository, {
    [`${name}/config.json`]: JSON.stringify({
      platform: 'plain', max_batch_size: 4, input: tensor('x'), output: tensor('y'),
      parameters: { placement: 'inline' }, ...config,
    }),
  });
}

/** The one input of a request for one row. */
export function timesInput(x: number): ReturnType<typeof float32Tensor>[] {
  return [float32Tensor('x', [1, 1], Float32Array.of(x))];
}

/** The same over HTTP: y, or the status and the error's text. */
export async function askTimes(
  url: string, path: string, x: number, more: object = {},
): Promise<number | string> {
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [x] }];
  const answer = await fetch(`${url}/v2/models/${path}/infer`, {
    method: 'POST', body: JSON.stringify({ inputs, ...more }),
  });
  const body = await answer.json() as { error?: string; outputs?: { data: number[] }[] };
  return body.outputs?.[0]?.data[0] ?? `${answer.status} ${body.error}`;
}
