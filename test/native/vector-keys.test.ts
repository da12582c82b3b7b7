import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
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

    keyed.add(['lamp', 18_446_744_073_709_551_615n, '7', 7n], f32(5, 2, 3, 4));

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

  test('vectors and keys are one file, which opens as it was saved', () => {
    const keyed = make();
    const odd = ['', ' ', 'line\nend', '\ud800', '1', '{"format":', 'ß', 0n, 18_446_744_073_709_551_615n];
    keyed.add(['gone', ...odd], Float32Array.from({ length: odd.length + 1 }, (_, i) => i + 1));
    keyed.remove(['gone']);
    const next = keyed.idOf('') as number;
    keyed.save(path);

    const opened = KeyedIndex.open(VectorIndex, path);

    assert.deepEqual(readdirSync(dirname(path)), ['keyed']);
    assert.deepEqual(nearest(opened, 9), odd.slice().reverse());
    assert.equal(opened.idOf(''), next);
    opened.add(['gone'], f32(99));
    assert.equal(nearest(opened, 1)[0], 'gone');
    assert.equal(opened.idOf('gone'), odd.length + 1); // a number is given once
  });

  test('a key that could not be given back is refused wherever one is taken', () => {
    const keyed = make();
    const wrong = [7, 1.5, NaN, null, undefined, true, {}, [], Symbol('key'), -1n, 2n ** 64n];

    for (const key of wrong as never[]) {
      for (const use of [
        () => keyed.add(['fine', key], f32(1, 2)), () => keyed.has(key), () => keyed.idOf(key),
        () => keyed.get(key, f32(0)), () => keyed.remove(['fine', key]),
      ]) assert.throws(use, { code: 'bad_argument', message: /a key must be a string or a bigint of 0\.\.2\^64-1/ });
    }

    assert.throws(() => keyed.has(7 as never), { message: /it is the number 7: write 7n$/ });
    assert.equal(keyed.size, 0);
  });

  test('a key that comes twice in a call is refused by its name, new or not', () => {
    const keyed = make();
    keyed.add(['old'], f32(1));

    for (const [keys, name] of [[['a', 5n, 'a'], '"a"'], [['old', 'b', 'old'], '"old"'], [[5n, 5n], '5']] as const) {
      assert.throws(() => keyed.add([...keys], new Float32Array(keys.length)), {
        code: 'bad_argument', message: new RegExp(`key ${name} comes twice`),
      });
    }
    assert.deepEqual([keyed.size, keyed.has('a'), keyed.has('b'), keyed.has(5n)], [1, false, false, false]);
  });

  test('it takes an empty index only, and says when another hand has changed it', () => {
    const index = new VectorIndex({ kind: 'exact', dim: 1, metric: 'ip' });
    index.add(Uint32Array.of(3), f32(1));
    assert.throws(() => new KeyedIndex(index), { code: 'bad_argument', message: /must be empty, it holds 1/ });
    index.remove(Uint32Array.of(3));
    const keyed = new KeyedIndex(index);
    keyed.add(['a'], f32(1));
    index.add(Uint32Array.of(9), f32(1));

    assert.throws(() => keyed.save(path), { code: 'bad_argument', message: /holds 2 vectors, 1 of them by a key/ });
  });

  test('keys that are missing or not those of the vectors are a clear failure', () => {
    const index = new VectorIndex({ kind: 'exact', dim: 1, metric: 'ip' });
    index.add(Uint32Array.of(0, 1), f32(1, 2));
    const head = (count: number, next = 2) => JSON.stringify({ format: 'vitrine keys 1', next, count });
    const notes = [
      '{', 'null\n', '[]\n', '{"format":"other"}\n', head(2), `${head(2)}\n0 "a"\n`, `${head(2)}\n0 "a"\n1 "a"\n`,
      `${head(2)}\n0 "a"\n0 "b"\n`, `${head(2)}\n0 "a"\n1 "b"`, `${head(2)}\n0 "a"\n2 "b"\n`,
      `${head(2)}\n0 1.5\n1 2\n`,
      `${head(2)}\n0 "a"\n1 99999999999999999999\n`, `${head(3)}\n0 "a"\n1 "b"\n`, `${head(2, 1)}\n0 "a"\n1 "b"\n`,
    ];
    for (const note of notes) {
      index.save(path, { note: Buffer.from(note) });
      assert.throws(() => KeyedIndex.open(VectorIndex, path), {
        code: 'storage', message: /keyed are not as they were saved/,
      }, note);
    }
    index.save(path, { note: Buffer.from(`${head(2)}\n0 "a"\n1 7\n`) });
    assert.deepEqual(nearest(KeyedIndex.open(VectorIndex, path), 2), [7n, 'a']);
    index.save(path);
    assert.throws(() => KeyedIndex.open(VectorIndex, path), { code: 'storage', message: /holds no keys/ });
    assert.throws(() => KeyedIndex.open(VectorIndex, `${path}-none`), { code: 'storage', message: /cannot open/ });
  });

  test('a save that does not succeed leaves what was there', () => {
    const keyed = make();
    keyed.add(['a'], f32(1));
    keyed.save(path);
    const before = readFileSync(path);
    // A limit of 8 KiB a file stands for a full disk: a write is cut short, the next one fails.
    const program = `
      import { KeyedIndex, VectorIndex } from 'vitrine/index';
      process.on('SIGXFSZ', () => {});
      const keyed = KeyedIndex.open(VectorIndex, ${JSON.stringify(path)}, { mode: 'load' });
      keyed.add(Array.from({ length: 2000 }, (_, i) => 'key ' + i), new Float32Array(2000));
      try { keyed.save(${JSON.stringify(path)}); } catch ({ code, message }) { console.log(code, message); }`;
    const { stdout, stderr } = spawnSync(
      'bash', ['-c', 'ulimit -f 8; exec "$0" --input-type=module -e "$1"', process.execPath, program],
      { encoding: 'utf8' },
    );

    assert.match(stdout, /^storage cannot write .*: File too large/, stderr);
    assert.deepEqual([readFileSync(path), readdirSync(dirname(path))], [before, ['keyed']]);
  });
});
