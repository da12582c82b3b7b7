import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Run } from '../../../server/batch/runner.ts';
import { LaneWorld, type WorldOptions } from '../../support/lane-world.ts';

/** A lane that runs one row at a time and is busy with row 99. */
function busyLane(options: WorldOptions = {}): LaneWorld {
  const world = new LaneWorld({ rowsMax: 1, queueMax: 16, ...options });
  world.submit(99);
  world.turn();
  return world;
}

/** Ends every run, and every turn, until nothing is left; what ran, in order. */
function runAll(world: LaneWorld): number[] {
  const from = world.runner.starts.length;
  while (world.runner.running.length > 0) {
    world.runner.end(world.runner.running[0] as Run);
    world.turn();
  }
  return world.runner.starts.slice(from).flat();
}

const LEVELS = { priority_levels: 3, default_priority_level: 2 };

suite('BatchLane: whose turn it is', () => {
  test('the earliest deadline goes first, then who has none, each in order of arrival', () => {
    const world = busyLane();
    for (const [value, deadline] of [[1, Infinity], [2, 9000], [3, 4000], [4, Infinity], [5, 4000]]) {
      world.submit(value as number, 1, deadline);
    }

    assert.deepEqual(runAll(world), [3, 5, 2, 1, 4]);
  });

  test('who has no deadline is not overtaken for ever', () => {
    const world = busyLane();
    world.submit(1);
    world.clock.advance(600_000);
    world.submit(2, 1, 300_000);
    world.submit(3, 1, 500_000);

    assert.deepEqual(runAll(world), [2, 1, 3]);
  });

  test('a more urgent level goes first; no level, or a strange one, is the default', () => {
    const world = busyLane({ batching: LEVELS });
    for (const [value, priority] of [[1, 3], [2, 0], [3, 1], [4, 2], [5, 77], [6, 1]] as const) {
      world.submit(value, 1, Infinity, { priority });
    }

    assert.deepEqual(runAll(world), [3, 6, 2, 4, 5, 1]);
    assert.deepEqual(world.lane.stats.levels.map(({ queueUs }) => queueUs.count), [2, 4, 1]);
    assert.equal(world.lane.stats.requestUs.count, 7);
  });

  test('a job that goes first is let in where one that came in turn is not', () => {
    const world = busyLane();
    world.lane.runTime.observe(1, 1000);
    for (const value of [1, 2, 3, 4]) world.submit(value, 1, 50_000);
    world.submit(5, 1, 2000); // half a run, and its own
    world.submit(6, 1, 2700); // a run more, and an eighth of the wait
    world.submit(7, 1, 3500); // two runs more
    world.turn();

    assert.deepEqual([...world.ends], [[7, ['deadline']]]);
    assert.deepEqual(runAll(world), [5, 6, 1, 2, 3, 4]);
  });

  test('who can no longer be answered in time makes room for who can', () => {
    const world = busyLane();
    world.lane.runTime.observe(1, 1000);
    world.submit(1, 1, 3000);
    world.submit(2, 1, 9000);
    world.clock.advance(2500);

    assert.deepEqual(runAll(world), [2]);
    assert.deepEqual(world.ends.get(1), ['deadline']);
  });

  test('where nobody can be answered in time they run all the same, to learn better', () => {
    const world = busyLane();
    world.submit(1, 1, 3000);
    world.submit(2, 1, 3000);
    world.lane.runTime.observe(1, 1e6);

    assert.deepEqual(runAll(world)[0], 1);
    assert.deepEqual(world.ends.get(1), ['ok']);
  });
});

suite('BatchLane: queue policies', () => {
  const policy = (more: object): WorldOptions => ({ batching: { default_queue_policy: more } });

  test('a timeout refuses who waits, while a run goes on; who runs is past it', () => {
    const world = busyLane({ timeoutUs: 5000 });
    world.submit(1);
    world.clock.advance(4999);
    world.turn();
    assert.equal(world.ends.size, 0);
    world.clock.advance(1);
    world.turn();
    assert.deepEqual([...world.ends], [[1, ['deadline']]]);
    world.clock.advance(60_000);

    assert.deepEqual(runAll(world), []);
    assert.deepEqual(world.ends.get(99), ['ok']);
  });

  test('a request may have a shorter timeout where the policy lets it, and no longer one', () => {
    const open = { default_timeout_microseconds: 5000, allow_timeout_override: true };
    for (const [more, timeoutUs, endUs] of [
      [open, 1000, 1000], [open, 9000, 5000], [{ ...open, allow_timeout_override: false }, 1000, 5000],
      [{ allow_timeout_override: true }, 2000, 2000],
    ] as const) {
      const world = busyLane(policy(more));
      world.submit(1, 1, Infinity, { timeoutUs });
      world.clock.advance(endUs - 1);
      world.turn();
      assert.equal(world.ends.size, 0);
      world.clock.advance(1);
      world.turn();
      assert.deepEqual([...world.ends], [[1, ['deadline']]]);
    }
  });

  test('with DELAY who has waited too long goes behind the others, and its deadline still holds', () => {
    const world = busyLane(policy({ timeout_action: 'DELAY', default_timeout_microseconds: 1000 }));
    world.submit(1);
    world.submit(2, 1, 3000);
    world.clock.advance(1500);
    world.turn();
    world.submit(3);
    world.clock.advance(1400);
    world.submit(4);
    assert.equal(world.ends.size, 0);
    world.clock.advance(100);
    world.turn();

    assert.deepEqual([...world.ends], [[2, ['deadline']]]);
    assert.deepEqual(runAll(world), [4, 1, 3]);
  });

  test('a level that is full refuses at the turn end, with a hint; the others take more', () => {
    const world = busyLane({
      batching: { ...LEVELS, priority_queue_policy: { 3: { max_queue_size: 2 } } },
    });
    for (const value of [1, 2, 3]) world.submit(value, 1, Infinity, { priority: 3 });
    for (const value of [4, 5, 6]) world.submit(value, 1, Infinity, { priority: 1 });
    world.turn();

    assert.deepEqual([...world.ends], [[3, ['overloaded']]]);
    assert.deepEqual([0, 1, 2].map((level) => world.lane.waitingJobs(level)), [3, 0, 2]);
  });

  test('each level has the timeout of its own policy', () => {
    const world = busyLane({
      batching: {
        ...LEVELS,
        default_queue_policy: { default_timeout_microseconds: 1000 },
        priority_queue_policy: { 1: { default_timeout_microseconds: 3000 } },
      },
    });
    world.submit(1, 1, Infinity, { priority: 1 });
    world.submit(2, 1, Infinity, { priority: 3 });
    world.clock.advance(2999);
    world.turn();
    assert.deepEqual([...world.ends], [[2, ['deadline']]]);
    world.clock.advance(1);
    world.turn();
    assert.deepEqual(world.ends.get(1), ['deadline']);
  });

  test('timeouts are told within a millisecond of due, however many and whatever runs', () => {
    const world = busyLane({ queueMax: 512 });
    const dueUs = new Map<number, number>();
    for (let value = 0; value < 200; value += 1) {
      const deadlineUs = 1000 + ((value * 7919) % 50_000);
      world.submit(value, 1, deadlineUs);
      dueUs.set(value, deadlineUs);
    }
    for (let nowUs = 500; nowUs <= 60_000; nowUs += 500) {
      world.clock.advance(500);
      world.turn();
      for (const [value, due] of dueUs) {
        assert.equal(world.ends.has(value), due <= nowUs, `${value}, due ${due}, at ${nowUs}`);
      }
    }
  });
});

suite('BatchLane: order of answers', () => {
  const ordered: WorldOptions = {
    rowsMax: 1, queueMax: 16, runsMax: 3, batching: { preserve_ordering: true },
  };
  const order = (world: LaneWorld): number[] => [...world.ends.keys()];

  test('answers wait for those before them; a failure does not', () => {
    const world = new LaneWorld(ordered);
    for (const value of [1, 2, 3]) world.submit(value);
    world.turn();
    const [first, second, third] = world.runner.running as [Run, Run, Run];
    world.runner.end(third);
    assert.deepEqual(order(world), []);
    world.runner.end(second, 'bad luck');
    assert.deepEqual(order(world), [2]);
    world.runner.end(first);

    assert.deepEqual([...world.ends], [[2, ['backend']], [1, ['ok']], [3, ['ok']]]);
    assert.equal(world.lane.freeSlots, world.slots);
  });

  test('nobody goes first for a deadline, and one that passes is told at once', () => {
    const world = new LaneWorld({ ...ordered, runsMax: 2 });
    world.submit(1);
    world.submit(2, 1, 5000);
    world.submit(3);
    world.submit(4, 1, 9000);
    world.turn();
    world.runner.end(world.runner.running[1] as Run);
    assert.deepEqual(order(world), [], '2 is done, and waits for 1');
    world.clock.advance(5000);
    assert.deepEqual([...world.ends], [[2, ['deadline']]]);
    world.runner.end(world.runner.running[0] as Run);
    runAll(world);

    assert.deepEqual(world.runner.starts, [[1], [2], [3], [4]]);
    assert.deepEqual(order(world), [2, 1, 3, 4]);
  });
});

suite('BatchLane: sizes of runs', () => {
  test('a preferred size leaves at once, what is over waits its time', () => {
    const world = new LaneWorld({
      rowsMax: 8, queueMax: 16, delayUs: 500, runsMax: 2, batching: { preferred_batch_size: [3] },
    });
    for (const value of [1, 2, 3, 4]) world.submit(value);
    world.turn();
    assert.deepEqual(world.runner.starts, [[1, 2, 3]]);
    world.clock.advance(500);

    assert.deepEqual(world.runner.starts, [[1, 2, 3], [4]]);
    assert.deepEqual(world.lane.stats.batches, { ...NONE, preferred: 1, delay: 1 });
  });

  test('a run of an allowed size is filled up with its last row, and answers each job once', () => {
    const world = new LaneWorld({
      rowsMax: 8, queueMax: 16, batching: { allowed_batch_size: [4, 8] },
    });
    for (const value of [1, 2, 3]) world.submit(value);
    world.turn();

    assert.deepEqual(world.runner.starts, [[1, 2, 3, 3]]);
    world.runner.end(world.runner.running[0] as Run);
    assert.deepEqual([...world.ends], [[1, ['ok']], [2, ['ok']], [3, ['ok']]]);
    assert.equal(world.lane.freeSlots, world.slots);
    const { rows, paddedRows, batchRows } = world.lane.stats;
    assert.deepEqual([rows, paddedRows, batchRows.sum], [3, 1, 3]);
  });

  test('a batch is cut down to an allowed size where two runs are faster, and says so', () => {
    const world = new LaneWorld({
      rowsMax: 8, queueMax: 16, batching: { allowed_batch_size: [1, 4, 8] },
    });
    for (const rows of [1, 8]) world.lane.runTime.observe(rows, 10 * rows);
    let reason: string | null = null;
    for (const value of [1, 2, 3, 4, 5]) {
      const job = world.submit(value);
      const settled = job?.onSettled;
      if (job) job.onSettled = (done, error) => {
        reason ??= `${done.batchReason} ${done.batchRows}`;
        settled?.(done, error);
      };
    }
    world.turn();
    runAll(world);

    assert.deepEqual(world.runner.starts, [[1, 2, 3, 4], [5]]);
    assert.equal(reason, 'bucket 4');
    assert.deepEqual(world.lane.stats.batches, { ...NONE, bucket: 1, idle: 1 });
  });
});

const NONE = { full: 0, preferred: 0, bucket: 0, deadline: 0, delay: 0, idle: 0 };
