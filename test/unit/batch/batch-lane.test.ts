import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Run } from '../../../server/batch/runner.ts';
import { LaneWorld } from '../../support/lane-world.ts';

const NONE = { full: 0, preferred: 0, bucket: 0, deadline: 0, delay: 0, idle: 0 };

suite('BatchLane', () => {
  test('submissions of one turn leave together from its end', () => {
    const world = new LaneWorld();
    for (const value of [1, 2, 3]) world.submit(value);

    assert.equal(world.runner.running.length, 0);
    world.turn();
    assert.deepEqual(world.runner.running.map((run) => run.rows), [3]);
    world.runner.end(world.runner.running[0] as Run);

    assert.deepEqual([...world.ends], [[1, ['ok']], [2, ['ok']], [3, ['ok']]]);
    assert.deepEqual(world.lane.stats.batches, { ...NONE, idle: 1 });
    assert.equal(world.lane.freeSlots, world.slots);
  });

  test('a full batch leaves for a free worker inside submit, but settles later', () => {
    const world = new LaneWorld({ rowsMax: 2 });
    world.submit(1);
    world.submit(2);

    assert.deepEqual(world.runner.running.map((run) => run.rows), [2]);
    assert.equal(world.ends.size, 0);
    assert.equal(world.lane.stats.batches.full, 1);
  });

  test('an inline lane runs nothing inside submit, and everything at the end of the turn', () => {
    const world = new LaneWorld({ rowsMax: 2, inline: true });
    for (const value of [1, 2, 3, 4, 5]) world.submit(value);
    assert.equal(world.ends.size, 0);

    world.turn();

    assert.equal(world.ends.size, 5);
    assert.deepEqual(world.lane.stats.batches, { ...NONE, full: 2, idle: 1 });
  });

  test('what comes during a run leaves as soon as the run ends', () => {
    const world = new LaneWorld();
    world.submit(1);
    world.turn();
    for (const value of [2, 3]) world.submit(value);
    world.turn();
    assert.equal(world.runner.running.length, 1);

    world.runner.end(world.runner.running[0] as Run);

    assert.deepEqual(world.runner.running.map((run) => run.rows), [2]);
  });

  test('jobs of several rows are never split, and keep their place', () => {
    const world = new LaneWorld({ rowsMax: 4, queueMax: 16 });
    for (const [value, rows] of [[1, 3], [2, 3], [3, 1]] as const) world.submit(value, rows);
    world.turn();

    assert.deepEqual(world.runner.running.map((run) => run.rows), [3]);
    world.runner.end(world.runner.running[0] as Run);
    assert.deepEqual(world.runner.running.map((run) => run.rows), [4]);
    world.runner.end(world.runner.running[0] as Run);
    assert.deepEqual([...world.ends.values()].flat(), ['ok', 'ok', 'ok']);
  });

  test('a full queue gives no job; a job given back makes room', () => {
    const world = new LaneWorld({ rowsMax: 2, queueMax: 4 });
    const first = world.lane.take(2);
    assert.ok(first && world.lane.take(2));
    assert.equal(world.lane.take(1), null);

    world.lane.giveBack(first);

    assert.ok(world.lane.take(2));
    assert.equal(world.lane.stats.failed.overloaded, 1);
  });

  test('an inline lane that is full answers what waits and takes the job: a refusal costs more', () => {
    const world = new LaneWorld({ rowsMax: 2, queueMax: 4, inline: true });
    for (const value of [1, 2, 3, 4]) world.submit(value);
    assert.equal(world.ends.size, 0);

    const fifth = world.submit(5);

    assert.ok(fifth);
    assert.deepEqual([...world.ends.values()].flat(), ['ok', 'ok', 'ok', 'ok']);
    assert.equal(world.lane.stats.failed.overloaded, undefined);
    world.turn();
    assert.deepEqual(world.ends.get(5), ['ok']);
  });

  test('an inline lane that is asked runs what is full, and leaves the rest for the turn', () => {
    const world = new LaneWorld({ rowsMax: 2, inline: true });
    for (let value = 1; value <= 3; value += 1) {
      world.submit(value);
      world.lane.runFull();
    }

    assert.deepEqual(world.runner.starts, [[1, 2]]);
    assert.equal(world.lane.waitingRows, 1);
    world.turn();
    assert.deepEqual(world.runner.starts, [[1, 2], [3]]);
    assert.equal(world.lane.stats.batches.full, 1);

    const pooled = new LaneWorld({ rowsMax: 8 });
    pooled.submit(1);
    pooled.lane.runFull();
    assert.equal(pooled.lane.waitingRows, 1);
  });

  test('a lane on a pool makes no room before its time', () => {
    const world = new LaneWorld({ rowsMax: 2, queueMax: 2 });
    world.submit(1);
    assert.equal(world.lane.makeRoom(), false);

    assert.equal(world.lane.waitingRows, 1);
    assert.equal(world.ends.size, 0);
  });

  test('a deadline that the expected wait cannot meet is refused at the turn end', () => {
    const world = new LaneWorld({ rowsMax: 1 });
    world.lane.runTime.observe(1, 1000);
    world.submit(1, 1, 50); // an idle lane tries
    world.submit(2, 1, 1200); // behind a run of 1,000
    assert.deepEqual([...world.ends], []);
    world.turn();

    assert.deepEqual([...world.ends], [[2, ['deadline']]]);
  });

  test('what a busy lane would refuse is told so before its rows are read, and counted', () => {
    const world = busyWorld();
    const cases = [
      [0, 0], [100, 0], [2000, 0], [4000, 0], [5500, 0], [9000, 0], [1200, 1], [2000, 1],
    ] as const;

    const early = cases.map(([leftUs, priority]) =>
      world.lane.refuse(1, world.clock.nowUs() + leftUs, priority, 0)?.code ?? 'let in');
    const counted = world.lane.stats.failed.deadline;
    const late = cases.map(([leftUs, priority], at) => {
      const same = busyWorld();
      same.submit(100 + at, 1, leftUs, { priority });
      same.turn();
      return same.ends.get(100 + at)?.[0] ?? 'let in';
    });

    assert.deepEqual(early, late);
    assert.ok(early.includes('let in') && early.includes('deadline'));
    assert.equal(counted, early.filter((told) => told === 'deadline').length);
    assert.equal(world.lane.refuse(1, Infinity, 0, 0), null);
  });

  test('deadlines expire by timer while a run goes on, waiting and running alike', () => {
    const world = new LaneWorld({ rowsMax: 1 });
    world.submit(1, 1, 3000);
    world.turn();
    world.submit(2, 1, 2000);
    world.turn();

    world.clock.advance(1999);
    world.turn();
    assert.equal(world.ends.size, 0);
    world.clock.advance(1);
    world.turn();
    assert.deepEqual([...world.ends], [[2, ['deadline']]]);
    world.clock.advance(1000);
    assert.deepEqual(world.ends.get(1), ['deadline']);
    assert.equal(world.lane.freeSlots, world.slots - 1, 'the run still writes to its slot');

    world.runner.end(world.runner.running[0] as Run);
    assert.deepEqual(world.ends.get(1), ['deadline']);
    assert.equal(world.lane.freeSlots, world.slots);
  });

  test('with a queue delay a lone row waits for company, and no longer', () => {
    const world = new LaneWorld({ delayUs: 500 });
    world.submit(1);
    world.turn();
    world.clock.advance(499);
    assert.equal(world.runner.running.length, 0);
    world.clock.advance(1);

    assert.equal(world.runner.running.length, 1);
    assert.equal(world.lane.stats.batches.delay, 1);
  });

  test('a row with a near deadline does not wait for company', () => {
    const world = new LaneWorld({ delayUs: 50_000 });
    world.lane.runTime.observe(1, 2000);
    world.submit(1, 1, 10_000);
    world.turn();
    world.clock.advance(6999);
    assert.equal(world.runner.running.length, 0);
    world.clock.advance(1);

    assert.equal(world.runner.running.length, 1);
    assert.equal(world.lane.stats.batches.deadline, 1);
  });

  test('a waiting job can be cancelled, a running or settled one cannot', () => {
    const world = new LaneWorld({ rowsMax: 1 });
    const running = world.submit(1);
    world.turn();
    const waiting = world.submit(2);
    assert.ok(running && waiting);

    assert.equal(world.lane.cancel(waiting), true);
    assert.equal(world.lane.cancel(waiting), false);
    assert.equal(world.lane.cancel(running), false);

    assert.deepEqual([...world.ends], [[2, ['cancelled']]]);
  });

  test('a failed run fails its own jobs; slots of a hung one are held until released', () => {
    const world = new LaneWorld({ rowsMax: 2, queueMax: 4 });
    for (const value of [1, 2, 3]) world.submit(value);
    const [hung] = world.runner.running as [Run];
    world.runner.end(hung, 'the worker was lost', true);
    assert.equal(world.lane.freeSlots, world.slots - 3); // two held, one in the next run
    world.runner.end(world.runner.running[0] as Run);

    assert.deepEqual([...world.ends], [[1, ['backend']], [2, ['backend']], [3, ['ok']]]);
    assert.equal(world.lane.freeSlots, world.slots - 2);
    hung.released();
    assert.equal(world.lane.freeSlots, world.slots);
  });

  test('rows that failed fail the jobs that hold them; the others have their answers', () => {
    const world = new LaneWorld({ rowsMax: 8, queueMax: 16 });
    for (const [value, rows] of [[1, 2], [2, 1], [3, 3], [4, 1]] as const) {
      world.submit(value, rows);
    }
    world.turn();

    world.runner.endBut(world.runner.running[0] as Run, [2, 5]);

    assert.deepEqual([...world.ends], [[1, ['ok']], [2, ['backend']], [3, ['backend']], [4, ['ok']]]);
    assert.equal(world.lane.freeSlots, world.slots);
    assert.equal(world.lane.stats.failed.backend, 2);
  });

  test('a job that has settled before its run ends does not move the others\' rows', () => {
    const world = new LaneWorld({ rowsMax: 4 });
    world.submit(1, 2, 1000);
    world.submit(2);
    world.submit(3);
    world.turn();
    world.clock.advance(1000);

    world.runner.endBut(world.runner.running[0] as Run, [0, 2]);

    assert.deepEqual([...world.ends], [[1, ['deadline']], [2, ['backend']], [3, ['ok']]]);
  });

  test('a closing lane answers what it has and refuses what comes', async () => {
    const world = new LaneWorld({ rowsMax: 1 });
    const held = world.lane.take(1);
    assert.ok(held);
    world.fill(held, 9);
    for (const value of [1, 2, 3]) world.submit(value);
    world.turn();

    const closed = world.lane.close(1000);
    assert.equal(world.lane.take(1), null);
    world.lane.submit(held);
    world.turn();
    assert.deepEqual([...world.ends], [[9, ['draining']]]);
    world.runner.end(world.runner.running[0] as Run); // 2 starts
    world.clock.advance(1_000_000); // 3 has waited long enough
    world.turn();
    assert.equal(world.runner.closed, false);
    world.runner.end(world.runner.running[0] as Run);
    await closed;

    assert.deepEqual([...world.ends],
      [[9, ['draining']], [1, ['ok']], [3, ['draining']], [2, ['ok']]]);
    assert.equal(world.runner.closed, true);
  });

  test('a job used twice, or after it settled, is a defect that shows at once', () => {
    const world = new LaneWorld();
    const job = world.submit(1);
    assert.ok(job);

    assert.throws(() => world.lane.submit(job), /used after it settled, or twice/);
    assert.throws(() => world.lane.giveBack(job), /used after it settled, or twice/);
  });
});

/** Runs of two rows take 1 ms; one is under way, and six rows wait in the lower of two levels. */
function busyWorld(): LaneWorld {
  const batching = { priority_levels: 2, default_priority_level: 2 };
  const world = new LaneWorld({ rowsMax: 2, queueMax: 64, batching });
  world.lane.runTime.observe(2, 1000);
  for (let value = 0; value < 8; value += 1) world.submit(value, 1, 1_000_000);
  world.turn();
  return world;
}
