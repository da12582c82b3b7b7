import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelConfig } from '../../catalog/model-config.ts';
import { datatypeOf } from '../../catalog/model-config.ts';
import { readModel } from '../../catalog/repository.ts';
import { ServeError } from '../../core/errors.ts';
import type { Inference } from '../../core/inference.ts';
import { float32View, packTexts, type Tensor } from '../../core/tensor.ts';
import { OnnxRuntime } from '../../runtime/onnx.ts';
import { readTokenizer, type Tokenizer } from './tokenizer.ts';

const TOKENS_MAX = 128; // of a text, where neither model nor tokenizer says: titles are short
const ROWS_MAX = 32; // of one request
const CHARACTERS_MAX = 4000; // of a text
const RUN_MS_MAX = 30_000;

/** A model of the repository that reads texts, and what it has to be told. */
export interface TextModel {
  readonly model: string;
  readonly version: string;
  readonly inputs: readonly { readonly name: string; readonly datatype: 'INT32' | 'INT64' }[];
  readonly texts: string | null; // name of the one input where the graph takes texts themselves
  readonly tokenizer: Tokenizer | null; // null: it takes texts
  readonly output: string;
  readonly length: number; // tokens of a row at most
  readonly padded: boolean; // whether each row has to have so many
  readonly rowsMax: number;
  readonly digest: string; // of what its vectors depend on
}

/**
 * The model of a repository, its newest served version. Fails with `bad_argument` saying what is missing
 * or not such a model, or `backend` naming the tokenizer's file and what is wrong with it.
 */
export async function openTextModel(repository: string, model: string): Promise<TextModel> {
  const { config, folder, served } = await read(repository, model);
  const version = String(Math.max(...served));
  const file = join(folder, version, 'model.onnx');
  if (config.platform !== 'onnxruntime_onnx' || !existsSync(file)) {
    throw wrong(model, `it is no ONNX model: ${file} is wanted`);
  }
  const [first] = config.input;
  const texts = config.input.length === 1 && first && datatypeOf(first) === 'BYTES' ? first.name : null;
  const folders = [join(folder, version), folder];
  const tokenizer = texts === null ? readTokenizer(folders) : null;
  const fixed = texts === null ? lengthOf(config) : null;
  return {
    model, version, texts, tokenizer, output: outputOf(model, config),
    inputs: texts === null ? inputsOf(model, config) : [],
    length: fixed ?? Math.min(tokenizer?.lengthMax ?? TOKENS_MAX, 512),
    padded: fixed !== null,
    rowsMax: Math.min(ROWS_MAX, Math.max(1, config.max_batch_size || ROWS_MAX)),
    digest: digestOf(file, folders),
  };
}

/** Texts as vectors of length 1, through the batcher as all that a model is asked. */
export class TextEncoder {
  constructor(private readonly inference: Inference, readonly model: TextModel) {}

  /**
   * A vector a text; null where there is nothing to read, or what comes out is nothing. Rejects with what
   * `Inference` does, and with `backend` where the output is no vector.
   */
  async encode(texts: readonly string[]): Promise<(Float32Array | null)[]> {
    const vectors: (Float32Array | null)[] = texts.map(() => null);
    const places = [...texts.keys()].filter((at) => (texts[at] as string).trim() !== '');
    for (let from = 0; from < places.length; from += this.model.rowsMax) {
      const some = places.slice(from, from + this.model.rowsMax);
      const found = await this.#run(some.map((at) => (texts[at] as string).slice(0, CHARACTERS_MAX)));
      some.forEach((at, row) => (vectors[at] = found[row] ?? null));
    }
    return vectors;
  }

  async #run(texts: readonly string[]): Promise<(Float32Array | null)[]> {
    const { model, version, output } = this.model;
    const tokens = this.model.tokenizer ? this.#tokens(texts) : null;
    const { outputs } = await this.inference.infer({
      model, version, outputs: [output], deadlineMs: RUN_MS_MAX,
      inputs: tokens ? this.#tensors(tokens) : [this.#texts(texts)],
    });
    const said = outputs.find(({ name }) => name === output);
    const { shape, datatype } = said ?? { shape: [], datatype: 'none' };
    const fits = said && datatype === 'FP32' && shape[0] === texts.length &&
      (shape.length === 2 || (shape.length === 3 && tokens && shape[1] === tokens.width));
    if (!fits) {
      throw new ServeError('backend', `'${model}': output '${output}' is ${datatype}[${shape.join(',')}]: ` +
        'FP32 is wanted, a vector for each text or for each of its tokens');
    }
    const values = float32View(said);
    const dim = shape.at(-1) as number;
    return texts.map((_, row) => {
      const mean = new Float32Array(dim);
      const width = shape.length === 3 ? shape[1] as number : 1;
      const count = shape.length === 3 ? tokens?.counts[row] as number : 1;
      for (let token = 0; token < count; token += 1) {
        const at = (row * width + token) * dim;
        for (let d = 0; d < dim; d += 1) mean[d]! += values[at + d]! / count;
      }
      return unit(mean);
    });
  }

  /** Rows of equal width, padded at their ends. */
  #tokens(texts: readonly string[]): Tokens {
    const { tokenizer, length, padded } = this.model;
    const rows = texts.map((text) => tokenizer?.encode(text, length) ?? []);
    const width = padded ? length : Math.max(1, ...rows.map((ids) => ids.length));
    return { rows, width, counts: rows.map((ids) => ids.length), padding: tokenizer?.padding ?? 0 };
  }

  #tensors({ rows, width, padding }: Tokens): Tensor[] {
    const shape = [rows.length, width];
    return this.model.inputs.map(({ name, datatype }) => {
      const values = rows.flatMap((ids) => Array.from({ length: width }, (_, at) =>
        (name === 'input_ids' ? ids[at] ?? padding : name === 'attention_mask' ? Number(at < ids.length) : 0)));
      const array = datatype === 'INT64' ? BigInt64Array.from(values, BigInt) : Int32Array.from(values);
      return { name, datatype, shape, data: new Uint8Array(array.buffer) };
    });
  }

  #texts(texts: readonly string[]): Tensor {
    const data = packTexts(texts.map((text) => Buffer.from(text)));
    return { name: this.model.texts ?? '', datatype: 'BYTES', shape: [texts.length, 1], data };
  }
}

interface Tokens {
  readonly rows: readonly (readonly number[])[];
  readonly width: number;
  readonly counts: readonly number[];
  readonly padding: number;
}

async function read(repository: string, model: string) {
  if (!existsSync(join(repository, model, 'config.json'))) {
    throw wrong(model, `${join(repository, model, 'config.json')} is missing`);
  }
  try {
    return await readModel(repository, model, (folder) => new OnnxRuntime().describe(folder));
  } catch (cause) {
    throw wrong(model, (cause as Error).message, cause);
  }
}

const INPUTS = ['input_ids', 'attention_mask', 'token_type_ids'];

function inputsOf(model: string, { input }: ModelConfig): TextModel['inputs'] {
  const names = input.map(({ name }) => name);
  const odd = names.find((name) => !INPUTS.includes(name));
  if (odd !== undefined || !names.includes('input_ids')) {
    throw wrong(model, `its inputs are ${names.join(', ')}: input_ids, attention_mask, token_type_ids or one of ` +
      'texts is wanted');
  }
  return input.map((one) => {
    const datatype = datatypeOf(one);
    if (datatype === 'INT32' || datatype === 'INT64') return { name: one.name, datatype };
    throw wrong(model, `${one.name} is ${datatype}: INT64 or INT32 is wanted`);
  });
}

/** Tokens that a row has to have; null where any number will do. */
function lengthOf({ input }: ModelConfig): number | null {
  const length = input.find(({ name }) => name === 'input_ids')?.dims.at(-1);
  return length === undefined || length < 1 ? null : length;
}

/** Of several outputs the pooled one, or that of the tokens. */
const OUTPUTS = ['sentence_embedding', 'vector', 'last_hidden_state', 'token_embeddings'];

function outputOf(model: string, { output }: ModelConfig): string {
  const names = output.map(({ name }) => name);
  const [only] = names;
  if (names.length === 1 && only !== undefined) return only;
  const found = OUTPUTS.find((name) => names.includes(name));
  if (found !== undefined) return found;
  throw wrong(model, `its outputs are ${names.join(', ')}: one of ${OUTPUTS.join(', ')} is wanted, or one alone`);
}

/** Files of hundreds of megabytes are known by their first and last part. */
function digestOf(model: string, folders: readonly string[]): string {
  const hash = createHash('sha256');
  const { size } = statSync(model);
  const part = Buffer.alloc(Math.min(size, 1 << 20));
  const file = openSync(model, 'r');
  try {
    for (const at of [0, size - part.length]) hash.update(part.subarray(0, readSync(file, part, 0, part.length, at)));
  } finally {
    closeSync(file);
  }
  hash.update(String(size));
  for (const folder of folders) {
    for (const file of ['tokenizer.json', 'vocab.txt', 'tokenizer_config.json']) {
      const path = join(folder, file);
      if (existsSync(path)) hash.update(readFileSync(path));
    }
  }
  return hash.digest('hex');
}

function unit(vector: Float32Array): Float32Array | null {
  const length = Math.hypot(...vector);
  return length > 0 && Number.isFinite(length) ? vector.map((value) => value / length) : null;
}

function wrong(model: string, what: string, cause?: unknown): ServeError {
  return new ServeError('bad_argument', `text encoder '${model}': ${what}`, { cause });
}
