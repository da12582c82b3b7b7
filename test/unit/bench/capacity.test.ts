import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { planReplicas, readForecast, usableRate } from '../../../bench/tune/capacity.ts';

const CURVE = [
  { rate: 100, us: 1000 }, { rate: 400, us: 40_000 }, { rate: 200, us: 2000 }, { rate: 300, us: 4000 },
];
const PLAIN = { burst: 1, imbalance: 1, headroom: 0, spare: 0 };

suite('Capacity from one measured curve', () => {
  test('the usable rate lies where latency crosses the objective, on a logarithmic line', () => {
    assert.deepEqual(usableRate(CURVE, 4000), { rate: 300, known: 'reached' });
    const { rate } = usableRate(CURVE, 4000 * Math.sqrt(10));
    assert.ok(Math.abs(rate - 350) < 1e-9, String(rate));
    assert.deepEqual(usableRate(CURVE, 500), { rate: 0, known: 'reached' });
    assert.deepEqual(usableRate(CURVE, 50_000), { rate: 400, known: 'beyond' });
  });

  test('a level that was never answered counts as one that missed', () => {
    const curve = [{ rate: 1, us: 10 }, { rate: 2, us: NaN }, { rate: 3, us: Infinity }];
    assert.deepEqual(usableRate(curve, 20), { rate: 1, known: 'reached' });
    assert.throws(() => usableRate([{ rate: 1, us: 1 }], 1), /two levels/);
  });

  test('servers are as many as the busiest of them can carry, and never none', () => {
    const forecast = [0, 99, 100, 101, 950].map((rate) => ({ time: '', rate }));
    const counts = (options: object) =>
      planReplicas(forecast, 100, { ...PLAIN, ...options }).map(({ replicas }) => replicas);
    assert.deepEqual(counts({}), [1, 1, 1, 2, 10]);
    assert.deepEqual(counts({ headroom: 0.5 }), [1, 2, 2, 3, 19]);
    assert.deepEqual(counts({ burst: 2 }), [1, 2, 2, 3, 19]);
    assert.deepEqual(counts({ imbalance: 1.5 }), [1, 1, 1, 2, 15]);
    assert.deepEqual(counts({ spare: 1 }), [2, 2, 2, 3, 11]);
    assert.equal(planReplicas(forecast, 100, PLAIN)[4]?.utilisation, 0.95);
  });

  test('a forecast is read by its columns, and a wrong one is told by its line', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vitrine-forecast-'));
    const file = (text: string) => {
      writeFileSync(join(folder, 'f.csv'), text);
      return join(folder, 'f.csv');
    };
    try {
      assert.deepEqual(await readForecast(file('rate,time\n5,"08:00"\n\n7.5,09:00\n')), [
        { time: '08:00', rate: 5 }, { time: '09:00', rate: 7.5 },
      ]);
      await assert.rejects(readForecast(file('time,rate\n')), /no steps/);
      for (const rate of ['', 'x', '-1', 'Infinity']) {
        await assert.rejects(readForecast(file(`time,rate\n1,2\n2,${rate}\n`)), /line 3.*rate/s, rate);
      }
      await assert.rejects(readForecast(file('hour\n1\n')), /rate/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
