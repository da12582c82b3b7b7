import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Run } from '../../../server/batch/runner.ts';
import { Prng } from '../../../server/core/prng.ts';
import { LaneWorld } from '../../support/lane-world.ts';
import { type Arrival, type Outcome, PlainScheduler, type Plan } from '../../support/plain-scheduler.ts';

const SEEDS = 120;

/**
 * The whole scheduler over seeded days: calm and overload, many or no deadlines, levels, timeouts
 * of both kinds, jobs of several rows, runs that fail. `PlainScheduler` says with sorted lists and
 * no timers what should become of every job; the lane has to do the same, at the same moment.
 */
suite('Simulation of the scheduler', () => {
  test(`it does what the plain scheduler does over ${SEEDS} seeded days`, () => {
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const { plan, arrivals } = makeDay(seed);
      const { ends, starts } = runLane(plan, arrivals);
      const expected = new PlainScheduler(plan).run(arrivals);
      assert.deepEqual(starts, expected.starts, `seed ${seed}: what ran together, in what order`);
      assert.deepEqual(ends, expected.ends, `seed ${seed}: how each job ended, and when`);
    }
  });

  test('at twice what the lane can do, nearly all that runs is in time, and no run is wasted', () => {
    for (const seed of [1, 2, 3]) {
      const plan = { rowsMax: 8, queueMax: 4096, levels: 1, action: 'REJECT', timeoutUs: 0,
        baseUs: 2000 + 1 / 1024, rowUs: 1000, failEvery: 0 } as const;
      const fullUs = plan.baseUs + plan.rowUs * plan.rowsMax;
      const arrivals = poisson(new Prng(seed), fullUs / plan.rowsMax / 2, 4000, () => 50_000);
      const { ends, starts } = runLane(plan, arrivals);
      const inTime = ends.filter(({ end }) => end === 'ok').length;
      const admitted = ends.filter(({ atUs, value }) => atUs > (arrivals[value - 1] as Arrival).atUs + 1);
      const capacity = ((ends.at(-1) as Outcome).atUs / fullUs) * plan.rowsMax;

      assert.ok(inTime >= 0.95 * capacity, `${inTime} answers, capacity ${capacity}`);
      assert.ok(inTime >= 0.99 * admitted.length, `${inTime} of ${admitted.length} let in`);
      assert.equal(starts.flat().length, inTime, 'who runs is answered in time');
    }
  });

  test('with mixed deadlines at 1.5 times, twice as many are in time as first come, first served', () => {
    const plan = { rowsMax: 8, queueMax: 256, levels: 1, action: 'REJECT', timeoutUs: 0,
      baseUs: 2000 + 1 / 1024, rowUs: 1000, failEvery: 0 } as const;
    const fullUs = plan.baseUs + plan.rowUs * plan.rowsMax;
    const prng = new Prng(9);
    const arrivals = poisson(prng, fullUs / plan.rowsMax / 1.5, 4000, () =>
      prng.pick([25_000, 60_000, 250_000]));
    const inTime = runLane(plan, arrivals).ends.filter(({ end }) => end === 'ok').length;
    const fifo = firstComeFirstServed(plan, arrivals);

    assert.ok(inTime >= 2 * fifo, `${inTime} beside ${fifo}`);
  });
});

function makeDay(seed: number): { plan: Plan; arrivals: Arrival[] } {
  const prng = new Prng(seed);
  const plan: Plan = {
    rowsMax: 1 + prng.below(8),
    queueMax: 16 + prng.below(100),
    levels: prng.pick([1, 1, 3]),
    action: prng.pick(['REJECT', 'DELAY']),
    timeoutUs: prng.pick([0, 0, 20_000]),
    baseUs: 500 + prng.below(3000) + 1 / 1024, // hardly two moments are the same, and sums are exact
    rowUs: 100 + prng.below(500),
    failEvery: prng.pick([0, 0, 5]),
  };
  const perRowUs = (plan.baseUs + plan.rowUs * plan.rowsMax) / plan.rowsMax;
  const load = prng.pick([0.3, 0.9, 1.5, 3]);
  const hurried = prng.below(4); // of 3, who has a deadline
  const gapUs = (perRowUs / load) * ((plan.rowsMax + 1) / 2);
  const arrivals = poisson(prng, gapUs, 250, () =>
    prng.below(3) < hurried ? 1500 + prng.below(60_000) : Infinity, plan);
  return { plan, arrivals };
}

function poisson(
  prng: Prng, gapUs: number, count: number, deadlineUs: () => number, plan?: Plan,
): Arrival[] {
  let atUs = 0.5;
  return Array.from({ length: count }, (_, at) => {
    atUs += Math.ceil(-Math.log(1 - prng.float()) * gapUs) + 1;
    return {
      value: at + 1,
      atUs,
      rows: plan ? 1 + prng.below(plan.rowsMax) : 1,
      deadlineUs: deadlineUs(),
      level: plan ? prng.below(plan.levels) : 0,
    };
  });
}

/** Arrivals, timers and ends of runs in order of time; every arrival is a turn of its own. */
function runLane(plan: Plan, arrivals: readonly Arrival[]): { ends: Outcome[]; starts: number[][] } {
  const levels = plan.levels === 1 ? {} : { priority_levels: plan.levels, default_priority_level: 1 };
  const world = new LaneWorld({
    rowsMax: plan.rowsMax,
    queueMax: plan.queueMax,
    batching: {
      ...levels,
      default_queue_policy: {
        timeout_action: plan.action, default_timeout_microseconds: plan.timeoutUs,
      },
    },
  });
  const { lane, runner, clock } = world;
  for (const rows of [1, plan.rowsMax]) lane.runTime.observe(rows, plan.baseUs + plan.rowUs * rows);
  const ends: Outcome[] = [];
  const starts: number[][] = [];
  const due = [...arrivals];
  let runEndsUs = Infinity;
  const settle = (value: number, end: string): number =>
    ends.push({ value, end, atUs: Math.round(clock.nowUs()) });
  const look = (): void => {
    world.turn();
    world.turn(); // who is refused in a turn is told at the end of the next
    const [run] = runner.running as [Run | undefined];
    if (!run || runEndsUs < Infinity) return;
    const rows = runner.starts.at(-1) as number[];
    starts.push([...new Set(rows)]);
    runEndsUs = clock.nowUs() + plan.baseUs + plan.rowUs * run.rows;
  };
  while (due.length > 0 || runEndsUs < Infinity || lane.waitingRows > 0) {
    const next = due[0];
    const atUs = Math.min(next?.atUs ?? Infinity, runEndsUs);
    if (atUs === Infinity) break;
    advanceTo(world, atUs, look);
    if (atUs === runEndsUs) {
      runEndsUs = Infinity;
      const failed = plan.failEvery > 0 && starts.length % plan.failEvery === 0;
      runner.end(runner.running[0] as Run, failed ? 'bad luck' : '');
    } else if (next) {
      due.shift();
      const job = lane.take(next.rows);
      if (job) {
        world.fill(job, next.value);
        job.deadlineUs = next.atUs + next.deadlineUs;
        job.priority = next.level + 1;
        job.onSettled = (_, error) => void settle(next.value, error?.code ?? 'ok');
        lane.submit(job);
      } else {
        settle(next.value, 'overloaded');
      }
    }
    look();
  }
  return { ends: ends.sort((a, b) => a.value - b.value), starts };
}

/** Moves the clock, ending a turn after each of the lane's timers. */
function advanceTo({ clock }: LaneWorld, endUs: number, look: () => void): void {
  for (let nowUs = clock.nextUs; nowUs <= endUs; nowUs = clock.nextUs) {
    clock.advanceTo(nowUs);
    look();
  }
  clock.advanceTo(endUs);
}

/** How many are in time where a full queue refuses and nothing else is looked at. */
function firstComeFirstServed(plan: Plan, arrivals: readonly Arrival[]): number {
  let freeUs = 0;
  let inTime = 0;
  const queue: Arrival[] = [];
  const runUntil = (untilUs: number): void => {
    while (queue.length > 0) {
      const startUs = Math.max(freeUs, (queue[0] as Arrival).atUs);
      if (startUs >= untilUs) return;
      const batch = queue.splice(0, plan.rowsMax);
      freeUs = startUs + plan.baseUs + plan.rowUs * batch.length;
      inTime += batch.filter(({ atUs, deadlineUs }) => atUs + deadlineUs >= freeUs).length;
    }
  };
  for (const arrival of arrivals) {
    runUntil(arrival.atUs);
    if (queue.length < plan.queueMax) queue.push(arrival);
  }
  runUntil(Infinity);
  return inTime;
}
