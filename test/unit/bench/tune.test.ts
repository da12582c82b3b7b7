import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { candidates, worthTrying } from '../../../bench/tune/candidates.ts';
import { runUs } from '../../../bench/tune/curve.ts';
import { type Ground, mostPerSecond, predictRate } from '../../../bench/tune/predict.ts';
import { configured, type Setting } from '../../../bench/tune/setting.ts';
import { choose } from '../../../bench/tune/tune.ts';

const POINTS = [
  { rows: 1, us: 400, p95Us: 500 },
  { rows: 8, us: 750, p95Us: 800 },
  { rows: 64, us: 3_550, p95Us: 3_700 },
];
const GROUND: Ground = { points: POINTS, cores: 4, requestUs: 3, hopUs: 12 };
const INLINE: Setting = {
  placement: 'inline', instances: 0, workers: 0, frontEnds: 1, maxBatch: 1, delayUs: 0,
};
const POOL: Setting = { ...INLINE, placement: 'pool', instances: 1, workers: 1 };

suite('Tuning: what is predicted from a batch curve', () => {
  test('between two measured sizes a run takes what the line between them says, and goes on so', () => {
    assert.equal(runUs(POINTS, 1), 400);
    assert.equal(runUs(POINTS, 4), 550);
    assert.equal(runUs(POINTS, 64), 3_550);
    assert.equal(runUs(POINTS, 128), 6_750);
    assert.equal(runUs([POINTS[0]!], 9), 400);
  });

  test('one by one on one thread, the rate is the one that the M/D/1 queue allows', () => {
    const ground: Ground = { points: [{ rows: 1, us: 1000, p95Us: 1000 }], cores: 2, requestUs: 0, hopUs: 0 };
    for (const [ms, share] of [[4, 0.9], [8, 0.99], [20, 0.99]] as const) {
      const rate = predictRate(INLINE, ground, { ms, share });
      const inTime = waitWithin(rate / 1000, ms - 1);
      // 18,000 requests of a queue are far from independent: a point of a percent is not to be had.
      assert.ok(Math.abs(Math.log((1 - inTime) / (1 - share))) < 0.5, `${rate}/s: ${inTime} within ${ms} ms`);
    }
  });

  test('a second instance on a core of its own nearly doubles what the pool can do', () => {
    const slo = { ms: 10, share: 0.99 };
    const one = predictRate(POOL, GROUND, slo);
    const two = predictRate({ ...POOL, instances: 2, workers: 2 }, GROUND, slo);
    assert.ok(two / one > 1.9 && two / one < 2.3, `${one} and ${two}`);
    const crowded = predictRate({ ...POOL, instances: 2, workers: 2 }, { ...GROUND, cores: 1 }, slo);
    assert.ok(crowded <= one, `${crowded} on one core`);
  });

  test('no setting is said to do more than full batches can', () => {
    for (const setting of [INLINE, POOL, { ...POOL, maxBatch: 64, delayUs: 2000 }, { ...INLINE, maxBatch: 8 }]) {
      const rate = predictRate(setting, GROUND, { ms: 1000, share: 0.99 });
      const most = mostPerSecond(setting, GROUND);
      assert.ok(rate <= most && rate > 0.9 * most, `${rate} of ${most}`);
    }
  });

  test('batches that are worth it are chosen, and none that the SLO has no time for', () => {
    const memory = { bytesMax: 1e9, instanceBytes: 1e6 };
    const loose = candidates(GROUND, { ms: 50, share: 0.99 }, memory);
    assert.equal(loose[0]?.setting.maxBatch, 64);
    const tight = candidates(GROUND, { ms: 2, share: 0.99 }, memory);
    assert.ok(tight.every(({ setting }) => setting.maxBatch <= 8));
    assert.ok((tight[0]?.predicted ?? 0) > 0);
    const impossible = candidates(GROUND, { ms: 0.1, share: 0.99 }, memory);
    assert.ok(impossible.every(({ predicted }) => predicted === 0));
  });

  test('the memory limit says how many instances there may be', () => {
    const found = candidates(GROUND, { ms: 50, share: 0.99 }, { bytesMax: 5e8, instanceBytes: 2e8 });
    assert.equal(Math.max(...found.map(({ setting }) => setting.instances)), 2);
  });

  test('each placement has its turn before a second batch size of one', () => {
    const memory = { bytesMax: 1e9, instanceBytes: 1e6 };
    const tried = worthTrying(candidates(GROUND, { ms: 20, share: 0.99 }, memory), 4);
    const families = tried.map(({ setting }) => `${setting.placement} ${setting.instances} ${setting.frontEnds}`);
    assert.equal(new Set(families).size, 4);
  });

  test('a setting goes into a config without touching the rest of it', () => {
    const config = {
      name: 'm', max_batch_size: 8,
      instance_group: [{ count: 2, rate_limiter: { priority: 2 } }],
      dynamic_batching: { preferred_batch_size: [4], max_queue_size: 99 },
      parameters: { missing: 'nan' },
    };
    assert.deepEqual(configured(config, { ...POOL, maxBatch: 64, delayUs: 500 }), {
      name: 'm', max_batch_size: 64,
      instance_group: [{ count: 1, rate_limiter: { priority: 2 } }],
      dynamic_batching: { max_queue_size: 99, max_queue_delay_microseconds: 500 },
      parameters: { missing: 'nan', placement: 'pool' },
    });
    assert.equal('max_batch_size' in configured({ name: 'm' }, POOL), false);
  });
});

suite('Tuning: what is chosen', () => {
  const MIB = 2 ** 20;
  const tried = (rates: number[], setting?: Setting, mib = 100) => ({
    rates, rate: rates.toSorted((a, b) => a - b)[Math.floor(rates.length / 2)] as number,
    residentBytes: mib * MIB, ...(setting && { setting }),
  });

  test('another setting is taken where it was faster in every trial, and by more than five percent', () => {
    const now = tried([100, 104, 102]);
    const faster = tried([120, 130, 125], POOL);
    assert.equal(choose([faster, now], 500 * MIB), faster);
    assert.equal(choose([tried([103, 130, 125], POOL), now], 500 * MIB), null, 'one trial was slower');
    assert.equal(choose([tried([105, 106, 107], POOL), now], 500 * MIB), null, 'hardly faster');
  });

  test('what needs more memory than there is is passed over, and what is set now too', () => {
    const now = tried([100, 100, 100]);
    const hungry = tried([300, 300, 300], POOL, 600);
    const modest = tried([200, 200, 200], INLINE);
    assert.equal(choose([hungry, modest, now], 500 * MIB), modest);
    const large = tried([100, 100, 100], undefined, 600);
    const small = tried([50, 50, 50], INLINE);
    assert.equal(choose([large, small], 500 * MIB), small);
    assert.equal(choose([tried([0, 0, 0], POOL), now], 500 * MIB), null);
  });
});

/** P(wait <= t) in the M/D/1 queue with service time 1 and load `rho` (Erlang 1909). */
function waitWithin(rho: number, t: number): number {
  let sum = 0;
  let factorial = 1;
  for (let k = 0; k <= Math.floor(t); k += 1) {
    if (k > 0) factorial *= k;
    sum += ((-rho * (t - k)) ** k / factorial) * Math.exp(rho * (t - k));
  }
  return (1 - rho) * sum;
}
