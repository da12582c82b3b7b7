import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { trainingSessions } from '../../../models/recipes/training-sessions.ts';
import { positivePmi } from '../../../models/recipes/vectors/cooccurrence.ts';
import { symmetricEigen } from '../../../models/recipes/vectors/jacobi.ts';
import { learnVectors } from '../../../models/recipes/vectors/learn.ts';
import { leftFactors } from '../../../models/recipes/vectors/randomised-svd.ts';
import {
  times, transposedTimes, type SparseMatrix,
} from '../../../models/recipes/vectors/sparse.ts';
import { Prng } from '../../../server/core/prng.ts';
import { packSessions } from '../../../server/storefront/retrieval/past-sessions.ts';

suite('Item vectors', () => {
  test('items that keep the same company are near, others are not', () => {
    const prng = new Prng(2);
    // Two aisles of ten items each; no session leaves its aisle.
    const sessions = Array.from({ length: 400 }, () => {
      const aisle = 10 * prng.below(2);
      return Array.from({ length: 4 }, () => aisle + prng.below(10));
    });
    const data = trainingSessions(packSessions(sessions), String);
    const { numbers, vectors, dim } = learnVectors(data, 4, 1);
    const vectorOf = new Map(Array.from(numbers, (number, at) =>
      [Number(data.ids[number - 1]), vectors.subarray(at * dim, (at + 1) * dim)]));

    for (const a of [0, 3, 12]) {
      for (const b of [1, 7, 15, 19]) {
        const likeness = cosine(vectorOf.get(a)!, vectorOf.get(b)!);
        const sameAisle = a < 10 === b < 10;
        assert.ok(sameAisle ? likeness > 0.5 : likeness < 0.5, `${a} and ${b}: ${likeness}`);
      }
    }
  });

  test('an item that is always alone has no vector', () => {
    const sessions = [...Array.from({ length: 40 }, () => [0, 1, 2]), ...Array(40).fill([9])];
    const prng = new Prng(1);
    sessions.sort(() => prng.float() - 0.5);
    const data = trainingSessions(packSessions(sessions), String);

    const { numbers } = learnVectors(data, 2, 1);

    assert.ok(!Array.from(numbers, (number) => data.ids[number - 1]).includes('9'));
  });

  test('positive PMI is what the definition says', () => {
    // Pairs (1,2) twice, (1,3) once; rows sum to 3, 2, 1.
    const items = Int32Array.of(1, 2, 1, 2, 1, 3);
    const offsets = Uint32Array.of(0, 2, 4, 6);
    const { starts, columns, values } = positivePmi({ items, offsets }, 3);
    const context = [3, 2, 1].map((sum) => sum ** 0.75);
    const total = context.reduce((a, b) => a + b, 0);

    assert.deepEqual([...starts], [0, 2, 3, 4]);
    assert.deepEqual([...columns], [1, 2, 0, 0]);
    close(values[0] as number, Math.log(2 / ((3 * context[1]!) / total)));
    close(values[3] as number, Math.log(1 / ((1 * context[0]!) / total)));
  });

  test('the random start finds the singular vectors of the whole matrix', () => {
    const size = 30;
    const prng = new Prng(3);
    const dense = Float64Array.from({ length: size * size }, () =>
      (prng.float() < 0.4 ? prng.normal() : 0));
    const matrix = toSparse(dense, size);
    const identity = Float64Array.from({ length: size * size }, (_, i) =>
      (i % (size + 1) === 0 ? 1 : 0));
    const gram = times(matrix, transposedTimes(matrix, identity, size), size); // M Mᵀ

    const whole = symmetricEigen(gram, size);
    const { left, values } = leftFactors(matrix, 5, 1);

    for (let c = 0; c < 5; c += 1) {
      close(values[c] as number, Math.sqrt(whole.values[c] as number), 1e-3);
      let along = 0;
      for (let row = 0; row < size; row += 1) {
        along += (left[row * 5 + c] as number) * (whole.vectors[row * size + c] as number);
      }
      close(Math.abs(along), 1, 1e-2);
    }
  });
});

function toSparse(dense: Float64Array, size: number): SparseMatrix {
  const starts = new Uint32Array(size + 1);
  const cells: [number, number][] = [];
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1) {
      const value = dense[row * size + column] as number;
      if (value !== 0) cells.push([column, value]);
    }
    starts[row + 1] = cells.length;
  }
  return {
    rows: size, starts,
    columns: Int32Array.from(cells, ([column]) => column),
    values: Float64Array.from(cells, ([, value]) => value),
  };
}

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = a.reduce((sum, x, i) => sum + x * (b[i] as number), 0);
  return dot / (Math.hypot(...a) * Math.hypot(...b));
}

function close(got: number, want: number, tolerance = 1e-9): void {
  assert.ok(Math.abs(got - want) <= tolerance * Math.max(1, Math.abs(want)), `${got}, not ${want}`);
}
