import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { shapleyValues } from '../../../server/explain/shapley.ts';
import { treeShapOnBackground } from '../../../server/explain/tree-shap-background.ts';
import { treeShap } from '../../../server/explain/tree-shap.ts';
import { readTrees } from '../../../server/explain/tree-ensemble-file.ts';
import { goesLeft, type TreeEnsemble, treesMargin } from '../../../server/explain/tree-ensemble.ts';
import { randomRows, randomTrees } from '../../support/random-trees.ts';

const ROWS = 6;

suite('TreeSHAP', () => {
  for (const columns of [1, 2, 5, 10]) {
    test(`is the Shapley value by its definition, of ${columns} columns`, () => {
      for (const seed of [1, 2, 3]) {
        const trees = randomTrees(seed, { columns, trees: 4, depth: 6 });
        const rows = randomRows(seed + 100, trees, ROWS);
        const explainer = treeShap(trees);
        const into = new Float64Array(columns);
        for (let row = 0; row < ROWS; row += 1) {
          explainer.explain(rows, row * columns, into);

          const game = Float64Array.from({ length: 2 ** columns }, (_, known) =>
            worth(trees, rows.subarray(row * columns), known));
          close(into, shapleyValues(columns, game), 1e-9, `seed ${seed} row ${row}`);
          assert.ok(Math.abs(explainer.base - (game[0] as number)) < 1e-9);
        }
      }
    });

    test(`on a background is the Shapley value by its definition, of ${columns} columns`, () => {
      const trees = randomTrees(7, { columns, trees: 4, depth: 6 });
      const rows = randomRows(8, trees, ROWS);
      const background = randomRows(9, trees, 5);
      const explainer = treeShapOnBackground(trees, background);
      const into = new Float64Array(columns);
      for (let row = 0; row < ROWS; row += 1) {
        explainer.explain(rows, row * columns, into);

        const game = Float64Array.from({ length: 2 ** columns }, (_, known) => {
          let sum = 0;
          for (let other = 0; other < 5; other += 1) {
            const mixed = background.slice(other * columns, (other + 1) * columns);
            mixed.forEach((_, i) => {
              if (known & (1 << i)) mixed[i] = rows[row * columns + i] as number;
            });
            sum += treesMargin(trees, mixed) / 5;
          }
          return sum;
        });
        close(into, shapleyValues(columns, game), 1e-9, `row ${row}`);
      }
    });
  }

  test('adds up to what the trees say, for deep trees over many columns', () => {
    const trees = randomTrees(11, { columns: 30, trees: 50, depth: 10 });
    const rows = randomRows(12, trees, 20);
    const background = randomRows(13, trees, 10);
    const into = new Float64Array(30);
    for (const explainer of [treeShap(trees), treeShapOnBackground(trees, background)]) {
      for (let row = 0; row < 20; row += 1) {
        explainer.explain(rows, row * 30, into);

        const sum = into.reduce((total, phi) => total + phi, explainer.base);
        assert.ok(Math.abs(sum - treesMargin(trees, rows, row * 30)) < 1e-6);
      }
    }
  });

  test('agrees with the shap package on a LightGBM model', () => {
    const path = 'test/unit/explain/vectors/shap.json';
    const { trees: text, rows, background, shap } = JSON.parse(readFileSync(path, 'utf8')) as {
      trees: object; rows: (number | null)[][]; background: (number | null)[][];
      shap: Record<'path' | 'background', { base: number; values: number[][] }>;
    };
    const trees = readTrees(JSON.stringify(text));
    const flat = (of: (number | null)[][]): Float64Array =>
      Float64Array.from(of.flat(), (cell) => cell ?? NaN);
    const columns = trees.columns.length;
    const into = new Float64Array(columns);
    const explainers = {
      path: treeShap(trees), background: treeShapOnBackground(trees, flat(background)),
    };
    for (const kind of ['path', 'background'] as const) {
      assert.ok(Math.abs(explainers[kind].base - shap[kind].base) < 1e-6, kind);
      shap[kind].values.forEach((values, row) => {
        explainers[kind].explain(flat(rows), row * columns, into);
        close(into, values, 1e-6, `${kind} ${row}`);
      });
    }
  });
});

/** The mean of the leaves that a row could come to of which only the `known` columns are seen. */
function worth(trees: TreeEnsemble, row: Float32Array, known: number): number {
  const below = (node: number): number => {
    const asks = trees.feature[node] as number;
    if (asks < 0) return trees.value[node] as number;
    const [left, right] = [trees.left[node] as number, trees.right[node] as number];
    if (known & (1 << asks)) {
      return below(goesLeft(trees, node, row[asks] as number) ? left : right);
    }
    const [a, b] = [trees.cover[left] as number, trees.cover[right] as number];
    return (a * below(left) + b * below(right)) / (a + b);
  };
  return trees.roots.reduce((sum, root) => sum + below(root), trees.base);
}

function close(got: ArrayLike<number>, want: ArrayLike<number>, within: number, where: string): void {
  assert.equal(got.length, want.length);
  for (let i = 0; i < got.length; i += 1) {
    const gap = Math.abs((got[i] as number) - (want[i] as number));
    assert.ok(gap < within, `${where}, column ${i}: ${got[i]} is not ${want[i]}`);
  }
}
