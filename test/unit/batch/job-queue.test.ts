import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { JobQueue } from '../../../server/batch/job-queue.ts';
import { LaneJob } from '../../../server/batch/job.ts';
import { orderUs } from '../../../server/batch/policy.ts';
import { Prng } from '../../../server/core/prng.ts';

const SEEDS = 60;
const STEPS = 500;

suite('JobQueue', () => {
  test('without deadlines it is first come, first served', () => {
    const queue = new JobQueue();
    const jobs = [3, 1, 2].map((rows, at) => job({ rows, arrivedUs: at }));
    for (const each of jobs) queue.push(each);

    assert.deepEqual(drained(queue), jobs);
  });

  test('the earliest deadline goes first; equal ones keep their order of arrival', () => {
    const queue = new JobQueue();
    const jobs = [900, 300, 900, 100, 300].map((deadlineUs) => job({ deadlineUs }));
    for (const each of jobs) queue.push(each);

    assert.deepEqual(drained(queue), [3, 1, 4, 0, 2].map((at) => jobs[at]));
  });

  test('a level goes before the next, whatever the deadlines', () => {
    const queue = new JobQueue(3);
    const [late, soon, first] = [
      job({ level: 1 }), job({ level: 2, deadlineUs: 5 }), job({ level: 0, deadlineUs: 9e9 }),
    ];
    for (const each of [late, soon, first]) queue.push(each);

    assert.equal(queue.rowsAhead(1, 0), 1);
    assert.deepEqual(drained(queue), [first, late, soon]);
  });

  test('a job that is delayed stands behind its level, and before the next', () => {
    const queue = new JobQueue(2);
    const [a, b, c] = [job({ startByUs: 10 }), job({}), job({ level: 1 })];
    for (const each of [a, b, c]) queue.push(each);
    queue.delay(a);

    assert.deepEqual(queue.overdue(1e12), []);
    assert.deepEqual(drained(queue), [b, a, c]);
  });

  test(`it agrees with a sorted list over ${SEEDS} seeded walks`, () => {
    for (let seed = 1; seed <= SEEDS; seed += 1) walk(seed);
  });
});

/** Pushes, removals, delays and look-ups, beside a list that is sorted anew at every look. */
function walk(seed: number): void {
  const prng = new Prng(seed);
  const levels = 1 + prng.below(3);
  const urgent = prng.below(3); // one walk in three has no deadlines
  const queue = new JobQueue(levels);
  const list: LaneJob[] = [];
  let nowUs = 0;
  const law = (actual: unknown, expected: unknown, what: string): void =>
    assert.deepEqual(actual, expected, `seed ${seed}: ${what}`);

  for (let step = 0; step < STEPS; step += 1) {
    nowUs += prng.below(200);
    const what = prng.below(8);
    const one = list.length > 0 ? prng.pick(list) : null;
    if (what < 4) {
      const limit = (): number => (prng.below(3) < urgent ? nowUs + prng.below(20_000) : Infinity);
      const added = job({
        arrivedUs: nowUs, rows: 1 + prng.below(4), level: prng.below(levels),
        deadlineUs: limit(), startByUs: limit(),
      });
      queue.push(added);
      list.push(added);
    } else if (what === 4 && one && one.startByUs < Infinity) {
      queue.delay(one);
      list.splice(list.indexOf(one), 1);
      list.push(one); // behind those delayed before
    } else if (what === 5 && one) {
      queue.remove(one);
      list.splice(list.indexOf(one), 1);
    } else if (queue.first) {
      const first = queue.first;
      queue.remove(first);
      list.splice(list.indexOf(first), 1);
    }
    const sorted = [...list].sort(inOrder);
    law(queue.first, sorted[0] ?? null, 'whose turn it is');
    law(queue.jobs, list.length, 'jobs');
    law(queue.rows, rowsOf(list), 'rows');
    const level = prng.below(levels);
    const place = nowUs + prng.below(30_000);
    const ahead = sorted.filter((each) => each.level < level ||
      (each.level === level && !each.delayed && each.orderUs <= place));
    law(queue.rowsAhead(level, place), rowsOf(ahead), 'rows ahead');
    const overdue = sorted.filter((each) => each.limitUs <= nowUs);
    law(new Set(queue.overdue(nowUs)), new Set(overdue), 'overdue');
    const limits = list.map((each) => each.limitUs).filter((us) => us > nowUs);
    const next = queue.nextLimitUs(nowUs);
    if (overdue.length === 0) law(next <= Math.min(...limits), true, 'the next look is in time');
  }
  for (const each of [...list].sort(inOrder)) {
    law(queue.first, each, 'the order of all that wait');
    queue.remove(each);
  }
}

function inOrder(a: LaneJob, b: LaneJob): number {
  if (a.level !== b.level) return a.level - b.level;
  if (a.delayed !== b.delayed) return a.delayed ? 1 : -1;
  if (a.delayed) return 0; // sorting is stable: as they were delayed
  return a.orderUs - b.orderUs || a.sequence - b.sequence;
}

function job(fields: Partial<LaneJob>): LaneJob {
  const made = new LaneJob();
  made.reset(fields.rows ?? 1);
  Object.assign(made, fields);
  made.orderUs = orderUs(made.arrivedUs, made.limitUs);
  return made;
}

function drained(queue: JobQueue): LaneJob[] {
  const jobs: LaneJob[] = [];
  for (let first = queue.first; first; first = queue.first) {
    jobs.push(first);
    queue.remove(first);
  }
  return jobs;
}

function rowsOf(jobs: readonly LaneJob[]): number {
  return jobs.reduce((sum, each) => sum + each.rows, 0);
}
