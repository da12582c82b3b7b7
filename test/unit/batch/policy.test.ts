import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  admits, bucketRows, expectedUs, flush, orderUs, paddedRows, PATIENCE_US, TIMER_SLACK_US, verdict,
} from '../../../server/batch/policy.ts';

const LIMITS = { rowsMax: 8, delayUsMax: 0, preferred: [], allowed: [] };
const PATIENT = { ...LIMITS, delayUsMax: 500 };
const none = () => 0;
const waiting = (rows: number, oldestUs = 1000, deadlineUs = Infinity) =>
  ({ rows, oldestUs, deadlineUs });

suite('Batch policy: when a batch leaves', () => {
  test('nothing leaves where nothing waits, or no runner is free', () => {
    assert.equal(flush(waiting(0), 1, none, 1000, LIMITS).waitUs, Infinity);
    assert.equal(flush(waiting(8), 0, none, 1000, LIMITS).waitUs, Infinity);
    assert.equal(flush(waiting(8, 0, 0), 0, none, 1000, PATIENT).waitUs, Infinity);
  });

  test('a full batch leaves at once; one row less does not count as full', () => {
    assert.deepEqual(flush(waiting(8), 1, none, 1000, PATIENT), { waitUs: 0, reason: 'full', rows: 8 });
    assert.deepEqual(flush(waiting(9), 1, none, 1000, PATIENT), { waitUs: 0, reason: 'full', rows: 8 });
    assert.equal(flush(waiting(7), 1, none, 1000, PATIENT).waitUs, 500);
  });

  test('without a delay an idle runner takes a lone row at once', () => {
    assert.deepEqual(flush(waiting(1), 1, none, 1000, LIMITS), { waitUs: 0, reason: 'idle', rows: 1 });
  });

  test('with a delay the oldest row waits for company until just then', () => {
    const at = (nowUs: number) => flush(waiting(1), 1, none, nowUs, PATIENT);

    assert.deepEqual(at(1000), { waitUs: 500, reason: 'delay', rows: 1 });
    assert.deepEqual(at(1499), { waitUs: 1, reason: 'delay', rows: 1 });
    assert.deepEqual(at(1500), { waitUs: 0, reason: 'delay', rows: 1 });
    assert.deepEqual(at(9999), { waitUs: 0, reason: 'delay', rows: 1 });
  });

  test('a deadline less the run and the slack of timers comes before the delay', () => {
    const runUs = 300;
    const lastStart = 1200; // so the deadline leaves room for run and slack after this
    const at = (nowUs: number) =>
      flush(waiting(1, 1000, lastStart + runUs + TIMER_SLACK_US), 1, () => runUs, nowUs, PATIENT);

    assert.deepEqual(at(1000), { waitUs: 200, reason: 'deadline', rows: 1 });
    assert.deepEqual(at(1199), { waitUs: 1, reason: 'deadline', rows: 1 });
    assert.deepEqual(at(1200), { waitUs: 0, reason: 'deadline', rows: 1 });
  });

  test('a deadline farther off than the delay changes nothing', () => {
    const { waitUs, reason } = flush(waiting(1, 1000, 60_000), 1, () => 300, 1000, PATIENT);
    assert.deepEqual([waitUs, reason], [500, 'delay']);
  });
});

suite('Batch policy: who is let in', () => {
  const idle = { rowsAhead: 0, runs: 0, runsMax: 1 };
  const runUs = (rows: number) => 100 + 10 * rows;
  const MARGIN = 1 + 1 / 8;

  test('alone, a job is answered after its own run', () => {
    assert.equal(expectedUs(2, idle, 8, runUs), 120);
  });

  test('full batches ahead, and half of the run in flight, come first', () => {
    const busy = { rowsAhead: 16, runs: 1, runsMax: 1 };
    assert.equal(expectedUs(1, busy, 8, runUs), 2.5 * 180 * MARGIN + 180);
    assert.equal(expectedUs(1, { ...busy, runsMax: 2, runs: 2 }, 8, runUs), 2.5 * 90 * MARGIN + 180);
    assert.equal(expectedUs(1, { ...busy, runs: 0 }, 8, runUs), 2 * 180 * MARGIN + 180);
  });

  test('a job that fits beside those who wait shares their batch', () => {
    assert.equal(expectedUs(2, { ...idle, rowsAhead: 6 }, 8, runUs), 180);
    assert.equal(expectedUs(3, { ...idle, rowsAhead: 6 }, 8, runUs), 180 * MARGIN + 180);
  });

  test('a passed deadline is never let in, one that can be met is', () => {
    const busy = { ...idle, runs: 1 };
    assert.equal(admits(0, 0, 0, idle), false);
    assert.equal(admits(-1, 0, 0, idle), false);
    assert.equal(admits(500, 500, 0, busy), true);
    assert.equal(admits(499, 500, 0, busy), false);
    assert.equal(admits(500, 500, 1, busy), false, 'runs vary');
  });

  test('an idle lane lets a job try, however slow it believes itself to be', () => {
    assert.equal(admits(1, 1e9, 0, idle), true);
    assert.equal(admits(1, 1e9, 0, { ...idle, rowsAhead: 1 }), false);
  });
});

suite('Batch policy: sizes', () => {
  const runUs = (rows: number) => 100 + 10 * rows;

  test('the largest preferred size that is there leaves at once, and no row more', () => {
    const limits = { ...PATIENT, preferred: [2, 5] };
    const at = (rows: number) => flush(waiting(rows), 1, none, 1000, limits);

    assert.equal(at(1).waitUs, 500);
    for (const rows of [2, 3, 4]) assert.deepEqual(at(rows), { waitUs: 0, reason: 'preferred', rows: 2 });
    for (const rows of [5, 8, 100]) assert.deepEqual(at(rows), { waitUs: 0, reason: 'preferred', rows: 5 });
    const full = flush(waiting(8), 1, none, 1000, { ...limits, preferred: [2, 8] });
    assert.deepEqual(full, { waitUs: 0, reason: 'full', rows: 8 });
  });

  test('a run is of the next allowed size, or as it is where all are', () => {
    const sizes = [1, 4, 8];
    const padded = [1, 2, 3, 4, 5, 6, 7, 8].map((rows) => paddedRows(rows, sizes));
    assert.deepEqual(padded, [1, 4, 4, 4, 8, 8, 8, 8]);
    assert.equal(paddedRows(3, []), 3);
  });

  test('rows between two sizes are cut down where two runs take less time than a larger one', () => {
    const cheapStart = (rows: number) => 1 + 10 * rows;
    const dearStart = (rows: number) => 1000 + 10 * rows;
    assert.equal(bucketRows(17, [1, 16, 64], cheapStart), 16); // 161 + 11 < 641
    assert.equal(bucketRows(17, [1, 16, 64], dearStart), 17); // 1640 < 1160 + 1010
    assert.equal(bucketRows(16, [1, 16, 64], cheapStart), 16);
    assert.equal(bucketRows(3, [4, 8], cheapStart), 3, 'there is no size below');
    assert.equal(bucketRows(3, [], cheapStart), 3);
    const flushed = flush(waiting(17), 1, cheapStart, 0, { ...LIMITS, rowsMax: 64, allowed: [1, 16, 64] });
    assert.deepEqual(flushed, { waitUs: 0, reason: 'bucket', rows: 16 });
  });

  test('over all small cases: what leaves is there, fits a run, and never waits beyond its time', () => {
    const bits = (set: number) => [1, 2, 3, 4].filter((size) => (set >> (size - 1)) & 1);
    for (let rows = 0; rows <= 6; rows += 1) {
      for (let set = 0; set < 256; set += 1) {
        const preferred = bits(set & 15);
        const allowed = set >> 4 === 0 ? [] : [...new Set([...bits(set >> 4), 4])];
        for (const [delayUsMax, free, deadlineUs] of [
          [0, 1, Infinity], [500, 1, Infinity], [500, 1, 1800], [500, 0, 1800],
        ] as const) {
          const limits = { rowsMax: 4, delayUsMax, preferred, allowed };
          const { waitUs, reason, rows: taken } =
            flush({ rows, oldestUs: 900, deadlineUs }, free, runUs, 1000, limits);
          const what = JSON.stringify({ rows, free, deadlineUs, limits, waitUs, reason, taken });
          if (rows === 0 || free === 0) {
            assert.equal(waitUs, Infinity, what);
            continue;
          }
          assert.ok(taken >= 1 && taken <= Math.min(rows, 4), what);
          assert.ok(waitUs <= Math.max(0, 900 + delayUsMax - 1000), what);
          if (deadlineUs < Infinity) assert.equal(waitUs, 0, what);
          if (rows >= 4 || delayUsMax === 0) assert.equal(waitUs, 0, what);
          if (waitUs > 0) assert.ok(preferred.every((size) => size > rows), what);
          if (reason === 'preferred') assert.ok(preferred.includes(taken), what);
          if (reason === 'bucket') assert.ok(allowed.includes(taken) && taken < rows, what);
        }
      }
    }
  });
});

suite('Batch policy: whose turn it is', () => {
  test('a nearer limit goes first; without one a job has the place of one that is far off', () => {
    assert.equal(orderUs(10, 500), 500);
    assert.equal(orderUs(10, Infinity), 10 + PATIENCE_US);
    assert.equal(orderUs(10, 10 + 5 * PATIENCE_US), 10 + PATIENCE_US);
  });

  test('what becomes of a job whose turn has come, at every edge', () => {
    assert.equal(verdict(100, Infinity, 100, 100), 'late');
    assert.equal(verdict(101, Infinity, 100, 101), 'run');
    assert.equal(verdict(101, Infinity, 100, 102), 'hopeless');
    assert.equal(verdict(Infinity, 100, 100, 1e9), 'overdue');
    assert.equal(verdict(Infinity, 101, 100, 1e9), 'run', 'a timeout ends with the start');
    assert.equal(verdict(100, 50, 100, 100), 'late');
  });
});
