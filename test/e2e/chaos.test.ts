import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { chaos, SCENARIOS } from '../../bench/chaos/chaos.ts';

suite('Trouble on purpose', () => {
  for (const scenario of SCENARIOS) {
    const skip = scenario.unfit?.() ?? false;
    test(`${scenario.name}: ${scenario.expects}`, { skip }, async () => {
      // Tests share their machine: what is too long is the bench's to say, not theirs.
      const [outcome] = await chaos({
        scenarios: [scenario], seed: 2, seconds: 0.5, patienceMs: 15_000, say: () => {},
      });
      assert.equal(outcome?.outcome, 'pass', outcome?.seen);
    });
  }

  test('a server that does not hold is said not to, and what needs its inside is left out', async () => {
    const outcomes = await chaos({
      url: 'http://127.0.0.1:9', scenarios: SCENARIOS.slice(0, 2), seed: 1, seconds: 0.1, patienceMs: 100,
      say: () => {},
    });
    assert.deepEqual(outcomes.map(({ outcome }) => outcome), ['skipped', 'fail']);
  });
});
