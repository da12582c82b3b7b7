import type { MakeEngine } from '../engine.ts';
import { peer } from '../peers.ts';

/** The part of hnswlib-node that is used; see its own declarations. */
interface HierarchicalNSW {
  initIndex(options: Record<string, number | boolean>): void;
  readIndexSync(path: string, allowReplaceDeleted: boolean): void;
  writeIndexSync(path: string): void;
  addPoint(point: number[], label: number, replaceDeleted?: boolean): void;
  markDelete(label: number): void;
  setEf(ef: number): void;
  searchKnn(query: number[], k: number, filter?: (label: number) => boolean): { neighbors: number[] };
}
type Module = { readonly HierarchicalNSW: new (space: 'ip', dim: number) => HierarchicalNSW };

const M = 16;
const EF_CONSTRUCTION = 200;
const NOTHING = 0xffff_ffff;

/** hnswlib-node: one query a call, plain arrays; it has no call for many. */
export const hnswlib: MakeEngine = ({ dim, count, k }, queries) => {
  const { HierarchicalNSW } = peer('hnswlib-node') as Module;
  const index = new HierarchicalNSW('ip', dim); // under cosine the vectors have unit length
  const rows = listRows(queries, dim);
  let allowed: ((label: number) => boolean) | undefined;
  return {
    build(vectors) {
      const [m, efConstruction] = [M, EF_CONSTRUCTION];
      index.initIndex({ maxElements: count, m, efConstruction, allowReplaceDeleted: true });
      for (let id = 0; id < count; id += 1) index.addPoint(row(vectors, dim, id), id);
    },
    save: (path) => index.writeIndexSync(path),
    open: (path) => index.readIndexSync(path, true),
    bytes: () => null,
    spend: ([ef]) => index.setEf(ef as number),
    search(at, length, ids) {
      for (let i = 0; i < length; i += 1) {
        const { neighbors } = index.searchKnn(rows[at + i] as number[], k, allowed);
        for (let j = 0; j < k; j += 1) ids[i * k + j] = neighbors[j] ?? NOTHING;
      }
    },
    filter(bitmap) {
      allowed = bitmap ? (id) => (((bitmap[id >> 3] as number) >> (id & 7)) & 1) === 1 : undefined;
    },
    remove(ids) {
      for (const id of ids) index.markDelete(id);
    },
    add(ids, vectors) {
      ids.forEach((id, i) => index.addPoint(row(vectors, dim, i), id, true));
    },
  };
};

function row(vectors: Float32Array, dim: number, at: number): number[] {
  return Array.from(vectors.subarray(at * dim, (at + 1) * dim));
}

function listRows(vectors: Float32Array, dim: number): number[][] {
  return Array.from({ length: vectors.length / dim }, (_, at) => row(vectors, dim, at));
}
