import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { counterfactual } from '../../../server/explain/counterfactual.ts';
import { parseProfile } from '../../../server/explain/profile.ts';
import { INTENT_FEATURES } from '../../../server/storefront/intent-features.ts';
import { intentWords } from '../../../server/storefront/intent-words.ts';
import { runOnnx } from '../../support/run-model-file.ts';

const FOLDER = 'models/repository/intent/1';

suite('What can be changed of purchase intent', () => {
  const profile = parseProfile(readFileSync(`${FOLDER}/explain.json`, 'utf8'), FOLDER);
  const bytes = readFileSync(`${FOLDER}/model.onnx`);
  const width = INTENT_FEATURES.length;
  const evaluate = async (rows: Float32Array, count: number): Promise<Float64Array> =>
    Float64Array.from(await runOnnx(bytes, { features: [rows, [count, width]] }, 'probability'));
  const levers = profile.features.flatMap(({ lever }, feature) => (lever ? [{ feature, ...lever }] : []));

  test('the shipped model knows it, and turns an answer by it', async () => {
    assert.deepEqual(profile.features, JSON.parse(JSON.stringify(intentWords())));
    const row = profile.background.slice(0, width);
    const [now] = await evaluate(row, 1);
    const target = now! + 0.2;

    const got = await counterfactual(evaluate, row, levers, { side: 'at_least', target }, { changesMax: 3 });

    assert.ok(got.found, JSON.stringify(got));
    assert.ok(got.value >= target);
    for (const { feature, from, to } of got.changes) {
      assert.ok(levers.some((lever) => lever.feature === feature), INTENT_FEATURES[feature]);
      assert.ok(to > from); // nobody is asked to empty a cart
    }
  });
});
