import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { ServeError } from '../core/errors.ts';
import type { Inference, InferTiming } from '../core/inference.ts';
import { float32View } from '../core/tensor.ts';
import { loadVocabulary } from './item-vocabulary.ts';
import type { ItemVocabulary } from './item-vocabulary.ts';
import { within } from './within.ts';

/** A session encoder in a model repository, as far as its caller must know it. */
export interface Encoder {
  readonly model: string;
  readonly version: string; // the one whose vocabulary this is: others may number otherwise
  readonly length: number; // items it looks at
  readonly vocabulary: ItemVocabulary;
}

/** What a visitor seems to want next, in the space of the learned item vectors. */
export interface Tasted {
  readonly vector: Float32Array;
  readonly model: { readonly name: string; readonly version: string; readonly timing: InferTiming };
}

/** Runs a session through the encoder. */
export class Taste {
  constructor(
    private readonly inference: Inference,
    private readonly clock: Clock,
    private readonly encoder: Encoder,
  ) {}

  /**
   * Null when the encoder knows none of the items (oldest first). Rejects with what `Inference`
   * does, and with `deadline` after `budgetMs` at the latest.
   */
  async of(
    items: readonly string[], budgetMs: number, priority?: number,
  ): Promise<Tasted | null> {
    const { model, version, length, vocabulary } = this.encoder;
    const numbers = encoderInput(items, vocabulary, length);
    if (!numbers) return null;
    const data = new Uint8Array(numbers.buffer);
    const run = this.inference.infer({
      model,
      version,
      inputs: [{ name: 'items', datatype: 'INT32', shape: [1, length], data }],
      outputs: ['vector'],
      deadlineMs: budgetMs,
      ...(priority !== undefined && { priority }),
    });
    const result = await within(this.clock, budgetMs, run);
    const vector = result.outputs.find((output) => output.name === 'vector');
    if (!vector) throw new ServeError('backend', `'${model}' has no output 'vector'`);
    const { timing } = result;
    return {
      vector: float32View(vector).slice(), // out of the runtime's memory
      model: { name: model, version: result.version, timing },
    };
  }
}

/**
 * Vocabulary numbers of the newest `length` known items, oldest first, padded with zeros at the
 * end. Null when no item is known. Pure.
 */
export function encoderInput(
  items: readonly string[],
  vocabulary: ItemVocabulary,
  length: number,
): Int32Array | null {
  const known = items.map((id) => vocabulary.numberOf(id)).filter((number) => number !== 0);
  if (known.length === 0) return null;
  const input = new Int32Array(length);
  input.set(known.slice(-length));
  return input;
}

/** The encoder of a repository; null when it has none. Fails with `backend` naming the file. */
export function openEncoder(
  repository: string, model = 'session-encoder', wanted?: string,
): Encoder | null {
  const folder = join(repository, model);
  if (!existsSync(join(folder, 'config.json'))) return null;
  const version = wanted ?? newestVersion(folder);
  if (version === null || !existsSync(join(folder, version))) return null;
  return {
    model,
    version,
    length: inputLength(join(folder, 'config.json')),
    vocabulary: loadVocabulary(join(folder, version)),
  };
}

/** The highest version folder of a model, or null. */
export function newestVersion(folder: string): string | null {
  const versions = readdirSync(folder).filter((name) => /^[1-9]\d*$/.test(name));
  return versions.sort((a, b) => Number(b) - Number(a))[0] ?? null;
}

function inputLength(path: string): number {
  try {
    const config = JSON.parse(readFileSync(path, 'utf8')) as {
      input?: { name?: string; dims?: number[] }[];
    };
    const length = config.input?.find((input) => input.name === 'items')?.dims?.at(-1);
    if (length !== undefined && length >= 1) return length;
  } catch (cause) {
    throw new ServeError('backend', `${path}: ${(cause as Error).message}`, { cause });
  }
  throw new ServeError('backend', `${path} has no input 'items' of a fixed length`);
}
