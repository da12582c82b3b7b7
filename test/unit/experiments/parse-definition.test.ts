import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ServeError } from '../../../server/core/errors.ts';
import { armOf, sessionUnit, takesPart } from '../../../server/experiments/assign.ts';
import { checkArms } from '../../../server/experiments/check-arms.ts';
import { changed } from '../../../server/experiments/definition.ts';
import { parseExperiments } from '../../../server/experiments/parse-definition.ts';

const AB = { name: 'blend', arms: [{ name: 'now' }, { name: 'rules', override: { weights: { followed_by: 2 } } }] };
const parse = (...experiments: object[]) => parseExperiments({ experiments });

suite('experiments.json', () => {
  test('what a definition leaves out has defaults', () => {
    const [one] = parse(AB);

    assert.deepEqual(one, {
      name: 'blend', kind: 'ab', unit: 'session', salt: 'blend', layer: 'blend', share: [0, 1],
      startMs: -Infinity, stopMs: Infinity, metric: 'click', alpha: 0.05, horizon: 10_000,
      arms: [
        { name: 'now', weight: 1, override: {} },
        { name: 'rules', weight: 1, override: { weights: { followed_by: 2 } } },
      ],
    });
  });

  for (const [wrong, said] of [
    [[{ ...AB, name: 'A B' }], /experiments\[0\]\.name: expected a name/],
    [[{ ...AB, arms: [{ name: 'x' }] }], /experiments\[0\]\.arms: expected a list of 2 to 8/],
    [[{ ...AB, arms: [{ name: 'x' }, { name: 'x' }] }],
      /experiments\[0\]\.arms\[1\]\.name: 'x' is arms\[0\] already/],
    [[{ ...AB, arms: [{ name: 'x' }, { name: 'y', weight: -1 }] }], /experiments\[0\]\.arms\[1\]\.weight/],
    [[{ ...AB, arms: [{ name: 'x' }, { name: 'y', override: { weights: { luck: 1 } } }] }],
      /experiments\[0\]\.arms\[1\]\.override\.weights\.luck: unknown; known: session_neighbours/],
    [[{ ...AB, share: [0.5, 0.2] }], /experiments\[0\]\.share/],
    [[{ ...AB, start: 'tomorrow' }], /experiments\[0\]\.start: expected a time as 2026/],
    [[{ ...AB, start: '2026-11-24T00:00:00Z', stop: '2026-11-23T00:00:00Z' }],
      /experiments\[0\]\.stop: expected a time after/],
    [[AB, AB], /experiments\[1\]\.name: 'blend' is experiments\[0\] already/],
    [[{ ...AB, metrik: 'click' }], /experiments\[0\]\.metrik: unknown; known: name, kind/],
    [[{ ...AB, kind: 'interleave', metric: 'revenue' }], /experiments\[0\]\.metric/],
    [[{ name: 'x', kind: 'explore', explore: { every: 1 } }],
      /experiments\[0\]\.explore\.every: expected an integer from 2/],
    [[{ ...AB, layer: 'l', share: [0, 0.6] }, { ...AB, name: 'two', layer: 'l', share: [0.5, 1] }],
      /experiments\[1\]\.share: the layer 'l' gives 0\.5 to 1 to experiments\[0\] in part/],
  ] as const) {
    test(`a wrong one is told by its path: ${String(said)}`, () => {
      assert.throws(() => parse(...wrong), said);
    });
  }

  test('two of one layer may follow each other, or share its units out', () => {
    parse({ ...AB, layer: 'l', stop: '2026-11-24T00:00:00Z' },
      { ...AB, name: 'after', layer: 'l', start: '2026-11-24T00:00:00Z' });
    const [one, two] = parse({ ...AB, layer: 'l', share: 0.3 }, { ...AB, name: 'two', layer: 'l', share: [0.3, 1] });

    const ids = Array.from({ length: 5000 }, (_, i) => sessionUnit(`visit-${i}`));
    for (const id of ids) assert.notEqual(takesPart(one!, id), takesPart(two!, id));
    const share = ids.filter((id) => takesPart(one!, id)).length / ids.length;
    assert.ok(Math.abs(share - 0.3) < 0.03, `${share}`);
  });

  test('arms get what their weights say, and are independent of the layer and of other salts', () => {
    const [one] = parse({ ...AB, share: 0.5, arms: [{ name: 'a', weight: 3 }, { name: 'b', weight: 1 }] });
    const ids = Array.from({ length: 8000 }, (_, i) => sessionUnit(`v${i}`));
    const share = (of: string[], salt: string) =>
      of.filter((id) => armOf({ ...one!, salt }, id) === 1).length / of.length;

    assert.ok(Math.abs(share(ids, 'a') - 0.25) < 0.02);
    assert.ok(Math.abs(share(ids.filter((id) => takesPart(one!, id)), 'a') - 0.25) < 0.03);
    assert.ok(Math.abs(share(ids.filter((id) => armOf({ ...one!, salt: 'b' }, id) === 1), 'a') - 0.25) < 0.04);
  });

  test('an arm may want what the server has: its placements, and sources that some blend uses', () => {
    const openEncoder = (name: string): void => {
      if (name !== 'encoder/2') throw new ServeError('bad_argument', `there is no session encoder '${name}'`);
    };
    const here = { sources: ['followed_by'], placements: ['home', 'sidebar'], openEncoder };
    const wanting = (override: object, more: object = {}) =>
      () => checkArms(parse({ ...AB, ...more, arms: [{ name: 'a' }, { name: 'b', override }] }), here);

    wanting({ placement: 'sidebar', weights: { followed_by: 2, taste: 0 } }, { placement: 'home' })();
    wanting({ encoder: 'encoder/2' })();
    assert.throws(wanting({ encoder: 'encoder/3' }),
      /experiments\[0\]\.arms\[1\]\.override\.encoder: there is no session encoder 'encoder\/3'/);
    assert.throws(wanting({ placement: 'cellar' }),
      /experiments\[0\]\.arms\[1\]\.override\.placement: there is no 'cellar'; there are home, sidebar/);
    assert.throws(wanting({ weights: { taste: 1 } }), /weights\.taste: no blend has that source; they have f/);
    assert.throws(wanting({}, { placement: 'cellar' }), /experiments\[0\]\.placement: there is no 'cellar'/);
  });

  test('while units are counted only its end may change', () => {
    const [one] = parse(AB);

    assert.equal(changed(one!, parse({ ...AB, stop: '2026-11-24T00:00:00Z' })[0]!), null);
    assert.equal(changed(one!, parse({ ...AB, salt: 'x', metric: 'cart' })[0]!), 'salt, metric');
  });
});
