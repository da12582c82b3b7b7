/** An engine's end of `live`: vectors leave and come back, alone or while another thread searches. */
import { Worker } from 'node:worker_threads';
import type { Engine } from './engine.ts';
import { readRows } from './files.ts';
import type { Lived, Opening } from './protocol.ts';
import { PHASE, STATE, type SearcherData } from './searcher.ts';

const BLOCK_SHARE = 0.01; // of the vectors are away at a time
const CALL = 1000; // vectors that come in one call
const WAIT_MS_MAX = 30_000;

/** `beam` null: nobody searches. Wall times: on all cores that the process may use. */
export function live(
  engine: Engine, of: Omit<Opening, 'do'>, ids: Uint32Array, beam: number | null,
): Lived {
  const vectors = new Float32Array(ids.length * of.dim);
  ids.forEach((id, i) => vectors.set(readRows(of.base, of.dim, id, id + 1), i * of.dim));
  const state = new Int32Array(new SharedArrayBuffer(4 * STATE.words));
  if (beam !== null) startSearcher(engine, of, beam, state);
  const size = Math.ceil(of.count * BLOCK_SHARE);
  const startMs = performance.now();
  let addMs = 0;
  for (let at = 0; at < ids.length; at += size) {
    const end = Math.min(at + size, ids.length);
    engine.remove?.(ids.subarray(at, end));
    const backMs = performance.now();
    for (let from = at; from < end; from += CALL) {
      const to = Math.min(from + CALL, end);
      engine.add?.(ids.subarray(from, to), vectors.subarray(from * of.dim, to * of.dim));
    }
    addMs += performance.now() - backMs;
  }
  const wallS = (performance.now() - startMs) / 1000;
  const searches = Atomics.load(state, STATE.searches);
  if (beam !== null) endSearcher(state);
  return {
    added: ids.length, addS: addMs / 1000, wallS, searches,
    longestMs: Atomics.load(state, STATE.longestUs) / 1000,
  };
}

/** Returns once it searches. */
function startSearcher(engine: Engine, of: Omit<Opening, 'do'>, beam: number, state: Int32Array): void {
  if (!engine.token) throw new Error('this engine cannot be searched by another thread');
  const { queries, dim, k } = of;
  const workerData: SearcherData = { token: engine.token(), queries, dim, k, beam, state };
  new Worker(new URL('./searcher.js', import.meta.url), { workerData }).unref();
  Atomics.wait(state, STATE.phase, PHASE.starting, WAIT_MS_MAX);
  if (Atomics.load(state, STATE.phase) !== PHASE.searching) throw new Error('the searching thread did not start');
}

function endSearcher(state: Int32Array): void {
  Atomics.store(state, STATE.phase, PHASE.over);
  Atomics.wait(state, STATE.phase, PHASE.over, WAIT_MS_MAX);
}
