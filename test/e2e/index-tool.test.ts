import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Prng } from '../../server/core/prng.ts';
import { tempFolder } from '../support/temp-file.ts';
import { fvecsBytes, jsonlText, npyBytes } from '../support/vector-files.ts';

const CLI = fileURLToPath(new URL('../../server/cli.js', import.meta.url));
const DIM = 8;
const VECTORS = { dim: DIM, values: new Prng(3).row(500 * DIM) };
const QUERIES = { dim: DIM, values: new Prng(4).row(5 * DIM) };

function vitrine(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, 'index', ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

interface Line {
  readonly query: string;
  readonly results: readonly { readonly id: string; readonly score: number }[];
}
type Two = [string, string];
type Three = [string, string, string];

/** Rows of the nearest vectors by inner product, nearest first, by plain loops. */
function nearest(query: number, k: number): number[] {
  const score = (row: number) => {
    let sum = 0;
    for (let d = 0; d < DIM; d += 1) {
      sum += (VECTORS.values[row * DIM + d] as number) * (QUERIES.values[query * DIM + d] as number);
    }
    return sum;
  };
  const rows = Array.from({ length: 500 }, (_, row) => row);
  return rows.sort((a, b) => score(b) - score(a)).slice(0, k);
}

suite('vitrine index', () => {
  test('builds an index from .fvecs, searches it with .npy, describes and checks it', () => {
    const folder = tempFolder();
    const [vectors, queries, index] = ['v.fvecs', 'q.npy', 'v.index'].map((name) => join(folder, name)) as Three;
    writeFileSync(vectors, fvecsBytes(VECTORS));
    writeFileSync(queries, npyBytes(QUERIES));

    const built = vitrine('build', vectors, index, '--metric', 'ip');
    const found = vitrine('search', index, queries, '--k', '3', '--beam', '200');
    const stats = vitrine('stats', index, '--format', 'json');
    const checked = vitrine('check', index, '--beam', '200', '--least', '0.95');

    assert.deepEqual([built.status, built.stderr], [0, '']);
    assert.match(built.stdout, /500 vectors of 8, graph, ip/);
    const rows = found.stdout.trim().split('\n').map((line) => line.split('\t').map(Number));
    assert.equal(rows.length, 15);
    for (const query of [0, 1, 2, 3, 4]) {
      const ids = rows.filter((row) => row[0] === query).map((row) => row[2]);
      assert.deepEqual(ids, nearest(query, 3));
    }
    const { kind, metric, dim, size, checksum } = JSON.parse(stats.stdout) as Record<string, unknown>;
    assert.deepEqual([kind, metric, dim, size], ['graph', 'ip', DIM, 500]);
    assert.match(String(checksum), /^[0-9a-f]{16}$/);
    assert.equal(checked.status, 0, checked.stderr);
    assert.match(checked.stdout, /recall@10 (0\.9[5-9]|1)/);
  });

  test('calls vectors and queries by the ids of JSON lines', () => {
    const folder = tempFolder();
    const [vectors, queries, index] = ['v.jsonl', 'q.jsonl', 'v.index'].map((name) => join(folder, name)) as Three;
    writeFileSync(vectors, jsonlText(VECTORS, (row) => `item ${row}`));
    writeFileSync(queries, jsonlText(QUERIES, (row) => `query ${row}`));

    const built = vitrine('build', vectors, index, '--metric', 'ip', '--kind', 'exact', '--quiet');
    const found = vitrine('search', index, queries, '--k', '2', '--format', 'jsonl');

    assert.equal(built.status, 0, built.stderr);
    const lines = found.stdout.trim().split('\n').map((line) => JSON.parse(line) as Line);
    assert.deepEqual(lines.map(({ query }) => query), [0, 1, 2, 3, 4].map((row) => `query ${row}`));
    lines.forEach(({ results }, query) => {
      assert.deepEqual(results.map(({ id }) => id), nearest(query, 2).map((row) => `item ${row}`));
      assert.ok((results[0]?.score ?? 0) >= (results[1]?.score ?? 0));
    });
  });

  test('names file, row and fault of what is wrong, and writes no index then', () => {
    const folder = tempFolder();
    const [vectors, index] = ['v.fvecs', 'v.index'].map((name) => join(folder, name)) as Two;
    writeFileSync(vectors, fvecsBytes(VECTORS).subarray(0, 1000));

    const { status, stderr } = vitrine('build', vectors, index);

    assert.equal(status, 1);
    assert.match(stderr, /v\.fvecs, row 27 \(from 0\): it ends after 28 of 36 bytes\n$/);
    assert.equal(existsSync(index), false);
  });

  test('a damaged index is refused, and so are ids of another one', () => {
    const folder = tempFolder();
    const [vectors, index] = ['v.jsonl', 'v.index'].map((name) => join(folder, name)) as Two;
    writeFileSync(vectors, jsonlText(VECTORS, (row) => row * 3));
    assert.equal(vitrine('build', vectors, index, '--quiet').status, 0);
    const bytes = readFileSync(index);
    const ids = readFileSync(`${index}.ids`, 'utf8');

    writeFileSync(`${index}.ids`, ids.replace(/^.*\n/, '{"of":"0000000000000000"}\n'));
    const foreign = vitrine('check', index);
    writeFileSync(`${index}.ids`, ids);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
    writeFileSync(index, bytes);
    const damaged = vitrine('check', index);
    writeFileSync(index, 'no index');
    const none = vitrine('stats', index);

    assert.deepEqual([foreign.status, damaged.status, none.status], [1, 1, 1]);
    assert.match(foreign.stderr, /belongs to another index/);
    assert.match(damaged.stderr, /checksum/);
    assert.match(none.stderr, /is no vector index/);
  });

  test('a wrong call says what is right', () => {
    assert.equal(vitrine('wobble').status, 2);
    assert.match(vitrine('build', 'a.fvecs').stderr, /takes VECTORS and INDEX/);
    assert.match(vitrine('build', 'a.fvecs', 'b', '--metric', 'x').stderr, /one of cosine, ip, l2/);
    assert.match(vitrine('search', 'a', 'b', '--k', '0').stderr, /--k must be a whole number of 1\.\.1000/);
    assert.match(vitrine('check', '--help').stdout, /vitrine index check INDEX/);
  });
});
