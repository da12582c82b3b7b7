import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type Describe, shownValue } from '../../../server/explain/describe.ts';
import { parseProfile, pickBackground, writeProfile } from '../../../server/explain/profile.ts';
import { sentence, shownEffect, topReasons } from '../../../server/explain/sentence.ts';
import { INTENT_ANSWER, intentWords } from '../../../server/storefront/intent-words.ts';
import { INTENT_FEATURES } from '../../../server/storefront/intent-features.ts';

const features: Describe[] = [
  { name: 'cart', en: 'something in the cart', zh: '购物车中有商品', format: 'flag' },
  { name: 'views', en: 'product views', zh: '商品浏览次数', format: 'log_count' },
  { name: 'idle', en: 'time since the latest action', zh: '距最近操作的时间', format: 'log_seconds' },
  { name: 'plan', en: 'plan', zh: '套餐', format: 'category', categories: ['basic', 'full'] },
];
const answer = { en: 'chance of a purchase', zh: '购买概率' };
const row = [1, Math.log1p(7), Math.log1p(200), NaN];

suite('Reasons in words', () => {
  test('say values as people do: counts, times, yes and no, what is unknown', () => {
    const shown = (language: 'en' | 'zh'): string[] =>
      features.map((feature, i) => shownValue(feature, row[i]!, language));

    assert.deepEqual(shown('en'), ['yes', '7', '3 min', 'unknown']);
    assert.deepEqual(shown('zh'), ['是', '7', '3 分钟', '未知']);
    assert.equal(shownValue(features[3]!, 1, 'en'), 'full');
  });

  test('are one sentence in English and in Chinese, the largest part first', () => {
    const said = { answer, scale: 'probability', base: 0.13, value: 0.41 } as const;
    const parts = [0.31, 0.02, -0.05, 0];

    const en = sentence(said, topReasons(features, row, parts, 5, said, 'en'), 'en');
    const zh = sentence(said, topReasons(features, row, parts, 5, said, 'zh'), 'zh');

    assert.equal(en, 'Chance of a purchase: 41 %, where 13 % is usual; raised by something in the ' +
      'cart: yes (+31 points) and product views: 7 (+2 points); lowered by time since the latest ' +
      'action: 3 min (−5 points).');
    assert.equal(zh, '购买概率：41 %（平均为 13 %）。提高它的有：购物车中有商品：是（+31 个百分点）、' +
      '商品浏览次数：7（+2 个百分点）；降低它的有：距最近操作的时间：3 分钟（−5 个百分点）。');
  });

  test('keep to the scale: points, odds or units', () => {
    const of = (scale: 'probability' | 'log_odds' | 'value', unit?: string) =>
      ({ scale, answer: { ...answer, ...(unit !== undefined && { unit }) } });

    assert.equal(shownEffect(-0.123, of('probability'), 'en'), '−12.3 points');
    assert.equal(shownEffect(0.0001, of('probability'), 'en'), 'under +0.1 points');
    assert.equal(shownEffect(Math.log(2), of('log_odds'), 'en'), 'odds × 2');
    assert.equal(shownEffect(-Math.log(2), of('log_odds'), 'zh'), '几率 × 0.5');
    assert.equal(shownEffect(12.345, of('value', 'GBP'), 'en'), '+12.3 GBP');
  });

  test('of nothing say that there is nothing', () => {
    const said = { answer, scale: 'value', base: 1, value: 1 } as const;

    assert.match(sentence(said, [], 'en'), /nothing sets it apart from the average/);
    assert.deepEqual(topReasons(features, row, [0, 0, 0, 0], 5, said, 'en'), []);
  });

  test('there are words for every feature of purchase intent, in both languages', () => {
    const words = intentWords();

    assert.deepEqual(words.map(({ name }) => name), INTENT_FEATURES);
    for (const { en, zh } of words) assert.ok(/^[a-z -]+$/.test(en) && /[一-龥]/.test(zh));
    assert.equal(new Set(words.map(({ en }) => en)).size, words.length);
    assert.match(INTENT_ANSWER.zh, /购买/);
  });
});

suite('explain.json', () => {
  const profile = {
    answer, scale: 'probability' as const, features: [...features],
    background: Float32Array.of(0, 1, 2, NaN, 1, 0, 0, 1),
  };

  test('is read as it was written, missing values too', () => {
    assert.deepEqual(parseProfile(writeProfile(profile), 'x'), profile);
  });

  test('that is damaged is refused by what is wrong', () => {
    const text = writeProfile(profile);
    const json = JSON.parse(text) as Record<string, unknown>;
    const cases: [string, RegExp][] = [
      ['{', /not JSON/],
      [JSON.stringify({ ...json, answer: 'x' }), /`answer`/],
      [JSON.stringify({ ...json, scale: 'x' }), /`scale`/],
      [JSON.stringify({ ...json, features: [{}] }), /`features`/],
      [JSON.stringify({ ...json, background: [[1]] }), /`background`/],
    ];
    for (const [bad, message] of cases) {
      assert.throws(() => parseProfile(bad, 'x'), { code: 'backend', message });
    }
  });

  test('the background’s mean answer is near that of all rows', () => {
    const rows = Float32Array.from({ length: 1000 }, (_, i) => i / 1000);
    const answers = Array.from(rows, (x) => x ** 3);

    const background = pickBackground(rows, answers, 1, 16);

    const mean = background.reduce((sum, x) => sum + x ** 3, 0) / 16;
    assert.equal(background.length, 16);
    assert.ok(Math.abs(mean - 0.25) < 0.005, `${mean}`);
  });
});
