import { NO_ID } from '../../../ann/binding.ts';
import type { Addon, Allow, NativeVectorIndex } from '../../../ann/binding.ts';
import { NO_ROW } from '../candidates.ts';
import type { Candidates } from '../candidates.ts';
import type { ItemVectors } from '../../item-vocabulary.ts';

// Up to here comparing with every vector takes under a millisecond and nothing need be built.
const EXACT_MAX = 50_000;

/** Learned vectors of the items the store knows, by row. */
export class ItemVectorIndex {
  readonly #index: NativeVectorIndex;

  /** `rowOf` is undefined for an item that the store does not have; it is left out. */
  constructor(
    addon: Addon,
    learned: ItemVectors,
    metric: 'ip' | 'cosine',
    rowOf: (id: string) => number | undefined,
  ) {
    const { vocabulary, dim, vectors } = learned;
    const rows: number[] = [];
    const kept: number[] = [];
    for (let number = 1; number <= vocabulary.size; number++) {
      const row = rowOf(vocabulary.idOf(number) as string);
      const vector = vectors.subarray((number - 1) * dim, number * dim);
      // The cosine with nothing is nothing: such an item is near to none.
      if (row === undefined || (metric === 'cosine' && vector.every((value) => value === 0))) {
        continue;
      }
      rows.push(row);
      kept.push(number - 1);
    }
    const packed = new Float32Array(kept.length * dim);
    kept.forEach((from, to) => {
      packed.set(vectors.subarray(from * dim, (from + 1) * dim), to * dim);
    });
    const kind = rows.length <= EXACT_MAX ? 'exact' : 'graph';
    this.#index = new addon.VectorIndex({ kind, dim, metric });
    if (rows.length > 0) this.#index.add(Uint32Array.from(rows), packed);
  }

  get dim(): number {
    return this.#index.dim;
  }

  get size(): number {
    return this.#index.size;
  }

  /** The vector of a row, or null when it has none. */
  vectorOf(row: number): Float32Array | null {
    const vector = new Float32Array(this.#index.dim);
    return this.#index.get(row, vector) ? vector : null;
  }

  /** Overwrites `into` with the nearest allowed rows and their scores, best first. */
  nearest(vector: Float32Array, allow: Allow | undefined, into: Candidates): void {
    const { rows, scores, because } = into;
    this.#index.search(vector, rows.length, rows, scores, allow && { allow });
    const end = rows.indexOf(NO_ID);
    into.count = end < 0 ? rows.length : end;
    because.fill(NO_ROW, 0, into.count);
  }

  close(): void {
    this.#index.close();
  }
}
