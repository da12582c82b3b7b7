import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { backoffMs } from '../../../server/client/backoff.ts';
import { mayLeave } from '../../../server/client/calls.ts';

suite('backoffMs', () => {
  const limits = { firstMs: 100, maxMs: 1000 };

  test('stays in the upper half of a range that doubles up to the limit', () => {
    const tops = [[0, 100], [1, 200], [3, 800], [4, 1000], [9999, 1000]] as const;
    for (const [attempt, topMs] of tops) {
      assert.equal(backoffMs(attempt, 0, limits), topMs / 2);
      assert.equal(backoffMs(attempt, 0.5, limits), topMs * 0.75);
    }
  });
});

suite('mayLeave', () => {
  const limits = { inFlightMax: 2, bufferedBytesMax: 10 };

  test('names what a call waits for', () => {
    assert.equal(mayLeave({ open: true, bufferedBytes: 9 }, 1, limits), 'yes');
    assert.equal(mayLeave({ open: true, bufferedBytes: 10 }, 1, limits), 'when the buffer drains');
    assert.equal(mayLeave({ open: true, bufferedBytes: 0 }, 2, limits), 'when a reply comes');
    assert.equal(mayLeave({ open: false, bufferedBytes: 0 }, 0, limits), 'when connected');
  });
});
