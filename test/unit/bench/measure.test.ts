import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { measure } from '../../../bench/lab/measure.ts';
import { OUTCOMES, type Outcome, type Run } from '../../../bench/lab/run.ts';
import { warmSlices } from '../../../bench/lab/warm-up.ts';
import { Prng } from '../../../server/core/prng.ts';

interface Row {
  readonly due: number;
  readonly took?: number;
  readonly waits?: number;
  readonly outcome?: Outcome;
  readonly kind?: number;
}

/** A run of such rows: `waits` seconds before it is sent, then `took`. */
function runOf(rows: readonly Row[], seconds: number, more: Partial<Run> = {}): Run {
  const out = (row: Row) => row.outcome === 'held' ? NaN : row.due + (row.waits ?? 0);
  return {
    loop: 'open',
    startedAt: 0,
    seconds,
    ended: seconds + 5,
    due: Float64Array.from(rows, ({ due }) => due),
    sent: Float64Array.from(rows, out),
    done: Float64Array.from(rows, (row) => out(row) + (row.took ?? NaN)),
    outcome: Uint8Array.from(rows, ({ outcome = 'answered' }) => OUTCOMES.indexOf(outcome)),
    kind: Uint16Array.from(rows, ({ kind = 0 }) => kind),
    generator: { name: 'node', lagP99Us: 0, cpuSeconds: 0, busy: 0, checked: 0, wrong: 0, broken: 0, closed: 0 },
    ...more,
  };
}

/** `rate` requests a second, each of which takes what `tookOf` says of its time. */
const steady = (seconds: number, rate: number, tookOf: (due: number) => number): Row[] =>
  Array.from({ length: seconds * rate }, (_, i) => ({ due: i / rate, took: tookOf(i / rate) }));

const near = (found: number, wanted: number, share = 0.002) =>
  assert.ok(Math.abs(found - wanted) <= wanted * share, `${found}, not ${wanted}`);

suite('A run, measured', () => {
  test('percentiles are those of the sorted latencies, to a part in a thousand, on both clocks', () => {
    const prng = new Prng(3);
    const rows = steady(100, 1000, () => 0.001 * Math.exp(prng.normal())).map((row) => ({ ...row, waits: 0.002 }));
    const found = measure(runOf(rows, 100), { warmUpSeconds: 0 });

    const us = rows.map(({ took }) => (took as number) * 1e6).sort((a, b) => a - b);
    const at = (share: number) => us[Math.ceil(share * us.length) - 1] as number;
    const shares = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99, p999: 0.999, p9999: 0.9999 } as const;
    for (const [name, share] of Object.entries(shares) as [keyof typeof shares, number][]) {
      near(found.fromSent[name], at(share));
      near(found.fromDue[name], at(share) + 2000);
    }
    near(found.fromSent.max, us.at(-1) as number, 1e-6);
    near(found.fromSent.min, us[0] as number, 1e-6);
    near(found.fromSent.mean, us.reduce((sum, value) => sum + value, 0) / us.length, 1e-6);
  });

  test('what was never answered has waited until the end; what was refused has no latency', () => {
    const rows: Row[] = [
      { due: 0, took: 0.01 }, { due: 1, outcome: 'unanswered' }, { due: 2, took: 0.001, outcome: 'shed' },
      { due: 3, took: 0.001, outcome: 'failed' }, { due: 4, outcome: 'held' },
    ];
    const found = measure(runOf(rows, 10), { warmUpSeconds: 0, sloUs: 20_000, sloShare: 0.5 });

    assert.deepEqual(found.counts, { answered: 1, shed: 1, failed: 1, unanswered: 1, held: 1 });
    assert.equal(found.fromDue.count, 2);
    near(found.fromDue.max, 14e6);
    near(found.goodput?.within ?? NaN, 0.2); // of all that was due
    assert.equal(found.goodput?.met, false);
    near(found.goodput?.goodPerS ?? NaN, 0.1);
  });

  test('answers count in the rate when they come, and in latency when they were due', () => {
    const rows = [{ due: 1, took: 3 }, { due: 5, took: 1 }, { due: 9, took: 2 }];
    const found = measure(runOf(rows, 10), { warmUpSeconds: 3 });

    near(found.answeredPerS, 2 / 7); // the one from before 3 s came after it; the last came too late
    assert.equal(found.offered, 2);
  });

  test('each kind of request has its own figures', () => {
    const rows = steady(10, 100, () => 0.001)
      .map((row, i) => ({ ...row, kind: i % 2, took: 0.001 * (1 + (i % 2)) }));
    const { kinds } = measure(runOf(rows, 10), { warmUpSeconds: 0, sloUs: 1500 });

    assert.deepEqual(kinds.map(({ kind, offered }) => [kind, offered]), [[0, 500], [1, 500]]);
    near(kinds[0]?.fromDue.p50 ?? NaN, 1000);
    near(kinds[1]?.fromDue.p50 ?? NaN, 2000);
    assert.deepEqual(kinds.map(({ goodput }) => goodput?.within), [1, 0]);
  });

  test('the warm-up ends where the level begins that the second half has', () => {
    const prng = new Prng(5);
    const slow = (due: number) => (due < 4 ? 0.02 * Math.exp(-due / 2) : 0);
    const rows = steady(20, 500, (due) => 0.002 * (1 + 0.2 * prng.float()) + slow(due));
    const found = measure(runOf(rows, 20));

    assert.equal(found.warmUp.method, 'change-point');
    assert.ok(found.warmUp.settled);
    assert.ok(found.from >= 3 && found.from <= 6, String(found.from));
    assert.ok(found.fromDue.max < 6000, String(found.fromDue.max));
  });

  test('a stall after a steady beginning is no warm-up, wherever it is', () => {
    for (const stall of [1, 5, 12, 18]) {
      const took = (due: number) => (due >= stall && due < stall + 1 ? stall + 1 - due : 0.001);
      const found = measure(runOf(steady(20, 500, took), 20));

      assert.equal(found.from, 0, `a stall at ${stall}`);
      near(found.fromDue.max, 1e6, 0.01);
    }
  });

  test('a latency that never settles is said to, and nothing is left out', () => {
    const found = measure(runOf(steady(20, 500, (due) => 0.001 + due / 5), 20));

    assert.equal(found.warmUp.settled, false);
    assert.equal(found.from, 0);
    assert.equal(found.stability.stable, false);
  });

  test('one level, however noisy, has no warm-up; too few slices tell of none', () => {
    for (let seed = 0; seed < 50; seed += 1) {
      const prng = new Prng(seed);
      assert.equal(warmSlices(Array.from({ length: 100 }, () => Math.exp(0.3 * prng.normal()))), 0, `seed ${seed}`);
    }
    assert.equal(warmSlices([100, 1, 1, 1]), 0);
  });

  test('the last three windows say whether it is stable, in rate and in latency', () => {
    const even = measure(runOf(steady(20, 500, () => 0.001), 20), { windowSeconds: 2 });
    const slow = steady(20, 500, (due) => (due < 18 ? 0.001 : 0.0015));
    const slower = measure(runOf(slow, 20), { windowSeconds: 2 });
    const thin = steady(20, 500, () => 0.001).filter(({ due }, i) => due < 18 || i % 2 === 0);
    const thinner = measure(runOf(thin, 20), { windowSeconds: 2 });

    assert.ok(even.stability.stable, JSON.stringify(even.stability));
    assert.ok(!slower.stability.stable && slower.stability.latencyPercent > 40);
    assert.ok(!thinner.stability.stable && thinner.stability.throughputPercent > 90);
  });

  test('a generator that lagged is told', () => {
    const run = runOf(steady(2, 100, () => 0.001), 2);

    assert.equal(measure(run).late, false);
    assert.equal(measure({ ...run, generator: { ...run.generator, lagP99Us: 1001 } }).late, true);
  });

  test('a run of a few requests, of one, or of none at all is measured', () => {
    for (const count of [0, 1, 3, 19, 20, 21]) {
      for (const seconds of [1, 0]) {
        const rows = Array.from({ length: count }, () => ({ due: 0, took: 0.001 }));
        const found = measure(runOf(rows, seconds), { sloUs: 2000 });

        assert.deepEqual([found.offered, found.counts.answered], [count, count]);
        assert.equal(found.stability.stable, false);
      }
    }
  });

  test('a run in which nothing was answered has counts and no latency', () => {
    const found = measure(runOf([{ due: 0, outcome: 'failed', took: 0.001 }], 1), { sloUs: 1 });

    assert.equal(found.counts.failed, 1);
    assert.ok(Number.isNaN(found.fromDue.p50) && Number.isNaN(found.fromDue.max));
    assert.equal(found.goodput?.met, false);
  });
});
