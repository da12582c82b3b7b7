/** A thread of vector-threads.test.ts: attaches to the index of the token and does as its role says. */
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { Prng } from '../../server/core/prng.ts';
import { VectorIndex, scoreOf, search } from './vector-support.ts';

export const DIM = 16;
/** Ids below stay for ever, those up to ID_END come and go. */
export const STAYING = 3000;
export const ID_END = 4000;

export interface Task {
  readonly role: 'search' | 'change' | 'leave';
  readonly token: bigint;
  readonly seed: number;
  /** One word: not 0 once the changing thread is through. */
  readonly over: Int32Array;
}

/** Every id has one vector, so that whoever finds an id knows what its score must be. */
export function vectorOf(id: number): Float32Array {
  return new Prng(id).row(DIM);
}

if (!isMainThread && (workerData as Task | undefined)?.role) run(workerData as Task);

function run({ role, token, seed, over }: Task): void {
  const index = VectorIndex.attach(token);
  const prng = new Prng(seed);
  if (role === 'leave') {
    // Its environment ends while searches of it are under way.
    const queries = prng.row(DIM * 500);
    for (let i = 0; i < 8; i += 1) void index.searchAsync(queries, 10, new Uint32Array(5000), new Float32Array(5000));
    process.exit(0);
  }
  if (role === 'change') {
    for (let i = 0; i < 6000; i += 1) {
      const id = STAYING + prng.below(ID_END - STAYING);
      if (i % 2 === 0) index.add(Uint32Array.of(id), vectorOf(id));
      else index.remove(Uint32Array.of(id));
    }
    Atomics.store(over, 0, 1);
    parentPort?.postMessage({ searches: 0, missed: 0, wrong: [] });
    return;
  }
  const wrong: string[] = [];
  let searches = 0;
  let missed = 0;
  while (Atomics.load(over, 0) === 0 || searches < 100) {
    const wanted = prng.below(STAYING);
    const query = vectorOf(wanted);
    const { ids, scores } = search(index, query, 10, { beam: 50 });
    searches += 1;
    if (ids[0] !== wanted) missed += 1;
    if (new Set(ids).size !== 10) wrong.push(`an id twice: ${ids}`);
    ids.forEach((id, i) => {
      if (id >= ID_END) wrong.push(`id ${id} was never there`);
      else if (Math.abs(scoreOf('l2', query, vectorOf(id)) - (scores[i] as number)) > 1e-3) {
        wrong.push(`score of ${id}: ${scores[i]}`);
      }
      if (i > 0 && (scores[i] as number) > (scores[i - 1] as number)) wrong.push(`out of order: ${scores}`);
    });
    if (wrong.length > 5) break;
  }
  parentPort?.postMessage({ searches, missed, wrong });
}
