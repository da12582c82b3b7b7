import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { featureRows } from '../../../../models/learn/rows.ts';
import { categories, numbers, type Examples } from '../../../../models/learn/table.ts';
import { boostedTrees } from '../../../../models/learn/trees/boosting.ts';
import type { FittedTrees } from '../../../../models/learn/trees/fitted.ts';
import { forest } from '../../../../models/learn/trees/forest.ts';
import { Prng } from '../../../../server/core/prng.ts';
import { treesAnswer, treesMargin } from '../../../../server/explain/tree-ensemble.ts';
import { runOnnx } from '../../../support/run-model-file.ts';

const ROWS = 1500;

/** Numbers with ties and gaps, 7 and 90 categories, missing cells in all of them. */
function examples(seed: number): Examples {
  const prng = new Prng(seed);
  const some = <T>(value: T, otherwise: T): T => (prng.float() < 0.9 ? value : otherwise);
  const draw = (next: () => number): number[] => Array.from({ length: ROWS }, next);
  const a = draw(() => some(prng.normal() * 1e3, NaN));
  const b = draw(() => some(prng.below(12) / 10, NaN));
  const few = draw(() => some(prng.below(7), -1));
  const many = draw(() => some(prng.below(90), -1));
  const labels = Float64Array.from(a, (x, row) => {
    const pull = (few[row]! % 2) * 1.5 + ((many[row]! * 37) % 11) / 5 - (b[row]! > 0.55 ? 2 : 0);
    return (Number.isNaN(x) ? 1 : x / 900) + pull - 1 + prng.normal() > 0 ? 1 : 0;
  });
  const name = (code: number): string => (code < 0 ? '' : `c${String(code).padStart(3, '0')}`);
  return {
    table: {
      rows: ROWS,
      columns: [
        numbers('a', a), categories('few', few.map(name)), numbers('b', b),
        categories('many', many.map(name)),
      ],
    },
    labels,
  };
}

/** Rows that look for trouble: cells at every threshold and a hair beside it, unknown categories. */
function hardRows({ trees }: FittedTrees, seed: number): Float32Array {
  const prng = new Prng(seed);
  const width = trees.columns.length;
  const edges = trees.columns.map((_, column) => {
    const of = [...trees.threshold].filter((_t, node) => trees.feature[node] === column);
    return of.flatMap((t) => [t, t + Math.abs(t) * 2 ** -24 + 1e-40, t - Math.abs(t) * 2 ** -23]);
  });
  return Float32Array.from({ length: 4000 * width }, (_, at) => {
    const { categories: count } = trees.columns[at % width]!;
    if (prng.float() < 0.1) return NaN;
    if (count > 0) return prng.float() < 0.1 ? prng.pick([-1, count, 1000, -7]) : prng.below(count);
    return prng.pick(edges[at % width]!.length > 0 ? edges[at % width]! : [0]);
  });
}

suite('Trees as ONNX', () => {
  const learners = {
    'boosted, sets': boostedTrees({ trees: 60, categoryL2: 0, leafRows: 5 }),
    'boosted, one category against the others': boostedTrees({ trees: 60, oneHot: true }),
    'boosted values': boostedTrees({ trees: 60, objective: 'squared' }),
    forest: forest({ trees: 30 }),
    'extra trees': forest({ trees: 30, leaves: 40, kind: 'extra' }),
  };
  for (const [name, learner] of Object.entries(learners)) {
    test(`${name}: the file answers as predict does, at thresholds and for unknown cells`, async () => {
      const fitted = learner.fit(examples(1), 7);
      const { trees } = fitted;
      const rows = hardRows(fitted, 3);
      const width = trees.columns.length;
      const output = name === 'boosted values' ? 'value' : 'probability';

      const got = await runOnnx(
        fitted.onnx(), { features: [rows, [rows.length / width, width]] }, output);

      assert.ok(trees.set.some((from) => from >= 0), 'no set was split');
      got.forEach((value, row) => {
        const want = treesAnswer(trees, treesMargin(trees, rows, row * width));
        assert.ok(Math.abs(value - want) < 1e-5, `row ${row}: ${value} ${want}`);
      });
    });
  }

  test('what was learned from is answered the same by the table and by its rows', async () => {
    const { table, labels } = examples(2);
    const fitted = boostedTrees({ trees: 40 }).fit({ table, labels }, 1);
    const said = fitted.predict(table);
    const rows = featureRows(fitted.columns, table);

    const got = await runOnnx(fitted.onnx(), { features: [rows, [ROWS, 4]] }, 'probability');

    assert.ok(said.every((p, row) => Math.abs(p - got[row]!) < 1e-6));
  });
});
