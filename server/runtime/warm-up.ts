import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  datatypeOf, type ModelConfig, type TensorConfig, type WarmupInput, type WarmupSample,
} from '../catalog/model-config.ts';
import { ServeError } from '../core/errors.ts';
import { Prng } from '../core/prng.ts';
import {
  assertBytes, DATATYPE_ARRAYS, DATATYPE_BYTES, elements, packTexts, type Tensor,
} from '../core/tensor.ts';

/** Of a model's folder: where `input_data_file` lies. */
const FOLDER = 'warmup';
const SEED = 1; // a model that fails on random numbers fails each time
const TEXT_BYTES = 8;

/** One request of a model's `model_warmup`. */
export interface Warmup {
  readonly rows: number;
  readonly runs: number;
  /** All rows of each of the model's inputs, in their order; null for zeros. */
  readonly inputs: readonly (Tensor | null)[];
}

/**
 * The requests that the config has a model answer before it is ready; `versionFolder` holds the
 * model's file. Inputs that clients do not see (controls and states of sequences) are zeros. Fails
 * with `backend` where a file is not there or has another number of bytes.
 */
export async function warmups(versionFolder: string, config: ModelConfig): Promise<Warmup[]> {
  const made: Warmup[] = [];
  for (const sample of config.model_warmup ?? []) {
    const inputs = await Promise.all(config.input.map(async (tensor) => {
      const given = sample.inputs.find(({ name }) => name === tensor.name);
      return given ? inputOf(versionFolder, config, sample, tensor, given) : null;
    }));
    made.push({ rows: sample.rows, runs: sample.runs, inputs });
  }
  return made;
}

async function inputOf(
  versionFolder: string, config: ModelConfig, { name: sample, rows }: WarmupSample,
  tensor: TensorConfig, { dims, data }: WarmupInput,
): Promise<Tensor> {
  const { name } = tensor;
  const datatype = datatypeOf(tensor);
  const shape = config.max_batch_size > 0 ? [rows, ...dims] : dims;
  if (data === 'zero') return { name, datatype, shape, data: zeros(datatype, elements(shape)) };
  if (data === 'random') return { name, datatype, shape, data: chance(datatype, elements(shape)) };
  const file = join(dirname(versionFolder), FOLDER, data.file);
  try {
    const read = { name, datatype, shape, data: new Uint8Array(await readFile(file)) };
    assertBytes(read);
    return read;
  } catch (cause) {
    const what = `warm-up '${sample}', input '${name}': ${FOLDER}/${data.file}`;
    throw new ServeError('backend', `${what}: ${(cause as Error).message}`, { cause });
  }
}

function zeros(datatype: Tensor['datatype'], count: number): Uint8Array {
  if (datatype === 'BYTES') return packTexts(Array.from({ length: count }, () => new Uint8Array()));
  return new Uint8Array(count * DATATYPE_BYTES[datatype]);
}

/** Floats from 0 to 1, zeros and ones where numbers are whole, texts of digits. */
function chance(datatype: Tensor['datatype'], count: number): Uint8Array {
  const prng = new Prng(SEED);
  if (datatype === 'BYTES') {
    return packTexts(Array.from({ length: count }, () =>
      Buffer.from(String(prng.uint32()).padStart(TEXT_BYTES, '0'))));
  }
  const values = new DATATYPE_ARRAYS[datatype](count);
  for (let at = 0; at < count; at += 1) {
    if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
      values[at] = BigInt(prng.below(2));
    } else if (datatype === 'FP16' || datatype === 'BF16') {
      values[at] = prng.below(2) * (datatype === 'FP16' ? FP16_ONE : BF16_ONE);
    } else {
      values[at] = datatype === 'FP32' || datatype === 'FP64' ? prng.float() : prng.below(2);
    }
  }
  return new Uint8Array(values.buffer);
}

const FP16_ONE = 0x3c00;
const BF16_ONE = 0x3f80;
