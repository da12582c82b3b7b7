import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ServeError } from '../core/errors.ts';

/** The items a model was trained on, under its own numbers 1..size; 0 is padding. */
export class ItemVocabulary {
  readonly #numbers: ReadonlyMap<string, number>;

  constructor(private readonly ids: readonly string[]) {
    this.#numbers = new Map(ids.map((id, i) => [id, i + 1]));
  }

  get size(): number {
    return this.ids.length;
  }

  /** 0 for an item that the model has never seen. */
  numberOf(id: string): number {
    return this.#numbers.get(id) ?? 0;
  }

  /** Undefined outside 1..size. */
  idOf(number: number): string | undefined {
    return this.ids[number - 1];
  }
}

/** One learned vector an item, `dim` floats: vocabulary number n is at `(n - 1) * dim`. */
export interface ItemVectors {
  readonly vocabulary: ItemVocabulary;
  readonly dim: number;
  readonly vectors: Float32Array;
}

/** Reads `items.txt` of a model's version folder. Fails with `backend` naming the file. */
export function loadVocabulary(folder: string): ItemVocabulary {
  const path = join(folder, 'items.txt');
  const lines = readBytes(path).toString('utf8').split('\n');
  if (lines[lines.length - 1] === '') lines.pop();
  const vocabulary = new ItemVocabulary(lines);
  if (lines.length === 0) throw new ServeError('backend', `${path} names no items`);
  if (new Set(lines).size < lines.length) {
    throw new ServeError('backend', `${path} names an item twice`);
  }
  return vocabulary;
}

/** Reads `items.txt` and `item_vectors.f32`. Fails with `backend` when they do not fit. */
export function loadItemVectors(folder: string): ItemVectors {
  const vocabulary = loadVocabulary(folder);
  const path = join(folder, 'item_vectors.f32');
  const bytes = readBytes(path);
  const dim = bytes.byteLength / 4 / vocabulary.size;
  if (!Number.isInteger(dim) || dim === 0) {
    const detail = `${path} has ${bytes.byteLength} bytes for ${vocabulary.size} items`;
    throw new ServeError('backend', `${detail}: not a whole number of floats each`);
  }
  // Copied out of the file's buffer, which need not be aligned to floats.
  const vectors = new Float32Array(vocabulary.size * dim);
  new Uint8Array(vectors.buffer).set(bytes);
  return { vocabulary, dim, vectors };
}

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new ServeError('backend', `${path}: ${(cause as Error).message}`, { cause });
  }
}
