import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { loadAddon } from '../../../../server/ann/binding.ts';
import type { NativeVectorIndex } from '../../../../server/ann/binding.ts';
import { Log } from '../../../../server/core/log.ts';
import { Prng } from '../../../../server/core/prng.ts';
import { builtIndex } from '../../../../server/storefront/retrieval/sources/built-index.ts';
import { tempFolder } from '../../../support/temp-file.ts';

const DIM = 8;
const rows = Uint32Array.from({ length: 300 }, (_, i) => 2 * i);
const options = { kind: 'graph', dim: DIM, metric: 'ip' } as const;

function setup() {
  const folder = join(tempFolder(), 'indexes');
  const said: string[] = [];
  const log = new Log('info', (line) => said.push(line));
  const vectors = new Prng(3).row(rows.length * DIM);
  const make = (changed = vectors, name = 'taste') =>
    builtIndex(loadAddon(), options, rows, changed, { folder, name, log });
  return { folder, said, vectors, make };
}

function nearest(index: NativeVectorIndex, vectors: Float32Array): number[] {
  const [ids, scores] = [new Uint32Array(10), new Float32Array(10)];
  index.search(vectors.subarray(0, DIM), 10, ids, scores);
  return [...ids];
}

suite('A graph that was built', () => {
  test('is opened where the same vectors come again, and can be changed', () => {
    const { said, vectors, make } = setup();
    const built = make();
    const opened = make();

    assert.deepEqual(nearest(opened, vectors), nearest(built, vectors));
    assert.equal(said.filter((line) => line.includes('building')).length, 1);
    opened.add(Uint32Array.of(999), vectors.map((value) => 9 * value).subarray(0, DIM));
    assert.equal(nearest(opened, vectors)[0], 999);
  });

  test('is built anew for other vectors, and takes the place of its old file alone', () => {
    const { folder, said, vectors, make } = setup();
    make();
    make(vectors, 'similar');
    make(vectors.map((value) => -value));

    assert.equal(said.filter((line) => line.includes('building')).length, 3);
    assert.deepEqual(readdirSync(folder).map((name) => name.split('-')[0]).sort(), ['similar', 'taste']);
  });

  test('is built again where its file is damaged', () => {
    const { folder, said, vectors, make } = setup();
    const wanted = nearest(make(), vectors);
    const path = join(folder, readdirSync(folder)[0] as string);
    writeFileSync(path, readFileSync(path).subarray(0, -100));

    assert.deepEqual(nearest(make(), vectors), wanted);
    assert.match(said.join(), /of no use: it is built again/);
  });
});
