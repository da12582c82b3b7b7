import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { NO_ID } from '../../server/ann/binding.ts';
import { KeyedIndex, type Key } from '../../server/ann/keyed-index.ts';
import { tempFolder } from '../support/temp-file.ts';
import { VectorIndex } from './vector-support.ts';

const f32 = (...values: number[]) => Float32Array.from(values);
const make = () => new KeyedIndex(new VectorIndex({ kind: 'exact', dim: 1, metric: 'ip' }));

function nearest(keyed: KeyedIndex, k: number): (Key | undefined)[] {
  const ids = new Uint32Array(k);
  keyed.search(f32(1), k, ids, new Float32Array(k));
  return [...ids].map((id) => keyed.keyOf(id));
}

suite('An index by keys', () => {
  const path = join(tempFolder(), 'keyed');

  test('keys are strings or 64-bit numbers, and none is another\'s', () => {
    const keyed = make();

    keyed.add(['lamp', 18_446_744_073_709_551_615n, '7', 7n, 'lamp'], f32(1, 2, 3, 4, 5));

    assert.equal(keyed.size, 4);
    assert.deepEqual(nearest(keyed, 5), ['lamp', 7n, '7', 18_446_744_073_709_551_615n, undefined]);
    const into = f32(0);
    assert.ok(keyed.get(7n, into) && into[0] === 4);
    assert.equal(keyed.get('none', into), false);
    assert.equal(keyed.keyOf(NO_ID), undefined);
  });

  test('a key is replaced in place, and after it was removed gets another number', () => {
    const keyed = make();
    keyed.add(['a', 'b'], f32(1, 2));
    const first = keyed.idOf('a') as number;

    keyed.add(['a'], f32(3));
    assert.deepEqual([keyed.idOf('a'), ...nearest(keyed, 2)], [first, 'a', 'b']);
    assert.equal(keyed.remove(['a', 'a', 'c']), 1);
    assert.deepEqual([keyed.has('a'), keyed.keyOf(first), keyed.size], [false, undefined, 1]);
    keyed.add(['a'], f32(9));
    assert.notEqual(keyed.idOf('a'), first);
  });

  test('what the index refuses changes no key', () => {
    const keyed = make();

    assert.throws(() => keyed.add(['a', 'b'], f32(1, NaN)), { code: 'bad_argument' });

    assert.deepEqual([keyed.has('a'), keyed.size], [false, 0]);
  });

  test('it is saved and opened, also when one of the two files is from the save before', () => {
    const keyed = make();
    keyed.add(['a', 5n, 'gone'], f32(1, 2, 3));
    keyed.save(path);
    for (const name of ['', '.keys']) copyFileSync(path + name, `${path}-old${name}`);
    keyed.remove(['gone']);
    keyed.add(['new', 6n], f32(4, 5));
    keyed.save(path);

    const opened = KeyedIndex.open(VectorIndex, path);
    assert.deepEqual(nearest(opened, 4), [6n, 'new', 5n, 'a']);
    opened.add(['more'], f32(6));
    assert.deepEqual(nearest(opened, 2), ['more', 6n]);

    copyFileSync(`${path}-old`, `${path}-mixed`); // a crash between the two: newer keys, older index
    copyFileSync(`${path}.keys`, `${path}-mixed.keys`);
    const mixed = KeyedIndex.open(VectorIndex, `${path}-mixed`);
    assert.deepEqual([mixed.has('new'), mixed.has(6n), mixed.has('a')], [false, false, true]);
    assert.deepEqual(nearest(mixed, 3), [5n, 'a', undefined]); // 'gone' is gone
    mixed.add(['new'], f32(9));
    assert.equal(nearest(mixed, 1)[0], 'new');
  });

  test('a damaged or missing file of keys is a clear failure', () => {
    const keyed = make();
    keyed.add(['a'], f32(1));
    keyed.save(path);
    const good = readFileSync(`${path}.keys`, 'utf8');

    for (const bad of ['', '{', 'null', '[]', '{"format":"other"}', good.replace('[0]', '[9]'), good.slice(0, -3)]) {
      writeFileSync(`${path}.keys`, bad);
      assert.throws(() => KeyedIndex.open(VectorIndex, path), { code: 'storage', message: /keyed\.keys/ });
    }
    assert.throws(() => KeyedIndex.open(VectorIndex, `${path}-none`), { code: 'storage', message: /cannot read/ });
  });
});
