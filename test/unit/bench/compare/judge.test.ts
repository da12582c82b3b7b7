import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { blockOf, quantile } from '../../../../bench/compare/block.ts';
import { JUDGED, judge, type Pair } from '../../../../bench/compare/judge.ts';
import { bounds, evidence } from '../../../../bench/compare/sign-flip.ts';
import { makeBlock, simulateCompare, type World } from '../../../../bench/compare/simulation.ts';
import type { Run } from '../../../../bench/lab/run.ts';
import { Prng } from '../../../../server/core/prng.ts';

const RULE = { alpha: 0.05, tolerance: 5, judged: JUDGED };

suite('Evidence from pairs of blocks', () => {
  test('is worth 1 in the mean over all signs of any sizes: no way of betting wins on coins', () => {
    const sizes = [0.3, 2, 2, 1e6, 0.001, 0.7, 5, 0.2];
    let sum = 0;
    for (let signs = 0; signs < 2 ** sizes.length; signs += 1) {
      sum += evidence(sizes.map((size, at) => (signs >> at) & 1 ? size : -size));
    }

    assert.ok(Math.abs(sum / 2 ** sizes.length - 1) < 1e-9);
  });

  test('grows past 20 in eight pairs that agree, and not in those without a difference', () => {
    assert.ok(evidence(Array(9).fill(0.1)) >= 20, String(evidence(Array(9).fill(0.1))));
    assert.ok(evidence(Array(5).fill(0.1)) < 20);
    assert.equal(evidence([0, NaN, 0]), 1);
  });

  test('bounds are open until something can be refuted, then close around the difference', () => {
    const prng = new Prng(5);
    const differences = Array.from({ length: 60 }, () => 0.1 + 0.03 * prng.normal());

    const few = bounds(differences.slice(0, 4), 0.05);
    const many = bounds(differences, 0.05);

    assert.deepEqual(few, { low: -Infinity, high: Infinity });
    assert.ok(many.low < 0.1 && many.high > 0.1, JSON.stringify(many));
    assert.ok(many.high - many.low < 0.045, JSON.stringify(many));
  });
});

/** 300 requests that follow each other closely are worth some sixteen: the worst case for a test. */
const WORLD: World = {
  slower: 1, tail: 0, requests: 300, slot: 0.03, pairsMax: 30, tolerance: 0,
};

suite('A comparison of two builds', () => {
  test('sees a difference where there is none in 5 % of comparisons at most, looking after every pair', () => {
    const runs = 250;
    const falseAlarms = count(runs, WORLD, 'different');

    assert.ok(falseAlarms <= 0.05 * runs, `${falseAlarms} of ${runs}`);
  });

  test('where a test that takes requests for independent sees one in most', () => {
    const alarms = Array.from({ length: 60 }, (_, seed) => naiveAlarm(seed)).filter(Boolean).length;

    assert.ok(alarms > 30, String(alarms));
  });

  test('finds latencies 10 % longer, soon; 5 % longer, nearly always', () => {
    const world = { ...WORLD, requests: 2000, slot: 0.01, pairsMax: 40, tolerance: 2 };
    const found = count(30, { ...world, slower: 1.1, pairsMax: 25 }, 'different');
    const small = count(30, { ...world, slower: 1.05 }, 'different');

    assert.ok(found === 30, String(found));
    assert.ok(small >= 26, String(small));
  });

  test('finds a tail that the median does not see', () => {
    const world = { ...WORLD, requests: 2000, slot: 0.01, tail: 0.02, pairsMax: 40 };

    assert.ok(count(20, world, 'different') >= 19);
  });

  test('says that there is no difference beyond the tolerance, and hardly ever where there is one', () => {
    const world = { ...WORLD, requests: 3000, slot: 0.005, pairsMax: 40, tolerance: 25 };
    const none = count(20, world, 'none beyond tolerance');
    const wrong = count(40, { ...world, slower: 1.3 }, 'none beyond tolerance');

    assert.ok(none >= 15, String(none));
    assert.ok(wrong <= 2, String(wrong));
  });

  test('names each figure with what it is on both sides, and the change with its bounds', () => {
    const prng = new Prng(3);
    const world = { ...WORLD, requests: 2500, slower: 1.2 };
    const pairs = Array.from({ length: 14 }, (): Pair =>
      [makeBlock(prng, 0, null, 2500), makeBlock(prng, 0, world, 2500)]);

    const { metrics, decision, evidence: all } = judge(pairs, RULE);

    const p50 = metrics.find(({ name }) => name === 'p50')!;
    assert.equal(decision, 'different');
    assert.ok(all >= 20 && p50.shown);
    assert.ok(p50.low < 20 && p50.high > 20 && p50.low > 5, JSON.stringify(p50));
    assert.deepEqual(metrics.filter(({ name }) => /CPU/.test(name)), []); // nobody told it
    assert.ok(metrics.some(({ name }) => name === 'p99.9'));
  });

  test('a rate that both keep to is no evidence, and within any tolerance', () => {
    const same = { latencies: Float64Array.of(1, 2, 3), answeredPerS: 100, failedShare: 0, cpuUs: 5 };

    const { metrics, decision } = judge([[same, same], [same, same]], RULE);

    assert.equal(decision, 'none beyond tolerance');
    assert.ok(metrics.every(({ evidence: one, low, high }) => one === 1 && low === 0 && high === 0));
  });
});

suite('A block', () => {
  test('leaves out what was due before, and counts what waited and was never answered', () => {
    const run: Run = {
      loop: 'open', startedAt: 0, seconds: 4, ended: 4,
      due: Float64Array.of(0, 1, 2, 3), sent: Float64Array.of(0, 1, 2, 3),
      done: Float64Array.of(0.5, 1.25, NaN, 3.5), outcome: Uint8Array.of(0, 0, 3, 0),
      kind: new Uint16Array(4),
      generator: {
        name: 'node', lagP99Us: 0, cpuSeconds: 0, busy: 0, checked: 0, wrong: 0, broken: 0, closed: 0,
      },
    };

    const { latencies, answeredPerS, failedShare, cpuUs } = blockOf(run, 1, 0.3);

    assert.deepEqual([...latencies], [0.25e6, 0.5e6, 2e6]);
    assert.equal(answeredPerS, 2 / 3);
    assert.equal(failedShare, 1 / 3);
    assert.ok(Math.abs(cpuUs - 1e5) < 1e-6); // of all three answers
    assert.equal(quantile(latencies, 0.5), 0.5e6);
  });
});

function count(runs: number, world: World, decision: string): number {
  return Array.from({ length: runs }, (_, seed) => simulateCompare(world, seed + 1))
    .filter((one) => one.decision === decision).length;
}

/** Kolmogorov-Smirnov over all requests of ten blocks of either side: p below 0.05? */
function naiveAlarm(seed: number): boolean {
  const prng = new Prng(seed + 1);
  const all = [0, 1].map(() => Float64Array.from(Array.from({ length: 10 }, () =>
    [...makeBlock(prng, 0.03 * prng.normal(), null, 300).latencies]).flat()).sort());
  const [a, b] = all as [Float64Array, Float64Array];
  let [most, at] = [0, 0];
  for (let i = 0; i < a.length; i += 1) {
    while (at < b.length && b[at]! <= a[i]!) at += 1;
    most = Math.max(most, Math.abs((i + 1) / a.length - at / b.length));
  }
  return most > 1.36 * Math.sqrt(2 / a.length);
}
