import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Job } from '../../../server/batch/lane.ts';
import type { Run } from '../../../server/batch/runner.ts';
import { Prng } from '../../../server/core/prng.ts';
import { LaneWorld } from '../../support/lane-world.ts';

const SEEDS = 150;
const STEPS = 400;

/**
 * Arrivals of many sizes, cancels, deadlines, runs that end well, fail whole or for some rows, or
 * hang and are released later, all from one seed. The laws hold after every step.
 */
suite('Laws of a lane', () => {
  test('jobs settle once, with their own answer; no slot is lost; queues are bounded', async () => {
    for (let seed = 1; seed <= SEEDS; seed += 1) await walk(seed);
  });
});

async function walk(seed: number): Promise<void> {
  const prng = new Prng(seed);
  const rowsMax = 1 + prng.below(8);
  const queueMax = rowsMax + prng.below(24);
  const world = new LaneWorld({
    rowsMax, queueMax,
    runsMax: 1 + prng.below(3),
    delayUs: prng.pick([0, 0, 300, 2000]),
    inline: prng.below(4) === 0,
    batching: someBatching(prng, rowsMax),
  });
  const { lane, runner, clock } = world;
  const sizes = lane.config.dynamic_batching.allowed_batch_size;
  const allowedSize = (rows: number): boolean => sizes.length === 0 || sizes.includes(rows);
  const submitted: number[] = [];
  const open = new Map<number, Job>();
  const held: Run[] = [];
  const law = (holds: boolean, what: string): void => assert.ok(holds, `seed ${seed}: ${what}`);
  const endOne = (): void => {
    if (runner.running.length === 0) return;
    const run = prng.pick(runner.running);
    const luck = prng.below(7);
    if (luck === 6) {
      const rows = new Set(run.slots.subarray(0, run.rows)).size; // without those that fill it up
      const bad = Array.from({ length: rows }, (_, row) => row).filter(() => prng.below(3) === 0);
      const settled = new Set(world.ends.keys()); // a deadline may pass during the run
      const values = runner.endBut(run, bad);
      const faulty = new Set(bad.map((row) => values[row] as number));
      for (const value of values.filter((each) => !settled.has(each))) {
        const failed = world.ends.get(value)?.[0] === 'backend';
        law(failed === faulty.has(value), 'a failed row fails its own job, and no other');
      }
      return;
    }
    runner.end(run, luck < 2 ? 'bad luck' : '', luck === 0);
    if (luck === 0) held.push(run);
  };

  for (let step = 0; step < STEPS; step += 1) {
    switch (prng.below(8)) {
      case 0: case 1: case 2: {
        const deadline = prng.below(3) === 0 ? prng.below(4000) : Infinity;
        const urgency = { priority: prng.below(5), timeoutUs: prng.pick([0, 500]) };
        const job = world.submit(step + 1, 1 + prng.below(rowsMax), deadline, urgency);
        if (job) {
          submitted.push(step + 1);
          open.set(step + 1, job);
        }
        break;
      }
      case 3: world.turn(); break;
      case 4: clock.advance(prng.below(1500)); break;
      case 5: endOne(); break;
      case 6: {
        const [value, job] = [...open][prng.below(Math.max(1, open.size))] ?? [0, null];
        // A settled job belongs to the lane again: only an unsettled one may be touched.
        if (job && !world.ends.has(value)) {
          const gone = lane.cancel(job);
          law(gone === (world.ends.get(value)?.[0] === 'cancelled'), 'cancel says what it did');
        }
        break;
      }
      case 7: held.splice(0, 1)[0]?.released(); break;
    }
    for (const value of open.keys()) if (world.ends.has(value)) open.delete(value);
    law(runner.running.every((run) => allowedSize(run.rows)), 'a run has a size that none may have');
    law(lane.waitingRows <= queueMax, `${lane.waitingRows} rows wait, ${queueMax} may`);
    law([...world.ends.values()].every((ends) => ends.length === 1), 'a job settled twice');
    law(![...world.ends.values()].flat().includes('another answer'), 'a job got another answer');
  }

  const closed = lane.close(1);
  clock.advance(1000);
  world.turn();
  while (runner.running.length > 0) runner.end(runner.running[0] as Run);
  for (const run of held) run.released();
  world.turn();
  await closed;
  law(submitted.every((value) => world.ends.get(value)?.length === 1), 'a job never settled');
  law(lane.freeSlots === world.slots, `${world.slots - lane.freeSlots} slots are lost`);
  const answered = [...world.ends.values()].flat().filter((end) => end === 'ok').length;
  law(lane.stats.answered === answered, 'answers are counted');
  const { levels, batches, batchRows } = lane.stats;
  const counted = levels.reduce((sum, level) => sum + level.requestUs.count, 0);
  law(counted === answered, 'every answer is in the histogram of its level');
  law(Object.values(batches).reduce((sum, count) => sum + count) === batchRows.count,
    'every run left for a reason');
}

/** Levels or an order of answers, policies, and sizes: at random, or none of them. */
function someBatching(prng: Prng, rowsMax: number): object {
  const policy = (): object => ({
    timeout_action: prng.pick(['REJECT', 'DELAY']),
    default_timeout_microseconds: prng.pick([0, 0, 3000]),
    allow_timeout_override: prng.below(2) === 0,
    max_queue_size: prng.pick([0, 0, 5]),
  });
  const levels = prng.pick([0, 0, 1, 3]);
  return {
    preferred_batch_size: prng.pick([[], [1 + prng.below(rowsMax)]]),
    default_queue_policy: policy(),
    ...(levels > 0 && {
      priority_levels: levels, default_priority_level: levels, priority_queue_policy: { 1: policy() },
    }),
    ...(levels < 2 && { preserve_ordering: prng.below(3) === 0 }),
    ...(prng.below(3) === 0 && {
      allowed_batch_size: [1 + prng.below(rowsMax), rowsMax], preferred_batch_size: [],
    }),
  };
}
