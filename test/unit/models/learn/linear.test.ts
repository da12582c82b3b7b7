import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { linear } from '../../../../models/learn/linear/linear.ts';
import { fitTransform } from '../../../../models/learn/linear/transform.ts';
import { featureRows } from '../../../../models/learn/rows.ts';
import { categories, numbers, type Table } from '../../../../models/learn/table.ts';
import { Prng } from '../../../../server/core/prng.ts';
import { runOnnx } from '../../../support/run-model-file.ts';

const want = JSON.parse(readFileSync('test/unit/models/learn/vectors/linear.json', 'utf8'));
const table: Table = {
  rows: want.a.length,
  columns: [
    numbers('a', want.a), numbers('b', want.b), categories('c', want.c.map((c: number) => `${c}`)),
  ],
};
const labels = Float64Array.from(want.labels);
const weights = Float64Array.from(want.weights);

suite('Linear models', () => {
  test('logistic and linear regression say what scikit-learn says', () => {
    const values = Float64Array.from(want.values);
    const got = {
      logistic: linear({ l2: 0.5 }).fit({ table, labels }, 1),
      weighted: linear({ l2: 2 }).fit({ table, labels, weights }, 1),
      ridge: linear({ l2: 3, objective: 'squared' }).fit({ table, labels: values }, 1),
      power: linear({ l2: 0.5, transform: 'power' }).fit({ table, labels }, 1),
    };

    const close = { logistic: 1e-5, weighted: 1e-5, ridge: 1e-4, power: 1e-4 }; // cells are float32
    for (const [name, fitted] of Object.entries(got)) {
      fitted.predict(table).forEach((value, row) => {
        const off = Math.abs(value - want[name][row]);
        assert.ok(off < close[name as keyof typeof close], `${name} row ${row}: ${off}`);
      });
    }
  });

  test('the power transform has the parameter of greatest likelihood', () => {
    (['a', 'b'] as const).forEach((name, at) => {
      const { lambda } = fitTransform('power', Float64Array.from(want[name]));
      assert.ok(Math.abs(lambda - want.lambdas[at]) < 1e-4);
    });
  });

  for (const transform of ['none', 'log', 'power'] as const) {
    test(`${transform}: the file answers as predict does, missing and unknown cells too`, async () => {
      const prng = new Prng(2);
      const rows = 700;
      const draw = (next: () => number): number[] => Array.from({ length: rows }, next);
      const some = (x: number): number => (prng.below(8) === 0 ? NaN : x);
      const mixed: Table = {
        rows,
        columns: [
          categories('few', draw(() => prng.below(4)).map((c) => (c === 0 ? '' : `c${c}`))),
          numbers('far', draw(() => some(1e6 + 30 * prng.normal()))),
          numbers('long', draw(() => some(Math.exp(4 * prng.normal())))),
          numbers('same', draw(() => 7)),
          categories('whole', draw(() => prng.below(3)).map((c) => `d${c}`)),
        ],
      };
      const said = Float64Array.from({ length: rows }, () => prng.below(2));
      const fitted = linear({ transform, l2: 0.1 }).fit({ table: mixed, labels: said }, 1);
      const hard: Table = {
        rows,
        columns: mixed.columns.map((column) => ({
          ...column,
          values: column.values.map((x) => (column.kind === 'number' && prng.below(9) === 0
            ? prng.pick([0, -5, 1e9, -1e9, NaN]) : prng.below(9) === 0 ? NaN : x)),
        })),
      };

      const cells = featureRows(mixed.columns.map(({ name, kind, categories: texts = [] }) =>
        ({ name, kind, categories: texts })), hard);
      const got = await runOnnx(fitted.onnx(), { features: [cells, [rows, 5]] }, 'probability');

      fitted.predict(hard).forEach((p, row) => {
        assert.ok(Math.abs(p - got[row]!) < 1e-6, `row ${row}: ${p} ${got[row]}`);
      });
    });
  }

  test('far outside of what it learned from it says no more than at the edge', () => {
    const edge = { rows: 2, columns: [...table.columns] };
    const fitted = linear().fit({ table, labels }, 1);
    const most = Math.max(...want.a);
    edge.columns[0] = numbers('a', [most, most * 1e6]);
    edge.columns[1] = numbers('b', [0, 0]);
    edge.columns[2] = categories('c', ['1', '1']);

    const [at, beyond] = fitted.predict(edge);

    assert.equal(at, beyond);
  });

  test('coefficients are told by name', () => {
    const told = linear().fit({ table, labels }, 1).coefficients();

    assert.deepEqual(Object.keys(told), ['a', 'b', 'c = 0', 'c = 1', 'c = 2', 'c = 3', '(intercept)']);
    assert.ok(told.a! > 0 && told.b! < 0);
  });

  test('data that one threshold parts, and columns that say the same, have an answer', () => {
    const x = Array.from({ length: 40 }, (_, row) => row - 20);
    const twice: Table = { rows: 40, columns: [numbers('x', x), numbers('again', x)] };
    const parted = Float64Array.from(x, (value) => (value >= 0 ? 1 : 0));

    const p = linear({ l2: 0 }).fit({ table: twice, labels: parted }, 1).predict(twice);

    p.forEach((chance, row) => assert.equal(Math.round(chance), parted[row]));
  });
});
