import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { BURSTS, burstRates, dayShape, schedule, type Arrivals } from '../../../bench/lab/schedule.ts';

/** Kolmogorov-Smirnov's distance times sqrt(n): above 1.63 once in a hundred where the law holds. */
function distance(sample: readonly number[], law: (x: number) => number): number {
  const sorted = [...sample].sort((a, b) => a - b);
  const n = sorted.length;
  const far = (x: number, i: number) => Math.max(Math.abs(law(x) - i / n), Math.abs(law(x) - (i + 1) / n));
  return sorted.reduce((most, x, i) => Math.max(most, far(x, i)), 0) * Math.sqrt(n);
}

const gapsOf = (times: ArrayLike<number>) =>
  Array.from(times, (time, i) => time - (i === 0 ? 0 : (times[i - 1] as number)));
const unit = (x: number) => 1 - Math.exp(-x);
const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

function varianceOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return meanOf(values.map((value) => (value - mean) ** 2));
}

suite('Schedules of arrivals', () => {
  test('every law is the same for a seed, ascends, stays in its seconds, and has its rate', () => {
    const laws: Arrivals[] = [
      { law: 'constant', rate: 100 },
      { law: 'poisson', rate: 100 },
      { law: 'gamma', rate: 100, variation: 2 },
      { law: 'bursty', rate: 100, ...BURSTS },
      { law: 'diurnal', rate: 100, daySeconds: 100 },
      { law: 'diurnal', rate: 100, daySeconds: 50, profile: [0, 1, 5, 2] },
    ];
    for (const law of laws) {
      const times = schedule(law, 400, 7);

      assert.deepEqual(schedule(law, 400, 7), times);
      assert.ok(times.every((time, i) => time >= (times[i - 1] ?? 0) && time < 400), law.law);
      assert.ok(Math.abs(times.length / 400 / 100 - 1) < 0.06, `${law.law}: ${times.length}`);
    }
  });

  test('constant arrivals are a gap apart, to the last', () => {
    const times = schedule({ law: 'constant', rate: 3 }, 1e5, 1);

    assert.equal(times.length, 300_000);
    assert.equal(times[299_999], 299_999 / 3);
  });

  test('Poisson arrivals have exponential gaps that know nothing of each other', () => {
    const gaps = gapsOf(schedule({ law: 'poisson', rate: 50 }, 1000, 3)).map((gap) => gap * 50);

    assert.ok(distance(gaps, unit) < 1.63, String(distance(gaps, unit)));
    const next = gaps.slice(1).map((gap, i) => (gap - 1) * ((gaps[i] as number) - 1));
    assert.ok(Math.abs(meanOf(next)) < 3 / Math.sqrt(gaps.length), String(meanOf(next)));
  });

  test('gamma arrivals have the variation that was asked for', () => {
    for (const variation of [0.5, 1, 3]) {
      const gaps = gapsOf(schedule({ law: 'gamma', rate: 50, variation }, 2000, 5));
      const found = Math.sqrt(varianceOf(gaps)) / meanOf(gaps);

      assert.ok(Math.abs(found / variation - 1) < 0.03, `${variation}: ${found}`);
    }
    const gaps = gapsOf(schedule({ law: 'gamma', rate: 50, variation: 1 }, 1000, 5)).map((gap) => gap * 50);
    assert.ok(distance(gaps, unit) < 1.63); // at 1 it is Poisson
  });

  test('bursty arrivals vary over windows as the process of two states does', () => {
    const [rate, seconds, window] = [10, 20_000, 5];
    const times = schedule({ law: 'bursty', rate, ...BURSTS }, seconds, 11);
    const counts = Array.from({ length: seconds / window }, () => 0);
    for (const time of times) counts[Math.floor(time / window)]! += 1;

    // Index of dispersion of counts of a two-state MMPP (Heffes and Lucantoni 1986).
    const { high, low, calmSeconds } = burstRates(rate, BURSTS);
    const turns = 1 / BURSTS.burstSeconds + 1 / calmSeconds;
    const most = (2 * BURSTS.burstShare * (1 - BURSTS.burstShare) * (high - low) ** 2) / (turns * rate);
    const wanted = 1 + most * (1 - (1 - Math.exp(-turns * window)) / (turns * window));
    const found = varianceOf(counts) / meanOf(counts);
    assert.ok(Math.abs(found / wanted - 1) < 0.1, `${found}, not ${wanted}`);
    assert.ok(distance(gapsOf(times).map((gap) => gap * rate), unit) > 5); // and is not Poisson
  });

  test('diurnal arrivals are Poisson once the clock runs as fast as the day asks', () => {
    const [rate, daySeconds, swing] = [20, 500, 0.8];
    const times = schedule({ law: 'diurnal', rate, daySeconds, swing }, 2000, 13);
    const turn = (2 * Math.PI) / daySeconds;
    const passed = Array.from(times, (t) => rate * (t - (swing / turn) * Math.sin(turn * t)));

    assert.ok(distance(gapsOf(passed), unit) < 1.63);
  });

  test('a profile of a day has its weights at their hours, and straight lines between', () => {
    const shape = dayShape({ daySeconds: 24, profile: [1, 3] });

    assert.deepEqual([0, 6, 12, 18, 24, 30].map(shape.at), [0.5, 1, 1.5, 1, 0.5, 1]);
    assert.equal(shape.most, 1.5);
  });

  test('a trace is replayed at any speed, from its first request on', () => {
    const times = [107, 103, 100, 120];

    assert.deepEqual([...schedule({ law: 'trace', times, speed: 1 }, 15, 1)], [0, 3, 7]);
    assert.deepEqual([...schedule({ law: 'trace', times, speed: 10 }, 15, 1)], [0, 0.3, 0.7, 2]);
  });

  test('given gaps come round again', () => {
    assert.deepEqual([...schedule({ law: 'intervals', gaps: [1, 2] }, 6, 1)], [1, 3, 4]);
  });

  test('what is no schedule is refused in a line', () => {
    const wrong: Arrivals[] = [
      { law: 'poisson', rate: 0 }, { law: 'constant', rate: NaN }, { law: 'intervals', gaps: [0] },
      { law: 'intervals', gaps: [] }, { law: 'trace', times: [], speed: 1 },
      { law: 'trace', times: [1], speed: -1 }, { law: 'trace', times: [NaN], speed: 1 },
      { law: 'bursty', rate: 1, height: 4, burstSeconds: 1, burstShare: 0.5 },
      { law: 'diurnal', rate: 1, daySeconds: 10, profile: [] },
      { law: 'diurnal', rate: 1, daySeconds: 10, profile: [0, 0] },
    ];
    for (const arrivals of wrong) {
      assert.throws(() => schedule(arrivals, 10, 1), { name: 'LoadProblem' }, JSON.stringify(arrivals));
    }
  });
});
