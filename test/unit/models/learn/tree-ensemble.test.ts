import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { readTrees, writeTrees } from '../../../../server/explain/tree-ensemble-file.ts';
import { treesAnswer, treesMargin, type TreeEnsemble } from '../../../../server/explain/tree-ensemble.ts';

/** age <= 30 ? +1 : (country in {0, 33} ? -2 : +0.5), base 0.25; missing age right, country left. */
const trees: TreeEnsemble = {
  columns: [{ name: 'age', categories: 0 }, { name: 'country', categories: 40 }],
  link: 'logistic',
  base: 0.25,
  roots: Int32Array.of(0),
  feature: Int32Array.of(0, -1, 1, -1, -1),
  threshold: Float32Array.of(30, 0, 0, 0, 0),
  set: Int32Array.of(-1, -1, 0, -1, -1),
  missingLeft: Uint8Array.of(0, 0, 1, 0, 0),
  left: Int32Array.of(1, -1, 3, -1, -1),
  right: Int32Array.of(2, -1, 4, -1, -1),
  value: Float32Array.of(0, 1, 0, -2, 0.5),
  cover: Float64Array.of(10, 4, 6, 3, 3),
  bits: Uint32Array.of(1, 2),
};

suite('A tree ensemble', () => {
  test('sends cells by threshold, by set, and missing ones where they belong', () => {
    const margin = (age: number, country: number): number => treesMargin(trees, [age, country]);

    assert.equal(margin(30, 5), 1.25);
    assert.equal(margin(31, 0), -1.75);
    assert.equal(margin(31, 33), -1.75);
    assert.equal(margin(31, 1), 0.75);
    assert.equal(margin(NaN, 32), 0.75);
    assert.equal(margin(NaN, NaN), -1.75);
    assert.equal(margin(99, 40), -1.75); // a category that was not there is missing
    assert.equal(margin(30 + 1e-9, 1), 1.25); // as float32 it is 30
    assert.ok(Math.abs(treesAnswer(trees, 0.75) - 1 / (1 + Math.exp(-0.75))) < 1e-15);
  });

  test('comes back from its file bit for bit', () => {
    assert.deepEqual(readTrees(writeTrees(trees)), trees);
  });

  test('a file whose trees could not be walked is refused', () => {
    const broken = (change: Partial<TreeEnsemble>): string => writeTrees({ ...trees, ...change });
    const refused = { code: 'bad_argument' };

    assert.throws(() => readTrees('{'), refused);
    assert.throws(() => readTrees('null'), refused);
    assert.throws(() => readTrees('{"format": "other"}'), refused);
    assert.throws(() => readTrees(broken({ left: Int32Array.of(0, -1, 3, -1, -1) })), /child 0/);
    assert.throws(() => readTrees(broken({ left: Int32Array.of(2, -1, 3, -1, -1) })), /parents/);
    assert.throws(() => readTrees(broken({ feature: Int32Array.of(7, -1, 1, -1, -1) })), /column 7/);
    assert.throws(() => readTrees(broken({ set: Int32Array.of(-1, -1, 1, -1, -1) })), /no such set/);
    assert.throws(() => readTrees(broken({ cover: Float64Array.of(1) })), /not one a node/);
    assert.throws(() => readTrees(broken({ roots: Int32Array.of(0, 5) })), /no nodes/);
  });
});
