import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Feature } from '../../../server/features/feature.ts';
import { fitPreparation, preparedWidth, prepareRow } from '../../../server/features/prepare.ts';

const words = { en: 'a feature', zh: '特征', unit: 'x', family: 'place', of: () => 0 } as const;
const FEATURES: readonly Feature[] = [
  { ...words, name: 'money', scale: 'log', range: [0, 1e9], missing: 'unknown' },
  { ...words, name: 'share', scale: 'plain', range: [0, 1] },
  { ...words, name: 'device', scale: 'category', range: [0, 2], categories: ['a', 'b', 'c'] },
];

suite('Inputs of a network', () => {
  const money = Float64Array.from({ length: 1001 }, (_, i) => (i === 7 ? NaN : i === 8 ? 1e9 : i));
  const share = Float64Array.from(money, (_, i) => i / 1000);
  const prepared = fitPreparation(FEATURES, [money, share, share.map(() => 1)]);

  test('have a mean of 0, a flag for what may be missing, and an input a category', () => {
    assert.equal(preparedWidth(prepared), 2 + 1 + 3);
    const rows = Array.from({ length: 1001 }, (_, i) => {
      const out = new Float32Array(6);
      prepareRow(prepared, [money[i] as number, share[i] as number, 1], out);
      return out;
    });
    const mean = (at: number) => rows.reduce((sum, row) => sum + (row[at] as number), 0) / rows.length;
    assert.ok(Math.abs(mean(0)) < 0.01 && Math.abs(mean(2)) < 1e-6);
    assert.deepEqual([...(rows[3] as Float32Array)].slice(3), [0, 1, 0]);
    assert.equal(rows[7]?.[1], 1);
    assert.equal(rows[9]?.[1], 0);
  });

  test('do not feel outliers, unknown categories or what is missing', () => {
    const of = (values: readonly number[]) => {
      const out = new Float32Array(6);
      prepareRow(prepared, values, out);
      return [...out];
    };
    assert.deepEqual(of([1e9, 0, NaN]), of([prepared[0]?.high ?? 0, 0, NaN]));
    assert.deepEqual(of([0, 0, NaN]).slice(3), [0, 0, 0]);
    assert.equal(of([NaN, 0, 0])[0], of([prepared[0]?.fill ?? 0, 0, 0])[0]);
    assert.ok(of([NaN, NaN, 2]).every(Number.isFinite));
  });

  test('survive a card: they are plain JSON', () => {
    assert.deepEqual(JSON.parse(JSON.stringify(prepared)), prepared);
  });
});
