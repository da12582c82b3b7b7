import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { sentence } from '../../../server/page/experiments/sentence.ts';
import { scale, unitScale, valueScale } from '../../../server/page/experiments/scales.ts';

const ONE = { arm: 'rules', control: 'now', metric: 'click', verdict: 'open', decided: null } as const;
const AB = { metric: 'click', kind: 'ab' } as const;

suite('the page of experiments', () => {
  test('says of each arm what was shown, or that nothing was', () => {
    assert.equal(sentence(ONE, AB), 'rules: too early to say anything.');
    const open = { ...ONE, value: -0.012, low: -0.05, high: 0.026 };
    assert.equal(sentence(open, AB),
      'rules against now: nothing shown yet. Click rate −1.20 % (−5.00 % to +2.60 %).');
    const decided = { ...open, value: 3.1, low: -0.5, high: 6.7, metric: 'revenue',
      decided: { verdict: 'better', at: '2026-11-23T10:00:00Z', units: 12_345 } } as const;
    assert.equal(sentence(decided, { metric: 'revenue', kind: 'ab' }),
      'rules is better than now, as shown after 12,345 units. Revenue a unit +3.10 (−0.50 to +6.70).');
  });

  test('scales have round steps, hold 0, and cut off what the first bounds were wide', () => {
    assert.deepEqual(scale(-0.031, 0.052, 5).ticks, [-0.04, -0.02, 0, 0.02, 0.04, 0.06]);
    const points = [[100, 0.9], [1000, 0.1], [5300, 0.04]].map(([units, half]) =>
      ({ at: '', units: units!, bounds: [{ value: 0.01, low: 0.01 - half!, high: 0.01 + half! }] }));
    const { low, high, ticks } = valueScale(points);
    assert.ok(low >= -0.15 && high <= 0.15 && ticks.includes(0));
    assert.deepEqual(unitScale(points, 6), { low: 0, high: 5300, ticks: [0, 1000, 2000, 3000, 4000, 5000] });
    assert.deepEqual(valueScale([]).ticks.includes(0), true);
  });
});
