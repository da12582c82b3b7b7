import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { Prng } from '../../../server/core/prng.ts';
import { float16 } from '../../../server/index-tool/npy.ts';
import { collectVectors, readVectors } from '../../../server/index-tool/vector-file.ts';
import { CHUNK_ROWS, VectorFileError, type Flaw } from '../../../server/index-tool/vector-rows.ts';
import { tempFolder } from '../../support/temp-file.ts';
import { fvecsBytes, jsonlText, npyBytes, npyFile, type Matrix } from '../../support/vector-files.ts';

const WRITERS: Readonly<Record<string, (matrix: Matrix) => Buffer | string>> = {
  'a.fvecs': fvecsBytes,
  'a.npy': (matrix) => npyBytes(matrix),
  'by-column.npy': (matrix) => npyBytes(matrix, true),
  'a.jsonl': (matrix) => jsonlText(matrix),
};

const matrices = fc.record({
  dim: fc.integer({ min: 1, max: 9 }),
  rows: fc.integer({ min: 1, max: 40 }),
  seed: fc.nat(),
});
const FOLDER = tempFolder();

/** The bytes as they are: `.gz` too is the test's own work. */
function fileOf(name: string, bytes: Buffer | string): string {
  const path = join(FOLDER, name);
  writeFileSync(path, bytes);
  return path;
}

function matrixOf({ dim, rows, seed }: { dim: number; rows: number; seed: number }): Matrix {
  return { dim, values: new Prng(seed).row(rows * dim) };
}

suite('A file of vectors', () => {
  for (const [name, write] of Object.entries(WRITERS)) {
    test(`${name}: every value comes back, zipped or not`, async () => {
      await fc.assert(
        fc.asyncProperty(matrices, async (shape) => {
          const matrix = matrixOf(shape);
          const bytes = write(matrix);
          for (const path of [fileOf(name, bytes), fileOf(`${name}.gz`, gzipSync(bytes))]) {
            const { dim, ids, vectors } = await collectVectors(path);
            assert.deepEqual({ dim, ids, vectors }, { dim: matrix.dim, ids: null, vectors: matrix.values });
          }
        }),
        { numRuns: 20 },
      );
    });

    test(`${name}: chunks follow each other without a gap`, async () => {
      const matrix = matrixOf({ dim: 3, rows: 2 * CHUNK_ROWS + 5, seed: 1 });
      const firsts: number[] = [];
      for await (const chunk of readVectors(fileOf(name, write(matrix)))) {
        const at = chunk.first * 3;
        assert.deepEqual(chunk.vectors, matrix.values.slice(at, at + chunk.vectors.length));
        firsts.push(chunk.first);
      }

      assert.deepEqual(firsts, [0, CHUNK_ROWS, 2 * CHUNK_ROWS]);
    });

    test(`${name}: a file cut anywhere is an error or fewer whole rows, never other values`, async () => {
      const matrix = matrixOf({ dim: 4, rows: 6, seed: 2 });
      const bytes = Buffer.from(write(matrix));
      for (let length = 0; length < bytes.length; length += 1) {
        const read = collectVectors(fileOf(name, bytes.subarray(0, length)));
        const got = await read.catch((error: unknown) => error);
        if (got instanceof VectorFileError) continue;

        assert.ok(!name.endsWith('.npy'), `${length} bytes are a whole file`); // its head has the number
        const { vectors } = got as { vectors: Float32Array };
        assert.ok(vectors.length > 0 && vectors.length % 4 === 0);
        assert.deepEqual(vectors, matrix.values.slice(0, vectors.length));
      }
    });

    test(`${name}: a value that is not a number is told with its row`, async () => {
      if (name === 'a.jsonl') return; // JSON has none
      const matrix = matrixOf({ dim: 4, rows: 6, seed: 3 });
      matrix.values[4 * 4 + 2] = NaN;

      await fails(fileOf(name, write(matrix)), 'not a number', 4);
    });
  }

  test('ids of JSON lines may be numbers or texts', async () => {
    const matrix = matrixOf({ dim: 2, rows: 3, seed: 4 });
    const ids = ['one', 2, 'three'];
    const read = await collectVectors(fileOf('a.jsonl', jsonlText(matrix, (row) => ids[row] as string)));

    assert.deepEqual(read.ids, ['one', 2n, 'three']);
  });

  test('whole numbers of 64 bits are read to the last digit', async () => {
    const lines = [
      '{"id": 9007199254740993, "vector": [1]}', '{"id":9007199254740992,"vector":[1]}',
      '{"a\\"id": 1, "meta": {"id": 11111111111111111}, "vector": [1], "id" : 18446744073709551615 }',
      '{"id": "9007199254740993", "vector": [1]}', '{"id": 0, "vector": [1]}',
    ];

    const { ids } = await collectVectors(fileOf('a.jsonl', lines.join('\n')));

    assert.deepEqual(ids, [9007199254740993n, 9007199254740992n, 18446744073709551615n, '9007199254740993', 0n]);
  });

  test('float16 is read to the bit', () => {
    const values: [number, number][] = [
      [0x0000, 0], [0x3c00, 1], [0xc000, -2], [0x3555, 0.333251953125], [0x7bff, 65504], [0x0001, 2 ** -24],
      [0x7c00, Infinity], [0xfc00, -Infinity],
    ];
    for (const [bits, value] of values) assert.equal(float16(bits), value);
    assert.ok(Number.isNaN(float16(0x7e00)));
  });

  const WRONG: readonly [string, string, Buffer | string, Flaw, number | null][] = [
    ['a name that says nothing', 'a.csv', '1,2', 'format', null],
    ['an empty file', 'a.fvecs', '', 'empty', null],
    ['an empty .npy', 'a.npy', '', 'empty', null],
    ['only blank lines', 'a.jsonl', '\n\n', 'empty', null],
    ['another dimension', 'a.fvecs', Buffer.concat([fvecs(2, [1, 2]), fvecs(3, [1, 2, 3])]), 'dimension', 1],
    ['another dimension in a short last row', 'a.fvecs', Buffer.concat([fvecs(3, [1, 2, 3]), fvecs(2, [1, 2])]),
      'dimension', 1],
    ['too long a vector', 'a.fvecs', Buffer.concat([fvecs(2, [1, 2]), fvecs(2, [1e18, 1e18])]), 'too long', 1],
    ['bytes that are no UTF-8', 'a.jsonl',
      Buffer.from('{"id": "a", "vector": [1]}\n{"id": "\xff", "vector": [1]}\n', 'latin1'), 'format', 1],
    ['an id over 64 bits', 'a.jsonl', '{"id": 18446744073709551616, "vector": [1]}\n', 'format', 0],
    ['an id below 0', 'a.jsonl', '{"id": -1, "vector": [1]}\n', 'format', 0],
    ['an id that is no whole number', 'a.jsonl', '{"id": 1e30, "vector": [1]}\n', 'format', 0],
    ['a dimension of nothing', 'a.fvecs', fvecs(0, []), 'dimension', 0],
    ['a huge dimension', 'a.fvecs', fvecs(2 ** 30, [1]), 'dimension', 0],
    ['a .npy of something else', 'a.npy', 'PK-something', 'format', null],
    ['doubles', 'a.npy', npyOf('<f8', '(1, 1)'), 'format', null],
    ['a list', 'a.npy', npyOf('<f4', '(2,)'), 'format', null],
    ['more than promised', 'a.npy', npyOf('<f4', '(1, 1)'), 'format', null],
    ['no JSON', 'a.jsonl', '{"vector": [1]}\n{"vector"', 'format', 1],
    ['no vector', 'a.jsonl', '{"id": 1}\n', 'format', 0],
    ['null', 'a.jsonl', 'null\n', 'format', 0],
    ['a text in it', 'a.jsonl', '{"vector": [1, "2"]}\n', 'not a number', 0],
    ['a number too large for a float', 'a.jsonl', '{"vector": [1, 1e300]}\n', 'not a number', 0],
    ['another dimension', 'a.jsonl', '{"vector": [1]}\n{"vector": [1, 2]}\n', 'dimension', 1],
    ['the same id', 'a.jsonl', '{"id": 7, "vector": [1]}\n\n{"id": 7, "vector": [2]}\n', 'duplicate', 1],
    ['an id for some', 'a.jsonl', '{"id": 7, "vector": [1]}\n{"vector": [2]}\n', 'format', 1],
    ['an id for later ones', 'a.jsonl', '{"vector": [1]}\n{"id": 7, "vector": [2]}\n', 'format', 1],
    ['an id that is a list', 'a.jsonl', '{"id": [1], "vector": [1]}\n', 'format', 0],
    ['no gzip', 'a.jsonl.gz', '{"vector": [1]}\n', 'format', null],
    ['gzip cut short', 'a.fvecs.gz', gzipSync(fvecs(2, [1, 2])).subarray(0, -6), 'truncated', null],
  ];
  for (const [what, name, bytes, flaw, row] of WRONG) {
    test(`${name} with ${what} is refused, with its row`, async () => {
      await fails(fileOf(name, bytes), flaw, row);
    });
  }

  test('a file that is not there is told as one, zipped or not', async () => {
    await fails('/nowhere/a.fvecs', 'unreadable', null);
    await fails('/nowhere/a.npy.gz', 'unreadable', null);
  });

  test('a line without an end is not read to its end', async () => {
    await fails(fileOf('a.jsonl', '[' + '1,'.repeat(1 << 20)), 'format', 0);
  });
});

function fvecs(dim: number, row: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 + row.length * 4);
  bytes.writeInt32LE(dim);
  row.forEach((value, i) => bytes.writeFloatLE(value, 4 + i * 4));
  return bytes;
}

/** Eight bytes under this head. */
function npyOf(descr: string, shape: string): Buffer {
  return npyFile(`{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`, Buffer.alloc(8));
}

async function fails(path: string, flaw: Flaw, row: number | null): Promise<void> {
  await assert.rejects(collectVectors(path), (error: unknown) => {
    assert.ok(error instanceof VectorFileError, String(error));
    const told = [error.flaw, error.row, error.path, error.code];
    const code = flaw === 'unreadable' ? 'storage' : 'bad_argument';
    assert.deepEqual(told, [flaw, row, path, code], error.message);
    assert.ok(error.message.includes(path));
    return true;
  });
}
