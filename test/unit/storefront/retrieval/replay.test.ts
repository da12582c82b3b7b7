import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { RecommendInput, RecommendReply } from '../../../../server/client/types.ts';
import { report } from '../../../../server/storefront/retrieval/replay-command.ts';
import { percentile, replay } from '../../../../server/storefront/retrieval/replay.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

suite('Replay', () => {
  test('answers are scored by the target\'s place, as many at a time as asked for', async () => {
    const clock = new FakeClock();
    const asked: RecommendInput[] = [];
    let open = 0;
    let openMost = 0;
    const recommend = async (request: RecommendInput): Promise<RecommendReply> => {
      asked.push(request);
      openMost = Math.max(openMost, (open += 1));
      await Promise.resolve();
      clock.advance(1000);
      open -= 1;
      return replyOf(['x', 'y', 'z']);
    };
    const prefixes = ['x', 'y', 'nothing', 'z'].map((target) => ({ target, items: ['a', 'b'] }));

    const done = await replay({ recommend }, prefixes, 2, clock);

    assert.equal(done.score.hr20, 3 / 4);
    assert.equal(done.score.mrr20, (1 + 1 / 2 + 1 / 3) / 4);
    assert.equal(openMost, 2);
    assert.deepEqual([done.short, done.degraded], [4, 0]);
    assert.deepEqual(asked[0], { items: ['a', 'b'], k: 20 });
    assert.equal(done.latenciesMs.length, 4);
    assert.ok(done.latenciesMs.every((ms) => ms >= 1));
  });

  test('a session longer than the wire takes is asked with its newest items', async () => {
    const items = Array.from({ length: 250 }, (_, i) => `i${i}`);
    let given: readonly string[] = [];
    const recommend = async (request: RecommendInput) => {
      given = request.items ?? [];
      return replyOf([]);
    };
    await replay({ recommend }, [{ target: 'x', items }], 4, new FakeClock());
    assert.deepEqual([given.length, given.at(-1)], [200, 'i249']);
  });

  test('what was missing is counted by reason, ids left out, and reported', async () => {
    const unknown = (id: number): string => `items: '${id}' is unknown`;
    const replies = [[unknown(7), unknown(8)], [unknown(9)], ['taste: late']];
    const recommend = async () => ({ ...replyOf([]), degraded: replies.shift() ?? [] });
    const prefixes = Array.from({ length: 4 }, () => ({ target: 'x', items: ['a'] }));

    const done = await replay({ recommend }, prefixes, 1, new FakeClock());

    assert.equal(done.degraded, 3);
    assert.deepEqual([...done.reasons], [['items: … is unknown', 2], ['taste: late', 1]]);
    assert.match(report(done), /3 were degraded\n {2}2: items: … is unknown\n {2}1: taste: late$/);
  });

  test('a refusal ends the replay', async () => {
    const recommend = () => Promise.reject(new Error('overloaded'));
    const prefixes = [{ target: 'x', items: ['a'] }];
    await assert.rejects(replay({ recommend }, prefixes, 1, new FakeClock()), /overloaded/);
  });

  test('a percentile is a value that was measured', () => {
    const times = Float64Array.from({ length: 100 }, (_, i) => i + 1);
    assert.deepEqual([0.5, 0.9, 0.99, 1].map((p) => percentile(times, p)), [50, 90, 99, 100]);
    assert.equal(percentile(Float64Array.of(7), 0.5), 7);
    assert.ok(Number.isNaN(percentile(new Float64Array(0), 0.5)));
  });
});

function replyOf(items: string[]): RecommendReply {
  const reason = { code: 'popular', text: '' } as const;
  return {
    attribution: '', degraded: [], items: items.map((item) => ({ item, score: 1, reason })),
  };
}
