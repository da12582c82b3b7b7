import assert from 'node:assert/strict';
import { once } from 'node:events';
import { suite, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { KINDS, VectorIndex, search, type Kind } from './vector-support.ts';
import { DIM, ID_END, STAYING, vectorOf, type Task } from './vector-worker.ts';

const file = new URL('./vector-worker.js', import.meta.url);

function filled(kind: Kind) {
  const index = new VectorIndex({ kind, dim: DIM, metric: 'l2', degree: 16, buildBeam: 60 });
  for (let id = 0; id < STAYING; id += 1) index.add(Uint32Array.of(id), vectorOf(id));
  return index;
}

suite('An index in several threads', () => {
  for (const kind of KINDS) {
    test(`${kind}: two threads search while a third adds and removes`, async () => {
      const index = filled(kind);
      const over = new Int32Array(new SharedArrayBuffer(4));
      const start = (role: Task['role'], seed: number) => {
        const worker = new Worker(file, { workerData: { role, token: index.token, seed, over } satisfies Task });
        return once(worker, 'message').then(([said]) => said as { searches: number; missed: number; wrong: string[] });
      };

      const said = await Promise.all([start('search', 1), start('search', 2), start('change', 3)]);

      for (const { searches, missed, wrong } of said) {
        assert.deepEqual(wrong, []);
        assert.ok(missed <= searches * (kind === 'exact' ? 0 : 0.02), `${missed} of ${searches} missed`);
      }
      assert.ok(index.size >= STAYING && index.size <= ID_END);
      for (let id = 0; id < STAYING; id += 100) assert.ok(index.has(id));
      index.close();
    });
  }

  test('an index outlives the thread that leaves in the middle of its searches', async () => {
    const index = filled('exact');
    const worker = new Worker(file, {
      workerData: { role: 'leave', token: index.token, seed: 1, over: new Int32Array(1) } satisfies Task,
    });

    await once(worker, 'exit');

    assert.equal(search(index, vectorOf(7), 1).ids[0], 7);
    index.close();
  });

  test('an index that a thread made ends with it, unless another has attached', async () => {
    const source = `
      const { parentPort, workerData } = require('node:worker_threads');
      const { VectorIndex } = require(workerData);
      const index = new VectorIndex({ kind: 'exact', dim: 1, metric: 'ip' });
      index.add(Uint32Array.of(4), Float32Array.of(2));
      parentPort.postMessage(index.token);
      parentPort.once('message', () => { index.has(4); parentPort.close(); });`;
    const addonPath = new URL('../../../build/vitrine.node', import.meta.url).pathname;
    const worker = new Worker(source, { eval: true, workerData: addonPath });
    const [token] = (await once(worker, 'message')) as [bigint];
    const guest = VectorIndex.attach(token);

    worker.postMessage('leave');
    await once(worker, 'exit');

    assert.throws(() => VectorIndex.attach(token), { code: 'bad_argument' });
    assert.deepEqual([guest.size, guest.has(4)], [1, true]);
  });
});
