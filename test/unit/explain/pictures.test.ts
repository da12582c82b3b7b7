import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Prng } from '../../../server/core/prng.ts';
import { niceTicks } from '../../../server/core/svg.ts';
import type { Describe } from '../../../server/explain/describe.ts';
import {
  decisionPath, dependence, type Explained, globalImportance,
} from '../../../server/explain/importance.ts';
import { decisionPicture } from '../../../server/explain/pictures/decision-picture.ts';
import { dependencePicture } from '../../../server/explain/pictures/dependence-picture.ts';
import { importancePicture } from '../../../server/explain/pictures/importance-picture.ts';
import { reasonsPicture } from '../../../server/explain/pictures/reasons-picture.ts';
import { treesMargin } from '../../../server/explain/tree-ensemble.ts';
import { randomRows, randomTrees } from '../../support/random-trees.ts';

const features: Describe[] = [
  { name: 'a', en: 'price & <size>', zh: '价格', format: 'money' },
  { name: 'b', en: 'in the cart', zh: '购物车', format: 'flag' },
  { name: 'c', en: 'views', zh: '浏览', format: 'log_count' },
  { name: 'd', en: 'never matters', zh: '无关', format: 'number' },
];
const prng = new Prng(1);
const rows = Float32Array.from({ length: 4 * 60 }, (_, at) =>
  (at % 4 === 1 ? prng.below(2) : at % 4 === 2 ? Math.log1p(prng.below(20)) : prng.normal() * 10));
const contributions = Float64Array.from(rows, (value, at) =>
  [0.01 * value, 0.3 * (value - 0.5), -0.05 * value, 0][at % 4] as number);
const explained: Explained = { rows, contributions, features: 4 };

suite('Importance', () => {
  test('is the mean size of what a feature adds', () => {
    const importance = globalImportance(explained);

    for (let i = 0; i < 4; i += 1) {
      const sizes = Array.from({ length: 60 }, (_, row) => Math.abs(contributions[row * 4 + i]!));
      assert.ok(Math.abs(importance[i]! - sizes.reduce((sum, size) => sum + size, 0) / 60) < 1e-12);
    }
    assert.equal(importance[3], 0);
  });

  test('dependence is in order of the values, without those that are missing, and its curve follows it', () => {
    const holes = Float32Array.from(rows);
    holes[0] = NaN;

    const { values, curve } = dependence({ ...explained, rows: holes }, 0);
    const flag = dependence(explained, 1);

    assert.equal(values.length, 59);
    values.forEach((value, i) => assert.ok(i === 0 || value >= values[i - 1]!));
    for (const { value, contribution } of curve) assert.ok(Math.abs(contribution - 0.01 * value) < 1e-6);
    assert.deepEqual(flag.curve.map(({ value }) => value), [0, 1]);
  });

  test('a decision path leads from the root to the leaf that the tree answers with', () => {
    const trees = randomTrees(5, { columns: 6, trees: 3, depth: 5 });
    const asked = randomRows(6, trees, 10);
    for (let row = 0; row < 10; row += 1) {
      const cells = asked.subarray(row * 6, row * 6 + 6);
      let margin = trees.base;
      for (let tree = 0; tree < 3; tree += 1) {
        const path = decisionPath(trees, tree, cells);
        margin += path.at(-1)?.after ?? trees.value[trees.roots[tree]!]!;
        path.forEach((step, i) => assert.ok(i === 0 || step.before === path[i - 1]!.after));
      }
      assert.ok(Math.abs(margin - treesMargin(trees, cells)) < 1e-9);
    }
  });
});

suite('Pictures', () => {
  const look = { scale: 'probability' as const, language: 'en' as const };
  const said = { answer: { en: 'chance', zh: '概率' }, scale: 'probability' as const, base: 0.2, value: 0.3 };
  const pictures: Record<string, (language: 'en' | 'zh') => string> = {
    importance: (language) => importancePicture(features, globalImportance(explained), { ...look, language }),
    decisions: (language) => decisionPicture(features, explained, 0.2, { ...look, language }),
    reasons: (language) => reasonsPicture(
      features, rows.subarray(0, 4), contributions.subarray(0, 4), said, { language }),
    money: (language) => dependencePicture(features[0]!, dependence(explained, 0), { ...look, language }),
    flag: (language) => dependencePicture(features[1]!, dependence(explained, 1), { ...look, language }),
    count: (language) => dependencePicture(features[2]!, dependence(explained, 2), { ...look, language }),
  };
  for (const [name, draw] of Object.entries(pictures)) {
    test(`${name}: whole SVG with places inside it, in both languages`, () => {
      for (const language of ['en', 'zh'] as const) {
        const svg = draw(language);

        assert.match(svg, /^<svg .*<title>.+<\/title>.*<\/svg>\n$/s);
        assert.ok(!/NaN|undefined|Infinity/.test(svg));
        assert.ok(!/<size>/.test(svg)); // names are data
        const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg)!.map(Number) as [number, number, number];
        for (const [, x, y] of svg.matchAll(/(?:<text x|<circle cx|<rect x)="(-?[\d.]+)" (?:c?y)="(-?[\d.]+)"/g)) {
          assert.ok(Number(x) >= 0 && Number(x) <= width && Number(y) >= 0 && Number(y) <= height, `${x}, ${y}`);
        }
        const open = [...svg.matchAll(/<([a-z]+)(?:\s[^>]*)?(?<!\/)>/g)].map((match) => match[1]);
        const closed = [...svg.matchAll(/<\/([a-z]+)>/g)].map((match) => match[1]);
        assert.deepEqual(open.sort(), closed.sort());
      }
    });
  }

  test('what never matters is no bar; what is shown is said in words', () => {
    const svg = pictures.importance!('en');

    assert.ok(!svg.includes('never matters') && svg.includes('price &amp; &lt;size&gt;'));
    assert.ok(pictures.flag!('en').includes('>yes<') && pictures.flag!('zh').includes('>是<'));
    assert.ok(pictures.count!('en').includes('>10<')); // of log(1 + x), x
    assert.ok(pictures.reasons!('en').includes('Chance: 30 %, where 20 % is usual'));
  });

  test('one row and no effects at all are drawn, too', () => {
    const nothing: Explained = { rows: rows.subarray(0, 4), contributions: new Float64Array(4), features: 4 };

    for (const svg of [
      importancePicture(features, globalImportance(nothing), look),
      decisionPicture(features, nothing, 0.2, look),
      dependencePicture(features[0]!, dependence(nothing, 0), look),
      reasonsPicture(features, nothing.rows, nothing.contributions, { ...said, value: 0.2 }, look),
    ]) {
      assert.ok(!/NaN|undefined|Infinity/.test(svg), svg);
    }
  });

  test('axes have round numbers', () => {
    assert.deepEqual(niceTicks(0, 1, 5), [0, 0.2, 0.4, 0.6, 0.8, 1]);
    assert.deepEqual(niceTicks(-3, 7, 5), [-2, 0, 2, 4, 6]);
    assert.deepEqual(niceTicks(5, 5, 5), [5]);
  });
});
