import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync, linkSync, lstatSync, readFileSync, readdirSync, symlinkSync, writeFileSync,
} from 'node:fs';
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

  test('a damaged index is refused by what is wrong with it, its ids as well as its vectors', () => {
    const folder = tempFolder();
    const [vectors, index] = ['v.jsonl', 'v.index'].map((name) => join(folder, name)) as Two;
    writeFileSync(vectors, jsonlText(VECTORS, (row) => row * 3));
    assert.equal(vitrine('build', vectors, index, '--quiet').status, 0);
    assert.deepEqual(readdirSync(folder).sort(), ['v.index', 'v.jsonl']);
    const good = readFileSync(index);

    for (const place of [good.indexOf('\n7 21\n') + 3, good.length >> 1]) {
      const bytes = Buffer.from(good);
      bytes[place] = (bytes[place] as number) ^ 1;
      writeFileSync(index, bytes);
      for (const { status, stderr } of [vitrine('check', index), vitrine('search', index, vectors)]) {
        const told = `vitrine: ${index} is damaged: its content does not match its checksum\n`;
        assert.deepEqual([status, stderr], [1, told]);
      }
    }
    writeFileSync(index, 'no index');
    const none = vitrine('stats', index);
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    const pipe = vitrine('stats', join(folder, 'pipe'));
    const nowhere = vitrine('stats', join(folder, 'nowhere'));

    assert.deepEqual([none.status, pipe.status, nowhere.status], [1, 1, 1]);
    assert.match(none.stderr, /^vitrine: .*v\.index is no vector index\n$/);
    assert.match(pipe.stderr, /^vitrine: .*pipe is not a regular file\n$/);
    assert.match(nowhere.stderr, /^vitrine: ENOENT: no such file/);
  });

  test('nothing but an index is written over, and that is known before any work is done', () => {
    const folder = tempFolder();
    const name = (file: string) => join(folder, file);
    const vectors = name('v.npy');
    writeFileSync(vectors, npyBytes(VECTORS));
    linkSync(vectors, name('hard.npy'));
    symlinkSync('v.npy', name('soft.npy'));
    symlinkSync('v.index', name('link.index'));
    execFileSync('mkfifo', [name('pipe')]);
    writeFileSync(name('notes.txt'), 'mine');
    const kept = readFileSync(vectors);
    const refused: [string, RegExp][] = [
      [vectors, /is the file of vectors itself/], [name('hard.npy'), /itself/], [name('soft.npy'), /itself/],
      [name('pipe'), /is no regular file/], [folder, /is a folder/], [name('no/v.index'), /there is no folder/],
      [name('notes.txt'), /no index of Vitrine: --force writes over it/],
    ];

    for (const [to, message] of refused) {
      const { status, stderr } = vitrine('build', vectors, to);
      assert.equal(status, 1);
      assert.match(stderr, message);
      if (to !== name('notes.txt')) assert.equal(vitrine('build', vectors, to, '--force').status, 1);
    }

    assert.deepEqual([readFileSync(vectors), readFileSync(name('notes.txt'), 'utf8')], [kept, 'mine']);
    assert.equal(vitrine('build', vectors, name('link.index')).status, 0);
    assert.equal(vitrine('build', vectors, name('link.index')).status, 0); // an index may be built anew
    assert.ok(lstatSync(name('link.index')).isSymbolicLink() && lstatSync(name('v.index')).isFile());
    assert.equal(vitrine('build', vectors, name('notes.txt'), '--force').status, 0);
    assert.equal(vitrine('stats', name('notes.txt')).status, 0);
  });

  test('every id is told apart in either format', () => {
    const folder = tempFolder();
    const [vectors, index] = ['v.jsonl', 'v.index'].map((name) => join(folder, name)) as Two;
    const ids = ['1', '"1"', '"a\\tb"', '"plain text"', '18446744073709551615', '"\\"q\\""', '""'];
    writeFileSync(vectors, ids.map((id) => `{"id":${id},"vector":[1]}\n`).join(''));
    assert.equal(vitrine('build', vectors, index, '--kind', 'exact', '--metric', 'ip').status, 0);

    const tsv = vitrine('search', index, vectors, '--k', '7').stdout.split('\n').slice(0, 7);
    const jsonl = vitrine('search', index, vectors, '--k', '7', '--format', 'jsonl').stdout.split('\n')[0];

    const cells = tsv.map((line) => line.split('\t'));
    assert.ok(cells.every((line) => line.length === 4 && line[0] === '1'));
    assert.deepEqual(cells.map((line) => line[2]), [...ids.slice(0, 3), 'plain text', ...ids.slice(4)]);
    assert.equal(jsonl, `{"query":1,"results":[${ids.map((id) => `{"id":${id},"score":1}`).join(',')}]}`);
  });

  test('the example of its page runs as it stands', () => {
    const page = readFileSync('server/index-tool/README.md', 'utf8');
    const example = /```js\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
    const program = example.replaceAll("'items.index'", JSON.stringify(join(tempFolder(), 'items.index')));

    const args = ['--input-type=module', '-e', program];
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });

    const told = [...example.matchAll(/console\.log\(.*\/\/ (.*)/g)].map(([, line]) => line);
    assert.ok(told.length > 0);
    assert.equal(stdout, told.map((line) => `${line}\n`).join(''), stderr);
  });

  test('a wrong call says what is right', () => {
    assert.equal(vitrine('wobble').status, 2);
    assert.match(vitrine('build', 'a.fvecs').stderr, /takes VECTORS and INDEX/);
    assert.match(vitrine('build', 'a.fvecs', 'b', '--metric', 'x').stderr, /one of cosine, ip, l2/);
    assert.match(vitrine('search', 'a', 'b', '--k', '0').stderr, /--k must be a whole number of 1\.\.1000/);
    assert.match(vitrine('search', 'a', 'b', '--beam', '65536').stderr, /--beam must be .* of 1\.\.65535/);
    assert.match(vitrine('check', '--help').stdout, /vitrine index check INDEX/);
  });
});
