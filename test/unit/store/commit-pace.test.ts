import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { CommitPace } from '../../../server/store/commit-pace.ts';

suite('The pace of commits', () => {
  test('who waits for each of their own writes is never held up', () => {
    const pace = new CommitPace();

    assert.equal(pace.waitMs(0), 0);
    pace.started(0);
    pace.ended(1, 0);

    assert.equal(pace.waitMs(1), 0);
  });

  test('after a commit that was shared, or during which others came, the next starts 5 ms after it', () => {
    for (const [shared, waiting] of [[2, 0], [1, 1]] as const) {
      const pace = new CommitPace();
      pace.started(10);
      pace.ended(shared, waiting);

      assert.equal(pace.waitMs(12), 3);
      assert.equal(pace.waitMs(20), 0);
    }
  });
});
