import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { runDense } from '../../../models/recipes/dense.ts';
import { calibrate } from '../../../models/recipes/intent/calibrate.ts';
import {
  intentExamples, intentSessions, splitByTime,
} from '../../../models/recipes/intent/examples.ts';
import { binaryScores } from '../../../models/learn/metrics/binary-scores.ts';
import { trainIntent } from '../../../models/recipes/intent/train.ts';
import { whyNothing } from '../../../models/recipes/intent.ts';
import { mlpOnnx } from '../../../models/recipes/onnx/mlp.ts';
import { silentReport } from '../../../models/recipes/report.ts';
import { mlpTfjs } from '../../../models/recipes/tfjs/layers-model.ts';
import { Prng } from '../../../server/core/prng.ts';
import { makeCatalogue } from '../../../server/demo/catalogue.ts';
import { simulate } from '../../../server/demo/simulator.ts';
import { INTENT_FEATURES, intentFeatures } from '../../../server/storefront/intent-features.ts';
import type { ShopEvent } from '../../../server/wire/schema.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { makeEvent } from '../../support/shop-events.ts';
import { runOnnx, runTfjs } from '../../support/run-model-file.ts';

const SILENCE_MS = 1_800_000;
const log = [...simulate(makeCatalogue(), {
  seed: 3, startMs: Date.UTC(2026, 5, 1), visitsPerDay: 200, visits: 2500,
})];

suite('The intent recipe', () => {
  test('says whether purchases are too few, or have no browsing before them', () => {
    const invoices = Array.from({ length: 1200 }, (_, i) =>
      [makeEvent({ type: 'purchase', item: 'a', session: `s${i}` })]);
    const browsed = [[makeEvent({ item: 'a' }), makeEvent({ type: 'purchase', item: 'a' })]];

    assert.match(whyNothing(invoices), /^1,200 purchases, 0 of them after any browsing/);
    assert.match(whyNothing(browsed), /^1 purchases are too few/);
    assert.match(whyNothing([]), /^0 purchases are too few/);
  });

  test('training sees bit for bit what the live path sees at the same moment', () => {
    const sessions = intentSessions(log, SILENCE_MS).slice(0, 200);
    const seen = new Set(intentExamples(sessions, 1).rows.map((row) => hex(row)));

    for (const session of sessions) {
      const live: ShopEvent[] = [];
      for (const event of session) {
        live.push(event); // as events arrive, with no knowledge of what comes
        const sameTime = session.filter(({ atMs }) => atMs === event.atMs);
        if (sameTime.at(-1) !== event || session.length > 40) continue;
        assert.ok(seen.has(hex(intentFeatures(live, event.atMs))));
      }
    }
  });

  test('a label is a purchase after the moment, and nothing after it is in the features', () => {
    const session = [
      at(0, 'item_view'), at(60, 'cart_add'), at(120, 'purchase'), at(900, 'home_view'),
    ];
    const { rows, bought, cartOpen } = intentExamples([session], 1);
    const bare = intentExamples([session.slice(0, 2)], 1);

    const purchases = INTENT_FEATURES.indexOf('bought_before');
    rows.forEach((row, i) => assert.equal(bought[i] === 1, row[purchases] === 0));
    assert.ok(rows.some((row) => hex(row) === hex(bare.rows[0]!)));
    assert.ok(cartOpen.some((open) => open === 1));
  });

  test('silence ends a session, and events without consent teach nothing', () => {
    const unasked = { ...at(10, 'purchase'), consent: false };

    const events = [at(0, 'item_view'), at(4000, 'item_view'), unasked];
    const sessions = intentSessions(events, SILENCE_MS);

    assert.deepEqual(sessions.map((session) => session.length), [1, 1]);
  });

  test('parts of the split are apart in time, and no session is in two', () => {
    const all = intentExamples(intentSessions(log, SILENCE_MS), 1);
    const [train, choose, test] = splitByTime(all, [0.7, 0.15, 0.15]);

    assert.equal(train!.rows.length + choose!.rows.length + test!.rows.length, all.rows.length);
    assert.ok(train!.sessions.at(-1)! < choose!.sessions[0]!);
    assert.ok(choose!.sessions.at(-1)! < test!.sessions[0]!);
  });

  test('on later sessions the model beats base rate and cart rule, and is calibrated', () => {
    const trained = train();

    const { scores, baselines } = trained;
    assert.ok(scores.auc > baselines.cart_rule.auc, JSON.stringify({ scores, baselines }));
    assert.ok(scores.logLoss < baselines.constant.logLoss);
    assert.ok(scores.ece < 0.04, `ECE ${scores.ece}`);
  });

  test('plain, ONNX and tfjs answers of the trained model agree to 1e-5', async () => {
    const { model } = train();
    const rows = intentExamples(intentSessions(log, SILENCE_MS), 2).rows.slice(0, 64);
    const width = INTENT_FEATURES.length;
    const data = new Float32Array(rows.length * width);
    rows.forEach((row, i) => data.set(row, i * width));
    const shape = [rows.length, width];

    const onnx = await runOnnx(mlpOnnx(model), { features: [data, shape] }, 'probability');
    const tfjs = await runTfjs(mlpTfjs(model), data, shape);

    rows.forEach((row, i) => {
      const want = runDense(model, row)[0] as number;
      assert.ok(Math.abs((onnx[i] as number) - want) < 1e-5, `ONNX row ${i}`);
      assert.ok(Math.abs((tfjs[i] as number) - want) < 1e-5, `tfjs row ${i}`);
    });
  });

  test('a log without purchases trains nothing', () => {
    const views = log.filter((event) => event.type !== 'purchase');
    const examples = intentExamples(intentSessions(views, SILENCE_MS), 1);

    const options = { seed: 1, epochs: 1 };
    assert.equal(trainIntent(examples, options, new FakeClock(), silentReport), null);
  });
});

suite('Scores of probabilities', () => {
  test('a perfect order has AUC and PR-AUC 1, chance has half and the base rate', () => {
    const labels = Uint8Array.of(0, 0, 1, 1, 0, 1);

    const perfect = binaryScores([0.1, 0.2, 0.8, 0.9, 0.3, 0.7], labels);
    const same = binaryScores([0.5, 0.5, 0.5, 0.5, 0.5, 0.5], labels);

    assert.deepEqual([perfect.auc, perfect.prAuc], [1, 1]);
    assert.deepEqual([same.auc, same.prAuc, same.ece], [0.5, 0.5, 0]);
  });

  test('calibration finds the scale and shift that logits were spoilt by', () => {
    const prng = new Prng(1);
    const right = Float64Array.from({ length: 20_000 }, () => 2 * prng.normal() - 1);
    const labels = Uint8Array.from(right, (z) => (prng.float() < 1 / (1 + Math.exp(-z)) ? 1 : 0));

    const { slope, shift } = calibrate(right.map((z) => z / 2 + 1), labels);

    assert.ok(Math.abs(slope - 2) < 0.1 && Math.abs(shift + 2) < 0.1, `${slope} ${shift}`);
  });
});

function train(): NonNullable<ReturnType<typeof trainIntent>> {
  const examples = intentExamples(intentSessions(log, SILENCE_MS), 1);
  const trained = trainIntent(examples, { seed: 1, epochs: 4 }, new FakeClock(), silentReport);
  assert.ok(trained);
  return trained;
}

function hex(row: Float32Array): string {
  return Buffer.from(row.buffer, row.byteOffset, row.byteLength).toString('hex');
}

function at(seconds: number, type: ShopEvent['type']): ShopEvent {
  const items = type === 'home_view' ? [] : [{ item: 'a', quantity: 1 }];
  return { id: `${seconds}`, type, atMs: seconds * 1000, session: 's', items };
}
