import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { Outcomes, type Resolved } from '../../../server/watch/outcomes.ts';

const LIMITS = { silenceMs: 1000, subjectsMax: 3, perSubjectMax: 2 };
const row = Float32Array.of(1);

function watched(limits = LIMITS) {
  const resolved: Resolved[] = [];
  const outcomes = new Outcomes(limits, (one) => resolved.push(one));
  const predict = (subject: string, atMs: number): void =>
    outcomes.predicted(subject, { row, probability: 0.5, version: '1', atMs });
  return { outcomes, resolved, predict, said: () => resolved.map(({ atMs, label }) => [atMs, label]) };
}

suite('what came of predictions', () => {
  test('a purchase makes earlier ones true and later ones not, as is told when the session is over', () => {
    const { outcomes, predict, said } = watched();
    predict('s', 10);
    predict('s', 30);
    outcomes.seen('s', 20, true);
    outcomes.settle(1030);
    assert.equal(outcomes.open, 2); // silence has to be longer than its limit
    assert.deepEqual(said(), []); // nor is what came true told before the session is over
    outcomes.settle(1031);
    assert.deepEqual(said(), [[10, 1], [30, 0]]);
  });

  test('who comes back after too long a silence did not buy, whatever they do now', () => {
    const { outcomes, predict, said } = watched();
    predict('s', 10);
    outcomes.seen('s', 2000, true);
    assert.deepEqual(said(), [[10, 0]]);
  });

  test('what is seen of a session keeps it open', () => {
    const { outcomes, predict, said } = watched();
    predict('s', 10);
    outcomes.seen('s', 900, false);
    outcomes.settle(1500);
    assert.deepEqual(said(), []);
    outcomes.settle(1901);
    assert.deepEqual(said(), [[10, 0]]);
  });

  test('more than there is room for is dropped and counted, not guessed', () => {
    const { outcomes, predict, resolved } = watched();
    for (let at = 0; at < 4; at += 1) predict('a', at);
    for (const subject of ['b', 'c', 'd']) predict(subject, 5);
    assert.equal(outcomes.counts.dropped, 2 + 2); // two too many of a, then a itself
    assert.equal(outcomes.open, 3);
    assert.deepEqual(resolved, []);
  });

  test('every prediction is resolved once, waits, or is counted as dropped', () => {
    const step = fc.record({
      subject: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      kind: fc.constantFrom('predict', 'look', 'buy', 'settle'),
      ms: fc.nat(700),
    });
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { outcomes, predict, resolved } = watched();
      let [now, asked] = [0, 0];
      for (const { subject, kind, ms } of steps) {
        now += ms;
        if (kind === 'predict') {
          asked += 1;
          predict(subject, now);
        } else if (kind === 'settle') outcomes.settle(now);
        else outcomes.seen(subject, now, kind === 'buy');
      }
      assert.equal(resolved.length + outcomes.open + outcomes.counts.dropped, asked);
      assert.equal(outcomes.counts.resolved, resolved.length);
    }));
  });
});
