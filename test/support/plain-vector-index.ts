import { NO_ID } from '../../server/ann/binding.ts';
import type { Addon, Allow, VectorIndexOptions } from '../../server/ann/binding.ts';
import { allows } from '../../server/storefront/retrieval/candidates.ts';

/** As much of `NativeVectorIndex` as retrieval uses, as plain loops. */
class PlainVectorIndex {
  readonly dim: number;
  readonly kind = 'exact';
  readonly #vectors = new Map<number, Float32Array>();

  constructor(private readonly options: VectorIndexOptions) {
    this.dim = options.dim;
  }

  get size(): number {
    return this.#vectors.size;
  }

  add(ids: Uint32Array, vectors: Float32Array): void {
    ids.forEach((id, at) => {
      this.#vectors.set(id, vectors.slice(at * this.dim, (at + 1) * this.dim));
    });
  }

  remove(ids: Uint32Array): void {
    ids.forEach((id) => this.#vectors.delete(id));
  }

  get(id: number, into: Float32Array): boolean {
    const vector = this.#vectors.get(id);
    if (vector) into.set(vector);
    return vector !== undefined;
  }

  search(
    queries: Float32Array, k: number, ids: Uint32Array, scores: Float32Array,
    { allow, allowEach }: { allow?: Allow; allowEach?: readonly (Allow | undefined)[] } = {},
  ): void {
    for (let q = 0; q * this.dim < queries.length; q += 1) {
      const query = queries.subarray(q * this.dim, (q + 1) * this.dim);
      const [from, to] = [q * k, (q + 1) * k];
      this.#one(query, k, ids.subarray(from, to), scores.subarray(from, to), allow ?? allowEach?.[q]);
    }
  }

  #one(
    query: Float32Array, k: number, ids: Uint32Array, scores: Float32Array, allow: Allow | undefined,
  ): void {
    const dot = (a: Float32Array, b: Float32Array): number =>
      a.reduce((sum, x, i) => sum + x * (b[i] as number), 0);
    const found = [...this.#vectors]
      .filter(([id]) => allows(allow, id))
      .map(([id, vector]) => {
        const norms = Math.sqrt(dot(vector, vector) * dot(query, query));
        const product = dot(query, vector);
        return { id, score: this.options.metric === 'cosine' ? product / norms : product };
      })
      .sort((a, b) => b.score - a.score || a.id - b.id);
    for (let at = 0; at < k; at += 1) {
      ids[at] = found[at]?.id ?? NO_ID;
      scores[at] = found[at]?.score ?? -Infinity;
    }
  }

  close(): void {
    this.#vectors.clear();
  }
}

/** The addon with its vector index replaced by the plain one. */
export function withPlainVectors(addon: Addon): Addon {
  return { ...addon, VectorIndex: PlainVectorIndex as unknown as Addon['VectorIndex'] };
}
