/** A thread that searches in an index of another's, one query after the other, until it is told to end. */
import { isMainThread, workerData } from 'node:worker_threads';
import { loadAddon } from '../../server/ann/binding.ts';
import { readFloats } from './files.ts';

export interface SearcherData {
  readonly token: bigint;
  readonly queries: string; // file of them
  readonly dim: number;
  readonly k: number;
  readonly beam: number;
  readonly state: Int32Array; // shared: see STATE
}

/** Places of the shared state. */
export const STATE = { phase: 0, searches: 1, longestUs: 2, words: 3 } as const;
export const PHASE = { starting: 0, searching: 1, over: 2, ended: 3 } as const;

if (!isMainThread && (workerData as SearcherData | undefined)?.token) run(workerData as SearcherData);

function run({ token, queries: file, dim, k, beam, state }: SearcherData): void {
  const index = loadAddon().VectorIndex.attach(token);
  const queries = readFloats(file);
  const ids = new Uint32Array(k);
  const scores = new Float32Array(k);
  tell(state, PHASE.searching);
  for (let at = 0; Atomics.load(state, STATE.phase) !== PHASE.over; at += dim) {
    if (at === queries.length) at = 0;
    const startMs = performance.now();
    index.search(queries.subarray(at, at + dim), k, ids, scores, { beam });
    const tookUs = Math.round((performance.now() - startMs) * 1000);
    Atomics.add(state, STATE.searches, 1);
    if (tookUs > Atomics.load(state, STATE.longestUs)) Atomics.store(state, STATE.longestUs, tookUs);
  }
  index.close();
  tell(state, PHASE.ended);
}

function tell(state: Int32Array, phase: number): void {
  Atomics.store(state, STATE.phase, phase);
  Atomics.notify(state, STATE.phase);
}
