import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { frontier, nextBeam, NOTHING, rateAt, recallOf } from '../../../bench/ann/matched.ts';

const point = (recall: number, rate: number) => ({ setting: [], recall, rate });
const LIMITS = { beamMin: 10, beamMax: 1280, gapMax: 0.01, stepsMax: 20 };

suite('Speed at matched recall', () => {
  test('lies on the straight line between two points, on a logarithmic axis', () => {
    const points = [point(0.9, 1000), point(0.98, 10)];

    assert.equal(rateAt(points, 0.94)?.toFixed(6), '100.000000');
    assert.equal(rateAt(points, 0.98)?.toFixed(6), '10.000000');
  });

  test('leaves out points that another one beats in both', () => {
    const good = [point(0.9, 1000), point(0.95, 500), point(0.99, 100)];
    const beaten = [point(0.9, 900), point(0.94, 400), point(0.95, 499)];

    assert.deepEqual(frontier([...beaten, ...good]), good);
  });

  test('is the cheapest rate where all points find more, and absent where none finds enough', () => {
    const points = [point(0.97, 1000), point(0.99, 100)];

    assert.equal(rateAt(points, 0.95), 1000);
    assert.equal(rateAt(points, 0.995), null);
    assert.equal(rateAt([], 0.5), null);
  });
});

suite('A sweep of beams', () => {
  /** All beams that a sweep looks at in an index whose recall is `recallOf(beam)`. */
  function swept(recall: (beam: number) => number, targets: readonly number[], limits = LIMITS) {
    const seen: { beam: number; recall: number }[] = [];
    for (;;) {
      const beam = nextBeam(seen, targets, limits);
      if (beam === null) return seen;
      seen.push({ beam, recall: recall(beam) });
    }
  }
  const usual = (beam: number) => 1 - 2 / beam;

  test('ends with each target between two near neighbours', () => {
    const seen = swept(usual, [0.95, 0.99]).toSorted((a, b) => a.beam - b.beam);

    for (const target of [0.95, 0.99]) {
      const above = seen.findIndex(({ recall }) => recall >= target);
      const gap = (seen[above]?.recall ?? 0) - (seen[above - 1]?.recall ?? 0);
      assert.ok(gap <= LIMITS.gapMax, `${target}: ${gap}`);
    }
    assert.equal(new Set(seen.map(({ beam }) => beam)).size, seen.length);
  });

  test('gives up at the largest beam, and at the number of steps', () => {
    assert.deepEqual(swept(() => 0.5, [0.95]).at(-1), { beam: 1280, recall: 0.5 });
    assert.equal(swept(usual, [0.95, 0.99], { ...LIMITS, stepsMax: 3 }).length, 3);
  });

  test('is one look where the least beam finds enough', () => {
    assert.deepEqual(swept(() => 1, [0.95, 0.99]), [{ beam: 10, recall: 1 }]);
  });
});

suite('Recall', () => {
  test('is the share of the true ids found, in whatever order', () => {
    assert.equal(recallOf(Uint32Array.of(3, 1, 2, 9), Uint32Array.of(1, 2, 3, 4), 2), 0.25);
    assert.equal(recallOf(Uint32Array.of(2, 1), Uint32Array.of(1, 2), 2), 1);
  });

  test('counts what there is where a query has fewer true neighbours', () => {
    assert.equal(recallOf(Uint32Array.of(7, NOTHING), Uint32Array.of(7, NOTHING), 2), 1);
    assert.equal(recallOf(Uint32Array.of(NOTHING), Uint32Array.of(NOTHING), 1), 1);
  });
});
