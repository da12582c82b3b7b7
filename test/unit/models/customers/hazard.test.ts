import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { simulateBuyers } from '../../../../models/customers/btyd/simulate.ts';
import { foldedMembers } from '../../../../models/customers/hazard/folded.ts';
import { hazardOnnx } from '../../../../models/customers/hazard/hazard-onnx.ts';
import { hazardTfjs } from '../../../../models/customers/hazard/hazard-tfjs.ts';
import { HazardNetwork } from '../../../../models/customers/hazard/network.ts';
import { hazardSamples, learningLandmarks } from '../../../../models/customers/hazard/samples.ts';
import { spreadOf, standardised } from '../../../../models/customers/hazard/spread.ts';
import {
  buyChances, HAZARD_DEFAULTS, hazardsOf, trainHazard,
} from '../../../../models/customers/hazard/train.ts';
import { freshWeights } from '../../../../models/customers/hazard/weights.ts';
import { rocAuc } from '../../../../models/learn/metrics/ranking.ts';
import { BIN_ENDS } from '../../../../server/customers/survival.ts';
import {
  HISTORY_CHANNELS, HISTORY_LENGTH, TIMING_FEATURES,
} from '../../../../server/customers/timing-inputs.ts';
import { runOnnx, runTfjs } from '../../../support/run-model-file.ts';

const log = simulateBuyers({
  seed: 4, customers: 1500, firstDays: 90, days: 330,
  buying: { r: 0.9, alpha: 3, a: 0.7, b: 3, k: 2, leavesAtOnce: true },
  spend: { p: 6, q: 4, v: 15 },
});
const LANDMARK = 240;
const FEW = { rowsMax: 12_000, countMax: 8, backDays: 200, youngest: 7 };
const train = hazardSamples(log, learningLandmarks(log, LANDMARK, FEW), LANDMARK);
const later = hazardSamples(log, [LANDMARK], log.lastDay);
const SMALL = { ...HAZARD_DEFAULTS, epochs: 4, members: 2, state: 5, hidden: 7 };

suite('The hazard network', () => {
  test('gradients are those of finite differences', () => {
    const shape = {
      channels: HISTORY_CHANNELS.length, length: HISTORY_LENGTH, features: TIMING_FEATURES.length,
      state: 3, hidden: 4, bins: BIN_ENDS.length,
    };
    const ready = standardised(train, spreadOf(train));
    const network = new HazardNetwork(freshWeights(shape, 8, BIN_ENDS.map(() => 0.1)));
    const long = Array.from(ready.lengths).findIndex((length) => length > 3);
    const rows = [long, 0, 1, ready.rows - 1];
    for (const row of rows) network.learn(ready, row, 1);
    const slopes = network.gradient.all.slice();
    const { all } = network.weights;
    const loss = (): number => rows.reduce((sum, row) => sum + network.learn(ready, row, 0), 0);
    for (let i = 0; i < all.length; i += 1) {
      const was = all[i]!;
      all[i] = was + 1e-5;
      const above = loss();
      all[i] = was - 1e-5;
      const slope = (above - loss()) / 2e-5;
      all[i] = was;
      assert.ok(Math.abs(slope - slopes[i]!) < 1e-6 + 1e-5 * Math.abs(slope), `${i}: ${slope}`);
    }
  });

  test('outcomes past what was known are censored: later purchases change nothing', () => {
    const cut = {
      ...log,
      customers: log.customers.flatMap((customer) => {
        const count = customer.days.filter((day) => day <= LANDMARK).length;
        if (count === 0) return [];
        const { id, days, amounts, units, kinds } = customer;
        const head = (values: Float64Array): Float64Array => values.slice(0, count);
        const moments = customer.moments.filter((ms) => ms < (LANDMARK + 1) * 86_400_000);
        return [{
          id, moments, days: days.slice(0, count), amounts: head(amounts), units: head(units),
          kinds: head(kinds),
        }];
      }),
    };
    const again = hazardSamples(cut, learningLandmarks(log, LANDMARK, FEW), LANDMARK);

    for (const name of ['features', 'history', 'survived', 'bought', 'days'] as const) {
      assert.deepEqual(again[name], train[name], name);
    }
  });

  test('a bin that is cut by what is known teaches neither purchases nor silence', () => {
    const near = hazardSamples(log, [LANDMARK - 12], LANDMARK); // bins 1..7 and 10 are whole
    const whole = BIN_ENDS.filter((end) => end <= 12).length;

    for (let row = 0; row < near.rows; row += 1) {
      assert.ok(near.survived[row]! + near.bought[row]! <= whole);
      if (near.days[row]! > 10) assert.equal(near.bought[row], 0);
    }
  });

  test('ranks simulated buyers as they buy, and says about how many will', () => {
    const model = trainHazard(train, SMALL);
    const chances = buyChances(hazardsOf(model, later), 30);
    const labels = Uint8Array.from(later.days, (days, row) =>
      days <= 30 && later.customers[row] !== undefined && boughtWithin(row, 30) ? 1 : 0);
    const said = chances.reduce((sum, chance) => sum + chance, 0) / later.rows;
    const happened = labels.reduce((sum, label) => sum + label, 0) / later.rows;

    assert.ok(rocAuc(chances, labels) > 0.78, `AUC ${rocAuc(chances, labels)}`);
    assert.ok(Math.abs(said - happened) < 0.03, `${said} said, ${happened} happened`);
  });

  test('ONNX and tfjs files and the plain loops agree to 1e-5', async () => {
    for (const members of [1, 2]) {
      const model = trainHazard(train, { ...SMALL, epochs: 1, members });
      const rows = Math.min(64, later.rows);
      const folded = foldedMembers(model);
      const history = later.history.slice(0, rows * HISTORY_LENGTH * HISTORY_CHANNELS.length);
      const features = later.features.slice(0, rows * TIMING_FEATURES.length);
      const inputs = {
        history: [history, [rows, HISTORY_LENGTH, HISTORY_CHANNELS.length]],
        features: [features, [rows, TIMING_FEATURES.length]],
      } as const;
      const want = hazardsOf(model, later).subarray(0, rows * BIN_ENDS.length);
      const onnx = await runOnnx(hazardOnnx(folded), inputs, 'hazard');
      const tfjs = await runTfjs(
        hazardTfjs(folded), inputs.history[0], inputs.history[1], inputs.features);

      want.forEach((hazard, i) => {
        assert.ok(Math.abs(hazard - onnx[i]!) < 1e-5, `onnx ${i}: ${hazard} ${onnx[i]}`);
        assert.ok(Math.abs(hazard - tfjs[i]!) < 1e-5, `tfjs ${i}: ${hazard} ${tfjs[i]}`);
      });
    }
  });

  test('the same seed gives the same weights, another one others', () => {
    const weights = (seed: number): Float64Array =>
      trainHazard(later, { ...SMALL, epochs: 1, members: 1, seed }).members[0]!.all;

    assert.deepEqual(weights(1), weights(1));
    assert.notDeepEqual(weights(1), weights(2));
  });
});

function boughtWithin(row: number, days: number): boolean {
  const { days: bought } = log.customers[later.customers[row]!]!;
  return bought.some((day) => day > LANDMARK && day <= LANDMARK + days);
}
