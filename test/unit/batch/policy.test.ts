import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { admits, expectedUs, flush, TIMER_SLACK_US } from '../../../server/batch/policy.ts';

const LIMITS = { rowsMax: 8, delayUsMax: 0 };
const PATIENT = { rowsMax: 8, delayUsMax: 500 };
const waiting = (rows: number, oldestUs = 1000, deadlineUs = Infinity) =>
  ({ rows, oldestUs, deadlineUs });

suite('Batch policy: when a batch leaves', () => {
  test('nothing leaves where nothing waits, or no runner is free', () => {
    assert.equal(flush(waiting(0), 1, 0, 1000, LIMITS).waitUs, Infinity);
    assert.equal(flush(waiting(8), 0, 0, 1000, LIMITS).waitUs, Infinity);
    assert.equal(flush(waiting(8, 0, 0), 0, 0, 1000, PATIENT).waitUs, Infinity);
  });

  test('a full batch leaves at once; one row less does not count as full', () => {
    assert.deepEqual(flush(waiting(8), 1, 0, 1000, PATIENT), { waitUs: 0, reason: 'full' });
    assert.deepEqual(flush(waiting(9), 1, 0, 1000, PATIENT), { waitUs: 0, reason: 'full' });
    assert.equal(flush(waiting(7), 1, 0, 1000, PATIENT).waitUs, 500);
  });

  test('without a delay an idle runner takes a lone row at once', () => {
    assert.deepEqual(flush(waiting(1), 1, 0, 1000, LIMITS), { waitUs: 0, reason: 'idle' });
  });

  test('with a delay the oldest row waits for company until just then', () => {
    const at = (nowUs: number) => flush(waiting(1), 1, 0, nowUs, PATIENT);

    assert.deepEqual(at(1000), { waitUs: 500, reason: 'delay' });
    assert.deepEqual(at(1499), { waitUs: 1, reason: 'delay' });
    assert.deepEqual(at(1500), { waitUs: 0, reason: 'delay' });
    assert.deepEqual(at(9999), { waitUs: 0, reason: 'delay' });
  });

  test('a deadline less the run and the slack of timers comes before the delay', () => {
    const runUs = 300;
    const lastStart = 1200; // so the deadline leaves room for run and slack after this
    const at = (nowUs: number) =>
      flush(waiting(1, 1000, lastStart + runUs + TIMER_SLACK_US), 1, runUs, nowUs, PATIENT);

    assert.deepEqual(at(1000), { waitUs: 200, reason: 'deadline' });
    assert.deepEqual(at(1199), { waitUs: 1, reason: 'deadline' });
    assert.deepEqual(at(1200), { waitUs: 0, reason: 'deadline' });
  });

  test('a deadline farther off than the delay changes nothing', () => {
    const { waitUs, reason } = flush(waiting(1, 1000, 60_000), 1, 300, 1000, PATIENT);
    assert.deepEqual([waitUs, reason], [500, 'delay']);
  });
});

suite('Batch policy: who is let in', () => {
  const idle = { rowsAhead: 0, runs: 0, runsMax: 1 };
  const runUs = (rows: number) => 100 + 10 * rows;

  test('alone, a job is answered after its own run', () => {
    assert.equal(expectedUs(2, idle, 8, runUs), 120);
  });

  test('full batches ahead, and half of the run in flight, come first', () => {
    const busy = { rowsAhead: 16, runs: 1, runsMax: 1 };
    assert.equal(expectedUs(1, busy, 8, runUs), 2.5 * 180 + 180);
    assert.equal(expectedUs(1, { ...busy, runsMax: 2, runs: 2 }, 8, runUs), 2.5 * 90 + 180);
    assert.equal(expectedUs(1, { ...busy, runs: 0 }, 8, runUs), 2 * 180 + 180);
  });

  test('a job that fits beside those who wait shares their batch', () => {
    assert.equal(expectedUs(2, { ...idle, rowsAhead: 6 }, 8, runUs), 180);
    assert.equal(expectedUs(3, { ...idle, rowsAhead: 6 }, 8, runUs), 360);
  });

  test('a passed deadline is never let in, one that can be met is', () => {
    const busy = { ...idle, runs: 1 };
    assert.equal(admits(0, 0, idle), false);
    assert.equal(admits(-1, 0, idle), false);
    assert.equal(admits(500, 500, busy), true);
    assert.equal(admits(499, 500, busy), false);
  });

  test('an idle lane lets a job try, however slow it believes itself to be', () => {
    assert.equal(admits(1, 1e9, idle), true);
    assert.equal(admits(1, 1e9, { ...idle, rowsAhead: 1 }), false);
  });
});
