import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { RunTime } from '../../../server/batch/run-time.ts';
import { Prng } from '../../../server/core/prng.ts';

suite('RunTime', () => {
  test('nothing seen is expected to take no time, one size seen the mean of it', () => {
    const time = new RunTime();
    assert.equal(time.expectUs(4), 0);
    time.observe(4, 100);
    time.observe(4, 200);
    assert.ok(Math.abs(time.expectUs(64) - 150) < 2);
  });

  test('it finds the line through noise', () => {
    const time = new RunTime();
    const prng = new Prng(4);
    for (let i = 0; i < 300; i += 1) {
      const rows = 1 + prng.below(64);
      time.observe(rows, 50 + 3 * rows + prng.normal());
    }
    for (const rows of [1, 32, 64]) assert.ok(Math.abs(time.expectUs(rows) - 50 - 3 * rows) < 3);
  });

  test('a slow run is forgotten', () => {
    const time = new RunTime();
    time.observe(8, 1e6);
    for (let i = 0; i < 600; i += 1) time.observe(8, 100);
    assert.ok(time.expectUs(8) < 110, String(time.expectUs(8)));
  });

  test('more rows are never expected to take less time, and none to take less than nothing', () => {
    const time = new RunTime();
    time.observe(1, 500);
    time.observe(64, 10);
    assert.ok(time.expectUs(64) >= time.expectUs(1));
    const steep = new RunTime();
    steep.observe(60, 10);
    steep.observe(64, 500);
    assert.equal(steep.expectUs(1), 0);
  });
});
