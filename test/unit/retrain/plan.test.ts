import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Prng } from '../../../server/core/prng.ts';
import {
  compare, nextMove, type RetrainLimits, type Seen, type Stage, type Trial,
} from '../../../server/retrain/plan.ts';

const LIMITS: RetrainLimits = {
  everyMs: 1000, onDrift: true, gapMs: 100, requestsMin: 10, outcomesMin: 5, trialMsMax: 500,
};
const NOTHING: Seen = {
  nowMs: 10_000, lastMs: 9950, drift: false, rolledBack: null, requests: 0, comparison: null,
};
const trial = (name: 'shadow' | 'canary', sinceMs = 9900): Trial =>
  ({ name, stable: 1, candidate: 2, sinceMs, trainedMs: 9000 });
const move = (stage: Stage, seen: Partial<Seen>, limits: Partial<RetrainLimits> = {}): string =>
  nextMove(stage, { ...NOTHING, ...seen }, { ...LIMITS, ...limits }).do;
const compared = (stable: number, candidate: number, error = 0.01) =>
  ({ rows: 100, stable, candidate, error });

suite('what a retraining does next', () => {
  test('idle: it trains when it is time or the model drifts, never twice within the gap', () => {
    const idle: Stage = { name: 'idle' };
    assert.equal(move(idle, {}), 'wait');
    assert.equal(move(idle, { drift: true }), 'wait'); // 50 ms after the last one
    assert.equal(move(idle, { drift: true, lastMs: 9900 }), 'train');
    assert.equal(move(idle, { drift: true, lastMs: 9900 }, { onDrift: false }), 'wait');
    assert.equal(move(idle, { lastMs: 9001 }), 'wait');
    assert.equal(move(idle, { lastMs: 9000 }), 'train');
    assert.equal(move(idle, { lastMs: -1e15 }, { everyMs: Infinity }), 'wait');
  });

  test('a shadow needs requests and outcomes, and has to be better', () => {
    const shadow = trial('shadow');
    assert.equal(move(shadow, { comparison: compared(0.3, 0.2) }), 'wait'); // too few requests
    assert.equal(move(shadow, { requests: 10 }), 'wait'); // nothing to compare on
    assert.equal(move(shadow, { requests: 10, comparison: compared(0.3, 0.29) }), 'canary');
    assert.equal(move(shadow, { requests: 10, comparison: compared(0.3, 0.301) }), 'reject');
    assert.equal(move(shadow, { requests: 10, comparison: compared(0.3, 0.4) }), 'reject');
  });

  test('a canary is promoted after its requests', () => {
    assert.equal(move(trial('canary'), { requests: 9 }), 'wait');
    assert.equal(move(trial('canary'), { requests: 10 }), 'promote');
  });

  test('who is rolled back, or proves nothing for too long, is rejected', () => {
    for (const name of ['shadow', 'canary'] as const) {
      assert.equal(move(trial(name), { requests: 10, rolledBack: 'slow' }), 'reject');
      assert.equal(move(trial(name, 9499), {}), 'reject');
      assert.equal(move(trial(name, 9500), {}), 'wait');
    }
  });

  test('a training under way is waited for, whatever drifts', () => {
    assert.equal(move({ name: 'training', stable: 1, sinceMs: 0 }, { drift: true, lastMs: 0 }), 'wait');
  });
});

suite('two versions on the same outcomes', () => {
  test('the difference\'s standard error covers it: of equal versions few are surely worse', () => {
    let surely = 0;
    for (let seed = 1; seed <= 400; seed += 1) {
      const prng = new Prng(seed);
      const labels = Array.from({ length: 200 }, () => (prng.float() < 0.3 ? 1 : 0));
      const noisy = (): number[] => labels.map(() => 0.3 + 0.1 * (prng.float() - 0.5));
      const { stable, candidate, error } = compare(noisy(), noisy(), labels);
      if (candidate - stable > 2 * error) surely += 1;
    }
    assert.ok(surely < 25, `${surely} of 400`); // 2.3 % expected
  });

  test('log losses are the mean', () => {
    const { stable, candidate, rows } = compare([0.5, 0.5], [0.8, 0.4], [1, 0]);
    assert.equal(rows, 2);
    assert.ok(Math.abs(stable - Math.log(2)) < 1e-12);
    assert.ok(Math.abs(candidate + (Math.log(0.8) + Math.log(0.6)) / 2) < 1e-12);
  });
});
