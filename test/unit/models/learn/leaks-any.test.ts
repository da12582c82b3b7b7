import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { findLeaks } from '../../../../models/learn/leaks/detect.ts';
import { defaultSplit } from '../../../../models/learn/split/default.ts';
import type { Column, Examples } from '../../../../models/learn/table.ts';
import { TrainingError } from '../../../../models/learn/training-error.ts';

/** Cells that tables have: gaps, zeros of both signs, the very large, the very small, few values. */
const cell = fc.oneof(
  fc.constantFrom(NaN, 0, -0, 1, 1e300, -1e300, 5e-324, 1_700_000_000_000),
  fc.integer({ min: -3, max: 3 }), fc.double({ noNaN: true, noDefaultInfinity: true }),
);

const anyExamples: fc.Arbitrary<Examples> = fc.integer({ min: 10, max: 120 }).chain((rows) => {
  const list = (of: fc.Arbitrary<number>) =>
    fc.array(of, { minLength: rows, maxLength: rows }).map((values) => Float64Array.from(values));
  const column: fc.Arbitrary<Column> = fc.oneof(
    list(cell).map((values) => ({ name: 'n', kind: 'number' as const, values })),
    fc.constantFrom(NaN, 0, 7).map((value) =>
      ({ name: 'same', kind: 'number' as const, values: new Float64Array(rows).fill(value) })),
    list(fc.constantFrom(0, 1, 2, NaN)).map((values) =>
      ({ name: 'c', kind: 'category' as const, categories: ['x', 'y', 'z'], values })),
  );
  return fc.record({
    table: fc.array(column, { minLength: 1, maxLength: 5 }).map((columns) => ({ rows, columns })),
    labels: list(fc.oneof(fc.constantFrom(0, 1), fc.constantFrom(0, 1), fc.constantFrom(1))),
    times: list(fc.integer({ min: 0, max: 30 })),
    groups: list(fc.integer({ min: 0, max: 9 })).map((values) => Uint32Array.from(values)),
  }, { requiredKeys: ['table', 'labels'] });
});

suite('any table', () => {
  test('is split, or not for a reason, and looked through for leaks without a defect', () => {
    fc.assert(fc.property(anyExamples, fc.nat(), (examples, seed) => {
      let plan;
      try {
        plan = defaultSplit({ seed, folds: 3 })(examples);
      } catch (error) {
        assert.ok(error instanceof TrainingError, String(error));
        return;
      }
      for (const { rule, evidence, advice } of findLeaks({ examples, plan })) {
        assert.ok(rule && advice.length > 10 && !/NaN|undefined|Infinity/.test(evidence), evidence);
      }
      assert.ok(!findLeaks({ examples, plan }).some(({ rule }) => rule === 'time-overlap'));
    }), { numRuns: 300 });
  });
});
