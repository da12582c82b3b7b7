import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Prng } from '../../../server/core/prng.ts';
import { runApart } from '../../../server/runtime/run-apart.ts';

/** Runs `rows` rows of which `bad` cannot be run; says which were answered, and in how many runs. */
async function ran(rows: number, bad: ReadonlySet<number>) {
  const answered = new Set<number>();
  let runs = 0;
  const run = (first: number, end: number): void => {
    runs += 1;
    const here = Array.from({ length: end - first }, (_, at) => first + at);
    const fault = here.find((row) => bad.has(row));
    if (fault !== undefined) throw new Error(`row ${fault} of ${here.length}`);
    for (const row of here) answered.add(row);
  };
  const failures = await runApart(run, 0, rows, new Error('the whole run'));
  return { answered, failures, runs };
}

suite('runApart', () => {
  test('just the rows at fault fail, each by a message of its own run', async () => {
    const prng = new Prng(4);
    for (let world = 0; world < 200; world += 1) {
      const rows = 2 + prng.below(63);
      const bad = new Set(Array.from({ length: 1 + prng.below(4) }, () => prng.below(rows)));

      const { answered, failures } = await ran(rows, bad);

      const want = [...bad].sort((a, b) => a - b).map((row) => ({ row, message: `row ${row} of 1` }));
      assert.deepEqual(failures, want, `world ${world}`);
      assert.equal(answered.size, rows - bad.size);
    }
  });

  test('one bad row of 64 costs 12 more runs, 64 of them 126', async () => {
    assert.equal((await ran(64, new Set([37]))).runs, 12);
    const all = await ran(64, new Set(Array.from({ length: 64 }, (_, row) => row)));
    assert.deepEqual([all.runs, all.failures.length], [126, 64]);
  });

  test('a row that ran alone is not run again', async () => {
    const { failures, runs } = await ran(1, new Set([0]));

    assert.deepEqual([failures, runs], [[{ row: 0, message: 'the whole run' }], 0]);
  });

  test('a run that fails for its size alone fails no row', async () => {
    const run = (first: number, end: number): void => {
      if (end - first > 4) throw new Error('too many at once');
    };

    assert.deepEqual(await runApart(run, 0, 64, new Error('too many at once')), []);
  });
});
