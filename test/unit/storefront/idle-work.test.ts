import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { IdleWork, isBusy } from '../../../server/storefront/idle-work.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const LIMITS = { lookUs: 1000, requestsMax: 2, refineCount: 10, requestsOnceMax: 50 };

function setup(vectors = 25) {
  const clock = new FakeClock();
  const state = { requests: 0, changes: 0, kept: 0, refines: [] as number[] };
  const idle = new IdleWork({
    clock,
    requests: () => state.requests,
    changes: () => state.changes,
    vectors: () => vectors,
    refine: (count) => {
      state.refines.push(count);
      return count;
    },
    keep: async () => void (state.kept += 1),
  }, LIMITS);
  const look = async (requests = 0) => {
    state.requests += requests;
    clock.advance(LIMITS.lookUs);
    await new Promise(setImmediate);
  };
  return { clock, state, idle, look };
}

suite('Work for when nobody waits', () => {
  test('a change of the catalogue is followed by one round of refinement, in short steps', async () => {
    const { state, idle, look } = setup();
    await look();
    assert.deepEqual(state.refines, []);

    state.changes += 3;
    for (let i = 0; i < 6; i += 1) await look();

    assert.deepEqual(state.refines, [10, 10, 5]);
    assert.deepEqual(idle.counts, { steps: 3, refined: 25, postponed: 0 });
    assert.equal(idle.left, 0);
  });

  test('it stops under load and goes on after it', async () => {
    const { state, idle, look } = setup();
    state.changes += 1;
    await look();
    for (let i = 0; i < 4; i += 1) await look(3);
    assert.deepEqual([state.refines.length, idle.counts.postponed], [1, 4]);

    await look(2);

    assert.equal(state.refines.length, 2);
  });

  test('a change in the middle of a round begins it again', async () => {
    const { state, idle, look } = setup();
    state.changes += 1;
    for (let i = 0; i < 2; i += 1) await look();
    state.changes += 1;
    await look();

    assert.equal(idle.left, 15);
  });

  test('an index that has nothing to refine ends the round', async () => {
    const clock = new FakeClock();
    let changes = 0;
    const idle = new IdleWork({
      clock, requests: () => 0, changes: () => changes, vectors: () => 1e6, refine: () => 0,
      keep: async () => {},
    }, LIMITS);
    changes = 1;

    for (let i = 0; i < 5; i += 1) {
      clock.advance(LIMITS.lookUs);
      await new Promise(setImmediate);
    }

    assert.equal(idle.counts.steps, 1);
  });

  test('what is to be kept is kept without load, and now and then with it', async () => {
    const { state, look } = setup();
    await look();
    assert.equal(state.kept, 1);
    for (let i = 0; i < 5; i += 1) await look(9);
    assert.equal(state.kept, 1);
    await look(9);

    assert.equal(state.kept, 2);
  });

  test('once stopped it does nothing more', async () => {
    const { state, idle, clock, look } = setup();
    state.changes += 1;
    idle.stop();
    await look();

    assert.deepEqual(state.refines, []);
    assert.equal(clock.nextUs, Infinity);
  });

  test('a few requests are no load', () => {
    assert.equal(isBusy(2, LIMITS), false);
    assert.equal(isBusy(3, LIMITS), true);
  });
});
