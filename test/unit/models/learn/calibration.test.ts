import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { withCurve, type Curve } from '../../../../models/learn/calibration/curve.ts';
import { isotonic, IsotonicCurve, knots } from '../../../../models/learn/calibration/isotonic.ts';
import {
  beta, betaCurve, LogCurve, platt, plattCurve, temperature, temperatureCurve,
} from '../../../../models/learn/calibration/log-curve.ts';
import type { Fitted } from '../../../../models/learn/learner.ts';
import { calibrationError } from '../../../../models/learn/metrics/calibration-error.ts';
import { logLoss } from '../../../../models/learn/metrics/probability.ts';
import { rocAuc } from '../../../../models/learn/metrics/ranking.ts';
import { numbers, type Examples, type Table } from '../../../../models/learn/table.ts';
import { fittedOnnx } from '../../../../models/learn/fitted-onnx.ts';
import { Prng } from '../../../../server/core/prng.ts';
import { runOnnx } from '../../../support/run-model-file.ts';

/** A model that says what its only column holds. */
const echo: Fitted = {
  predict: (table: Table) => Float64Array.from(table.columns[0]!.values, Math.fround),
  graph: (_graph, features) => features,
  onnx: () => fittedOnnx(1, 'probability', (_graph, features) => features),
};

/** Probabilities as `spoil` leaves true ones, and what happened. */
function spoiled(rows: number, seed: number, spoil: (p: number) => number): Examples {
  const prng = new Prng(seed);
  const chances = Float64Array.from({ length: rows }, () => prng.float() ** 2);
  const labels = chances.map((p) => (prng.float() < p ? 1 : 0));
  return { table: { rows, columns: [numbers('said', chances.map(spoil))] }, labels };
}

const all = { platt, temperature, beta, isotonic };

suite('Calibration', () => {
  for (const [name, calibrator] of Object.entries(all)) {
    test(`${name} mends probabilities that are too bold, and keeps the order of rows`, () => {
      const bold = (p: number): number => 1 / (1 + ((1 - p) / p) ** 2.5);
      const held = spoiled(8000, 1, bold);
      const later = spoiled(8000, 2, bold);
      const said = echo.predict(later.table);

      const mended = calibrator.calibrate(echo, held).predict(later.table);

      assert.ok(calibrationError(said, later.labels) > 0.05);
      assert.ok(calibrationError(mended, later.labels) < 0.015);
      assert.ok(logLoss(mended, later.labels) < logLoss(said, later.labels));
      assert.ok(Math.abs(rocAuc(mended, later.labels) - rocAuc(said, later.labels)) < 2e-3);
    });

    test(`${name}: the file answers as predict does, from 0 to 1`, async () => {
      const mended = calibrator.calibrate(echo, spoiled(3000, 3, (p) => p ** 1.5));
      const said = Float32Array.from({ length: 5001 }, (_, i) => i / 5000);
      const table = { rows: said.length, columns: [numbers('said', said)] };

      const got = await runOnnx(mended.onnx!(), { features: [said, [said.length, 1]] }, 'probability');

      mended.predict(table).forEach((p, row) => {
        assert.ok(Math.abs(p - got[row]!) < 1e-5, `${said[row]}: ${p} ${got[row]}`);
      });
    });
  }

  test('each family finds the very curve that it was spoilt by', () => {
    const data = spoiled(100_000, 4, (p) => p);
    const ones = data.labels.map(() => 1);
    const chances = data.table.columns[0]!.values;
    const undo = (curve: LogCurve, fit: (...of: [Float64Array, Float64Array, Float64Array]) => Curve) =>
      fit(chances.map((p) => curve.at(p)), data.labels, ones) as LogCurve;

    const t = undo(new LogCurve(2, 2, 0), temperatureCurve);
    const p = undo(new LogCurve(2, 2, 1), plattCurve);
    const b = undo(new LogCurve(1, 1, 0), betaCurve);

    assert.ok(Math.abs(t.a - 0.5) < 0.02);
    assert.ok(Math.abs(p.a - 0.5) < 0.02 && Math.abs(p.c + 0.5) < 0.05, `${p.a} ${p.c}`);
    assert.ok(Math.abs(b.a - 1) < 0.05 && Math.abs(b.b - 1) < 0.05 && Math.abs(b.c) < 0.05);
  });

  test('the steps of isotonic regression are those of scikit-learn', () => {
    const want = JSON.parse(readFileSync('test/unit/models/learn/vectors/linear.json', 'utf8'));
    const data = [want.said, want.labels, want.weights].map((list) => Float64Array.from(list));
    const steps = knots(...(data as [Float64Array, Float64Array, Float64Array]), Infinity);

    const levels = [...new Set(steps.map(({ happened }) => happened.toFixed(9)))];
    const wanted = [...new Set((want.isotonic as number[]).map((level) => level.toFixed(9)))];

    assert.deepEqual(levels, wanted.sort((x, y) => Number(x) - Number(y)));
  });

  test('an isotonic curve never falls, nor leaps', () => {
    const { table, labels } = spoiled(2000, 5, (p) => p);
    const curve = new IsotonicCurve(knots(table.columns[0]!.values, labels, labels.map(() => 1)));

    let before = curve.at(0);
    for (let p = 0; p <= 1; p += 1e-4) {
      const now = curve.at(p);
      assert.ok(now >= before && now - before < 0.01, `${p}: ${before} ${now}`);
      before = now;
    }
  });

  test('one label, one probability, or an order the wrong way round: nothing breaks', () => {
    const one = { rows: 5, columns: [numbers('said', [0.2, 0.2, 0.2, 0.2, 0.2])] };
    const falling = spoiled(500, 6, (p) => 1 - p);
    for (const [name, calibrator] of Object.entries(all)) {
      for (const examples of [{ table: one, labels: new Float64Array(5).fill(1) }, falling]) {
        const p = calibrator.calibrate(echo, examples).predict(examples.table);
        assert.ok(p.every((chance) => chance >= 0 && chance <= 1), name);
      }
    }
  });

  test('a model without a graph is calibrated all the same, but has no file', () => {
    const bare: Fitted = { predict: echo.predict };
    const mended = withCurve(bare, new LogCurve(1, 1, 0), 1);

    assert.equal(mended.onnx, undefined);
  });
});
