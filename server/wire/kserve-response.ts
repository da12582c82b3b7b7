import type { InferResult } from '../core/inference.ts';
import type { Tensor } from '../core/tensor.ts';
import { topClasses } from './classes.ts';
import { KserveError } from './kserve-error.ts';
import type { KserveInfer } from './kserve-request.ts';
import { tensorJson } from './tensors.ts';

/** What is known of the model beside its result. */
export interface ResultFacts {
  readonly batches: boolean; // whether outputs begin with a row count
  /** Names of an output's classes; empty where it has none. */
  labels(output: string): readonly string[];
}

/** An answer's body: JSON, and behind it the bytes of the outputs that come in binary. */
export interface InferAnswer {
  readonly body: string | Uint8Array;
  /** Bytes of JSON at the body's front; null where it is nothing else. */
  readonly jsonBytes: number | null;
}

/**
 * Writes the answer as the request asked for it. Fails with `bad_argument` where an output has no
 * JSON form or no classes, and with `backend` where what it holds has none.
 */
export function encodeInferResponse(
  result: InferResult, asked: KserveInfer, facts: ResultFacts,
): InferAnswer {
  const behind: Uint8Array[] = [];
  const outputs = result.outputs.map((tensor) => outputJson(tensor, asked, facts, behind));
  const { timing } = result;
  const head = JSON.stringify({
    model_name: result.model,
    model_version: result.version,
    id: asked.id === '' ? undefined : asked.id,
    parameters: asked.trace
      ? {
        queue_us: timing.queueUs, run_us: timing.runUs,
        batch_rows: timing.batchRows, batch_reason: timing.batchReason,
      }
      : undefined,
  });
  const json = `${head.slice(0, -1)},"outputs":[${outputs.join(',')}]}`;
  if (behind.length === 0) return { body: json, jsonBytes: null };
  const front = Buffer.from(json);
  return { body: Buffer.concat([front, ...behind]), jsonBytes: front.byteLength };
}

function outputJson(
  whole: Tensor, asked: KserveInfer, { batches, labels }: ResultFacts, behind: Uint8Array[],
): string {
  const { binary, classes } = asked.outputs.get(whole.name) ?? { binary: asked.binary, classes: 0 };
  const tensor = classes === 0 ? whole : topClasses(whole, classes, batches, labels(whole.name));
  const { name, datatype, shape, data } = tensor;
  if (binary) {
    behind.push(data);
    const parameters = { binary_data_size: data.byteLength };
    return JSON.stringify({ name, datatype, shape, parameters });
  }
  if (datatype === 'FP16' || datatype === 'BF16') {
    throw new KserveError('bad_argument',
      `sending ${datatype} data via JSON is not supported. Please use the binary data format for ` +
        'output');
  }
  const head = JSON.stringify({ name, datatype, shape });
  return `${head.slice(0, -1)},"data":${tensorJson(tensor)}}`;
}
