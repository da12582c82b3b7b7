import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { highestLoad, queriesFor, type Probe } from '../../../bench/lab/search.ts';

const server = (capacity: number) => (load: number): Promise<Probe> =>
  Promise.resolve({ met: load <= capacity, within: load <= capacity ? 0.999 : 0.5 });

suite('The search for the highest load', () => {
  test('comes within its precision of what the server can do, from below', async () => {
    for (const capacity of [100, 101, 777, 12_345, 99_000]) {
      const { rate, tried } = await highestLoad(server(capacity), { low: 100, high: 100_000 });

      assert.ok(rate <= capacity && rate > capacity / 1.0201, `${capacity}: ${rate}`);
      assert.ok(tried.length < 30, String(tried.length));
      assert.ok(tried.every(({ rate: load }) => load <= 2 * capacity), 'it never floods');
    }
  });

  test('finds an integer to the last', async () => {
    for (const capacity of [1, 2, 7, 64, 100]) {
      const { rate } = await highestLoad(server(capacity), { low: 1, high: 100, whole: true });
      assert.equal(rate, capacity);
    }
  });

  test('ends at the range when all of it is met, and at 0 when nothing is', async () => {
    assert.equal((await highestLoad(server(1e9), { low: 10, high: 500 })).rate, 500);
    assert.equal((await highestLoad(server(1), { low: 10, high: 500 })).rate, 0);
  });

  test('one failed probe is asked again', async () => {
    let asked = 0;
    const flaky = (load: number) => Promise.resolve({ met: load <= 300 && ++asked % 3 !== 0, within: 1 });
    const { rate } = await highestLoad(flaky, { low: 100, high: 1000 });

    assert.ok(rate > 290 && rate <= 300, String(rate));
  });

  test('says so when the generator is the limit', async () => {
    const probe = (load: number) => Promise.resolve({ met: load <= 400, within: NaN, late: load > 400 });
    const found = await highestLoad(probe, { low: 100, high: 1000 });

    assert.equal(found.generatorLimited, true);
    assert.ok(found.rate > 390 && found.rate <= 400);
  });

  test('is verified with so many queries, at a lower rate where the first fails', async () => {
    const asked: number[] = [];
    const probe = (load: number, queries?: number) => {
      if (queries !== undefined) asked.push(queries);
      return Promise.resolve({ met: load <= (queries === undefined ? 500 : 480), within: 1 });
    };
    const verify = { queries: queriesFor(0.99), runs: 5 };
    const found = await highestLoad(probe, { low: 100, high: 1000, verify });

    assert.ok(found.rate > 470 && found.rate <= 480, String(found.rate));
    assert.deepEqual(found.verified, { queries: 270_336, runs: 5, met: 5 });
    assert.ok(asked.every((queries) => queries === 270_336));
  });

  test('a rate that no run verifies is no rate', async () => {
    const probe = (_: number, queries?: number) => Promise.resolve({ met: queries === undefined, within: 1 });
    const found = await highestLoad(probe, { low: 100, high: 200, verify: { queries: 10, runs: 2 } });

    assert.equal(found.rate, 0);
    assert.equal(found.verified?.met, 0);
  });

  test('asks for as many queries as the table of MLPerf', () => {
    assert.deepEqual([0.9, 0.95, 0.97, 0.99].map(queriesFor), [24_576, 57_344, 90_112, 270_336]);
  });
});
