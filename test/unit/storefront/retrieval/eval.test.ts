import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  itemKnn, popularity, sequentialRules, sessionPopularity,
} from '../../../../server/storefront/retrieval/eval/baselines.ts';
import type { Method } from '../../../../server/storefront/retrieval/eval/baselines.ts';
import { readEvalFiles } from '../../../../server/storefront/retrieval/eval/eval-data.ts';
import { neighboursAlone } from '../../../../server/storefront/retrieval/eval/methods.ts';
import { evaluate } from '../../../../server/storefront/retrieval/eval/table.ts';
import { HitRate, percent } from '../../../../server/storefront/retrieval/hit-rate.ts';
import { countRows } from '../../../../server/storefront/retrieval/offline/leave-one-out.ts';
import { packSessions } from '../../../../server/storefront/retrieval/past-sessions.ts';
import { realData } from '../../../support/real-data.ts';
import { tempFile } from '../../../support/temp-file.ts';

const PAST = packSessions([[1, 2, 1], [1, 2], [2, 3], [3, 4], [1, 5]]);

suite('Scores', () => {
  test('a hit counts up to place 20, and as much as its place says', () => {
    const score = new HitRate();
    for (const rank of [1, 4, 20, 21, Infinity]) score.add(rank);
    assert.equal(score.hr20, 3 / 5);
    assert.equal(score.mrr20, (1 + 1 / 4 + 1 / 20) / 5);
    assert.equal(percent(score.hr20), '60.00');
    assert.deepEqual([new HitRate().hr20, new HitRate().both], [0, 0]);
  });
});

suite('Baselines', () => {
  test('POP ranks by views, ties by the lower item', () => {
    assert.deepEqual(answer(popularity(PAST, 6), [5]), [1, 2, 3, 4, 5, 0]);
  });

  test('S-POP ranks the session\'s own items by views, then what is popular', () => {
    assert.deepEqual(answer(sessionPopularity(PAST, 6), [4, 5, 5]), [5, 4, 1, 2, 3, 0]);
  });

  test('Item-KNN ranks what shares sessions with the last item', () => {
    // 1 and 2 share two sessions, 3 shares one with 2: cosines 2/23 and 1/sqrt(23 * 22).
    assert.deepEqual(answer(itemKnn(PAST, 6), [3, 2]), [1, 3, 2, 4, 5, 0]);
  });

  test('sequential rules rank what followed the last item, never the item itself', () => {
    assert.deepEqual(answer(sequentialRules(PAST, 6), [1]).slice(0, 2), [2, 5]);
  });
});

suite('Evaluation', () => {
  test('items are those of training and test, in order of their numbers', async () => {
    const train = tempFile('train.txt', '10 9\n2 10\n');
    const test = tempFile('test.tsv', 'target\tprefix\n77\t10 9\n9\t2\n');
    const data = await readEvalFiles(train, test, Infinity);

    assert.deepEqual(data.ids, ['2', '9', '10', '77']);
    assert.deepEqual([...data.past.rows], [2, 1, 0, 2]);
    assert.deepEqual(data.prefixes.map(({ items, target }) => [[...items], target]), [
      [[2, 1], 3], [[0], 1],
    ]);
    assert.equal((await readEvalFiles(train, test, 1)).prefixes.length, 1);
  });

  for (const [name, wanted] of [
    ['yoochoose1_64', { POP: [7.4, 1.7], 'S-POP': [31, 18.6], neighbours: [69, 27] }],
    ['diginetica', { POP: [0.9, 0.2], 'S-POP': [21.1, 13.7], neighbours: [49.5, 16.6] }],
  ] as const) {
    const train = realData(`sessions/${name}/train_sessions.txt.gz`);
    const rows = realData(`sessions/${name}/test_prefixes.tsv.gz`);
    test(`on ${name} they score as published`, { skip: train.skip }, async () => {
      const data = await readEvalFiles(train.path, rows.path, Infinity);
      // Every fourth row: quick, and still within half a point of the whole.
      const prefixes = data.prefixes.filter((_, i) => i % 4 === 0);
      const methods: Record<string, () => Method> = {
        POP: () => popularity(data.past, data.itemCount),
        'S-POP': () => sessionPopularity(data.past, data.itemCount),
        neighbours: () => neighboursAlone(data.past),
      };
      for (const [method, [hr20, mrr20]] of Object.entries(wanted)) {
        const row = evaluate(methods[method] as () => Method, prefixes, countRows(data.past, data.itemCount));
        const got = `${method} ${percent(row.hr20)} ${percent(row.mrr20)}`;
        assert.ok(Math.abs(100 * row.hr20 - hr20) < 0.6, got);
        assert.ok(Math.abs(100 * row.mrr20 - mrr20) < 0.6, got);
      }
    });
  }
});

function answer(method: Method, items: number[]): number[] {
  return [...(method.answer(Uint32Array.from(items), 0) as Uint32Array)];
}
