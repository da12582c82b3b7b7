import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Learner } from '../../../../models/learn/learner.ts';
import { linear } from '../../../../models/learn/linear/linear.ts';
import { featureRows, learnedColumns } from '../../../../models/learn/rows.ts';
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

  test('columns of nothing, of one value, of three hundred categories: no learner minds', async () => {
    const prng = new Prng(4);
    const rows = 900;
    const draw = <T>(next: () => T): T[] => Array.from({ length: rows }, next);
    const many = draw(() => prng.below(300));
    const labels = Float64Array.from(many, (code) => (code % 5 < 2 ? 1 : 0));
    const table = {
      rows,
      columns: [
        numbers('none', draw(() => NaN)), categories('no', draw(() => '')),
        numbers('one', draw(() => 3)), categories('many', many.map((code) => `c${code}`)),
        numbers('huge', draw(() => prng.pick([1e38, -1e38, 0, 1e-38]))),
      ],
    };
    const learners: Learner[] = [
      boostedTrees({ trees: 20, leafRows: 2 }), forest({ trees: 20 }),
      forest({ trees: 10, kind: 'extra', leaves: 30 }), linear(), linear({ transform: 'power' }),
    ];
    for (const learner of learners) {
      const fitted = learner.fit({ table, labels }, 1);
      const cells = featureRows(learnedColumns(table), table);

      const got = await runOnnx(fitted.onnx!(), { features: [cells, [rows, 5]] }, 'probability');

      fitted.predict(table).forEach((p, row) => {
        assert.ok(p >= 0 && p <= 1.00001 && Math.abs(p - got[row]!) < 1e-5, `${learner.name} ${p}`);
      });
    }
  });

  test('what was learned from is answered the same by the table and by its rows', async () => {
    const { table, labels } = examples(2);
    const fitted = boostedTrees({ trees: 40 }).fit({ table, labels }, 1);
    const said = fitted.predict(table);
    const rows = featureRows(fitted.columns, table);

    const got = await runOnnx(fitted.onnx(), { features: [rows, [ROWS, 4]] }, 'probability');

    assert.ok(said.every((p, row) => Math.abs(p - got[row]!) < 1e-6));
  });
});
