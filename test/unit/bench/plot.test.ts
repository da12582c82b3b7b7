import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { plotSpeeds } from '../../../bench/ann/plot.ts';
import { logTicks, spacedApart } from '../../../server/core/svg.ts';

const ROWS = [
  ['Vitrine, beam 10', 0.9, 20_000],
  ['Vitrine, beam 100', 0.995, 3000],
  ['a < b & c, beam 10', 0.8, 500],
].flatMap(([impl, recall, rate]) =>
  [['recall@10', recall, 'share'], ['one by one', rate, 'queries/s'], ['64 a call', rate, 'queries/s']].map(
    ([metric, value, unit]) => ({ case: 'a set, every point measured', impl, metric, value, unit }),
  ),
) as Parameters<typeof plotSpeeds>[0];

suite('The plot of recall against speed', () => {
  test('names every engine beside its line, and holds no number that is none', () => {
    const { svg = '' } = plotSpeeds(ROWS);

    assert.match(svg, />Vitrine</);
    assert.match(svg, />a &lt; b &amp; c</);
    assert.doesNotMatch(svg, /NaN|Infinity|undefined/);
  });

  test('is absent where no point was measured', () => {
    assert.deepEqual(plotSpeeds([]), {});
  });

  test('labels stand apart and inside, in the order of what they label', () => {
    const places = spacedApart([100, 101, 99, 200], 14, 0, 200);

    const order = [2, 0, 1, 3].map((at) => places[at] as number);
    order.slice(1).forEach((place, i) => assert.ok(place - (order[i] as number) >= 14));
    assert.ok(Math.min(...places) >= 0 && Math.max(...places) <= 200);
  });

  test('a logarithmic axis has a labelled line at each power of ten', () => {
    const labels = logTicks(2, 5).filter(({ label }) => label).map(({ label }) => label);

    assert.deepEqual(labels, ['100', '1k', '10k', '100k']);
  });
});
