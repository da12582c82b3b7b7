import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { hintMs, Refusals } from '../../../server/batch/refusals.ts';

suite('Refusals', () => {
  test('the same code and hint are one error, others are others', () => {
    const refusals = new Refusals();
    const error = refusals.of('overloaded', 7);

    assert.equal(refusals.of('overloaded', 7), error);
    assert.equal(error.retryAfterMs, 7);
    assert.equal(refusals.of('overloaded', 8).retryAfterMs, 8);
    assert.equal(refusals.of('deadline', 7).code, 'deadline');
    assert.equal(refusals.of('draining').retryAfterMs, undefined);
  });

  test('hints are never short, an eighth too long at most, and few', () => {
    const hints = new Set<number>();
    for (let us = 0; us < 20_000_000; us += 997) {
      const hint = hintMs(us);
      hints.add(hint);
      assert.ok(hint >= 1 && hint * 1000 >= us && hint <= Math.ceil(us / 1000) * 1.125 + 1, `${us}`);
    }
    assert.ok(hints.size < 120, String(hints.size));
    assert.equal(hintMs(Infinity), hintMs(600_000_000));
  });
});
