import { loadAddon, type NativeVectorIndex } from '../../../server/ann/binding.ts';
import type { Engine, MakeEngine } from '../engine.ts';

/** Our own index through the addon's own face: typed arrays in, the caller's arrays out. */
export function vitrine(kind: 'exact' | 'graph', keep?: 'f32' | 'bf16'): MakeEngine {
  return ({ dim, metric, k }, queries): Engine => {
    const { VectorIndex } = loadAddon();
    const scores = new Float32Array(64 * k);
    let index: NativeVectorIndex = new VectorIndex({ kind, dim, metric, ...(keep && { keep }) });
    let options: { beam?: number; allow?: Uint32Array } = {};
    return {
      build(vectors) {
        index.add(Uint32Array.from({ length: vectors.length / dim }, (_, id) => id), vectors);
      },
      save: (path) => index.save(path),
      open(path) {
        index.close();
        index = VectorIndex.open(path, { mode: 'load' }); // for what is searched much
      },
      bytes: () => index.bytes,
      spend([beam]) {
        const { allow } = options;
        options = { ...(beam && { beam }), ...(allow && { allow }) };
      },
      search(at, count, ids) {
        const into = scores.length === count * k ? scores : scores.subarray(0, count * k);
        index.search(queries.subarray(at * dim, (at + count) * dim), k, ids, into, options);
      },
      filter(bitmap) {
        const { beam } = options;
        const words = bitmap && new Uint32Array(bitmap.buffer, bitmap.byteOffset, bitmap.length / 4);
        options = { ...(beam && { beam }), ...(words && { allow: words }) };
      },
      remove: (ids) => void index.remove(ids),
      add: (ids, vectors) => index.add(ids, vectors),
      refine: (count) => void index.refine(count),
      token: () => index.token,
    };
  };
}
