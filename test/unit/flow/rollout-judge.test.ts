import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseRollout } from '../../../server/catalog/parse-rollout.ts';
import { Node } from '../../../server/catalog/node.ts';
import { Prng } from '../../../server/core/prng.ts';
import { RolloutJudge, type Verdict } from '../../../server/flow/rollout-judge.ts';

const CONFIG = parseRollout(new Node(
  { stable: 1, candidate: 2, mode: 'canary', share: 0.1 }, '', 'config.json'));

interface World { errors: number; slower: number; differs: number }
const SAME: World = { errors: 0.02, slower: 1, differs: 0.005 };

/** Requests of which a tenth are the candidate's, looked at after each; what was found, and when. */
function watch(prng: Prng, candidate: World, requests: number): { verdict: Verdict | null; at: number } {
  const judge = new RolloutJudge(CONFIG);
  const latency = (times: number): number => times * (500 + 1000 * prng.float() ** 4);
  for (let at = 1; at <= requests; at += 1) {
    if (prng.float() >= 0.1) {
      judge.stableEnded(prng.float() >= SAME.errors, latency(1));
      continue;
    }
    judge.candidateEnded(prng.float() >= candidate.errors, latency(candidate.slower));
    judge.comparedWith(prng.float() < candidate.differs);
    const { verdict } = judge;
    if (verdict) return { verdict, at };
  }
  return { verdict: null, at: requests };
}

suite('RolloutJudge', () => {
  test('a candidate that is no worse is let go on, however often one looks', () => {
    const prng = new Prng(23);
    let alarms = 0;
    for (let run = 0; run < 200; run += 1) if (watch(prng, SAME, 4000).verdict) alarms += 1;

    assert.ok(alarms <= 200 * CONFIG.alpha, `seed 23: ${alarms} false alarms in 200 rollouts`);
  });

  for (const [what, worse] of [
    ['errors', { ...SAME, errors: 0.15 }], ['latency', { ...SAME, slower: 2 }],
    ['disagreement', { ...SAME, differs: 0.1 }],
  ] as const) {
    test(`more ${what} is found, said in figures, and before it went on for long`, () => {
      const prng = new Prng(29);
      for (let run = 0; run < 20; run += 1) {
        const { verdict, at } = watch(prng, worse, 20_000);
        assert.equal(verdict?.what, what, `seed 29, run ${run}`);
        assert.match(verdict?.text ?? '', /at least \d+\.\d\d %/);
        assert.ok(at < 10_000, `seed 29, run ${run}: after ${at} requests`);
      }
    });
  }

  test('a candidate that always fails is out after half of requests_min', () => {
    const judge = new RolloutJudge(CONFIG);
    for (let i = 0; i < 1000; i += 1) judge.stableEnded(true, 500);
    let failed = 0;
    while (!judge.verdict) judge.candidateEnded(false, (failed += 1));

    assert.equal(failed, CONFIG.requests_min / 2);
  });
});
