import type { Engine, MakeEngine } from '../engine.ts';
import { peer } from '../peers.ts';

/** The part of usearch that is used; see its own declarations. */
interface Index {
  add(keys: BigUint64Array, vectors: Float32Array, threads: number): void;
  search(queries: Float32Array, k: number, threads: number): { keys: BigUint64Array };
  remove(keys: BigUint64Array): void;
  save(path: string): void;
  load(path: string): void;
}
type Module = { readonly Index: new (config: Record<string, unknown>) => Index };

const CONNECTIVITY = 16;
const EXPANSION_ADD = 200;
const ADD_ROWS = 20_000; // in one call

/** usearch with the stored type named; it has neither filters nor a beam that can be changed. */
export function usearch(quantization: 'f32' | 'bf16'): MakeEngine {
  return ({ dim, count, k }, queries): Engine => {
    const { Index } = peer('usearch') as Module;
    const make = (beam: number) =>
      new Index({
        dimensions: dim,
        metric: 'ip', // under cosine the vectors have unit length
        quantization,
        connectivity: CONNECTIVITY,
        expansion_add: EXPANSION_ADD,
        expansion_search: beam,
        multi: false,
      });
    let index = make(64);
    let spent = 64;
    let path: string | null = null;
    return {
      build(vectors) {
        for (let at = 0; at < count; at += ADD_ROWS) {
          const end = Math.min(count, at + ADD_ROWS);
          const ids = Uint32Array.from({ length: end - at }, (_, i) => at + i);
          index.add(keys(ids), vectors.subarray(at * dim, end * dim), 1);
        }
      },
      save: (to) => index.save(to),
      open(from) {
        path = from;
        index.load(from);
      },
      bytes: () => null,
      spend([beam]) {
        if (beam === spent || path === null) return;
        index = make(beam as number); // the beam is an argument of the constructor alone
        globalThis.gc?.(); // the garbage collector sees some bytes where the old index has megabytes
        index.load(path);
        spent = beam as number;
      },
      search(at, length, ids) {
        const found = index.search(queries.subarray(at * dim, (at + length) * dim), k, 1).keys;
        for (let i = 0; i < length * k; i += 1) ids[i] = Number(found[i]);
      },
      remove: (ids) => index.remove(keys(ids)),
      add(ids, vectors) {
        path = null; // what the file holds is out of date: the beam stays as it is
        index.add(keys(ids), vectors, 1);
      },
    };
  };
}

function keys(ids: Uint32Array): BigUint64Array {
  return BigUint64Array.from(ids, BigInt);
}
