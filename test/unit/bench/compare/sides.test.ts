import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ownOptions } from '../../../../bench/compare/compare-options.ts';
import type { Block } from '../../../../bench/compare/block.ts';
import { comparePairs } from '../../../../bench/compare/pairs.ts';
import { comparisonPage, comparisonText, type Comparison } from '../../../../bench/compare/report.ts';
import { parseSide, prepareBuild } from '../../../../bench/compare/sides.ts';
import { GeneratorLate } from '../../../../bench/lab/problem.ts';

suite('What is compared', () => {
  test('is a URL, a place, settings, or a place with settings', () => {
    const url = 'ws://a:1/ws?x=1,2';
    assert.deepEqual(parseSide(url), { kind: 'url', name: url, url });
    const build = { kind: 'build', place: '.', environment: {} };
    assert.deepEqual(parseSide('.'), { ...build, name: '.' });
    assert.deepEqual(parseSide('HEAD~2,A=1,B=x=y'), {
      ...build, name: 'HEAD~2,A=1,B=x=y', place: 'HEAD~2', environment: { A: '1', B: 'x=y' },
    });
    assert.deepEqual(parseSide('A='), { ...build, name: 'A=', environment: { A: '' } });
    assert.throws(() => parseSide('HEAD,nonsense'), /no NAME=VALUE/);
    assert.throws(() => parseSide(''), /is no side/);
    assert.throws(() => prepareBuild('no-such-commit', () => {}), /no commit that git knows/);
    assert.throws(() => prepareBuild('--upload-pack=x', () => {}), /no commit that git knows/);
  });

  test('has options of its own; all others are the load’s', () => {
    const { words, own, rest } = ownOptions(
      ['A', 'B', '-m', 'intent', '--tolerance=3', '--keep', '--judge', 'p50,CPU/request', '--seed', '4']);

    assert.deepEqual(words, ['A', 'B']);
    assert.deepEqual(rest, ['-m', 'intent', '--seed', '4']);
    assert.deepEqual([own.tolerance, own.keep, own.pin, own.judged], [3, true, true, ['p50', 'CPU/request']]);
    assert.throws(() => ownOptions(['A', 'B', '--pairs', 'many']), /--pairs is 1\.\.500/);
    assert.throws(() => ownOptions(['A', 'B', '--judge', 'luck']), /knows no 'luck'/);
    assert.throws(() => ownOptions(['A', 'B', '--html']), /wants a value/);
  });
});

suite('Pairs of blocks', () => {
  test('go first as the coin says, and end when it is known', async () => {
    const { orders, pairs, verdict, evidence } = await compared({ A: 100, B: 150 });

    assert.deepEqual(orders.slice(0, 4), ['AB', 'BA', 'AB', 'BA']);
    assert.equal(verdict.decision, 'different');
    assert.ok(pairs.length < 15, String(pairs.length));
    assert.equal(evidence.length, pairs.length);
  });

  test('in which the generator was late are thrown away whole; too many end it', async () => {
    let calls = 0;
    const { late, pairs } = await compared({ A: 100, B: 100 }, () => {
      calls += 1;
      if (calls === 2) throw new GeneratorLate(5000, 1000, '');
    });

    assert.equal(late, 1);
    assert.ok(pairs.length > 0);
    await assert.rejects(
      compared({ A: 1, B: 1 }, () => { throw new GeneratorLate(5000, 1000, ''); }), /late in 5 pairs in a row/);
  });

  test('are told as a sentence, a table and a page without a script', async () => {
    const comparison: Comparison = {
      ...await compared({ A: 100, B: 150 }), when: '2026-11-24T12:00:00Z', a: 'HEAD~1', b: '<b>', command: 'x',
      commit: 'abc', machine: {
        cpu: 'c', cores: 2, memoryGiB: 1, kernel: 'k', governor: 'g', loadAverage: 0,
      },
    };
    const page = comparisonPage(comparison);

    assert.match(comparisonText(comparison), /^<b> \(B\) differs from HEAD~1 \(A\): .*p50 \+4[89] % \(/);
    assert.match(page, /&lt;b&gt;/);
    assert.doesNotMatch(page, /<script|NaN|undefined|Infinity/);
  });

  test('that do not differ are said not to, with what they leave open', async () => {
    const found = await compared({ A: 100, B: 100 });

    assert.equal(found.verdict.decision, 'none beyond tolerance');
    assert.ok(found.verdict.within <= 5);
    assert.match(comparisonText({ ...COMMON, ...found }), /^No difference beyond 5 % between A \(A\) and B \(B\)/);
  });
});

const COMMON = {
  when: '2026-11-24T12:00:00Z', a: 'A', b: 'B', command: 'x', commit: 'abc',
  machine: { cpu: 'c', cores: 2, memoryGiB: 1, kernel: 'k', governor: 'g', loadAverage: 0 },
};

/** Sides of such a latency, each block a little off; coins fall by turns. */
function compared(sides: Readonly<Record<'A' | 'B', number>>, before: () => void = () => {}) {
  let turn = 0;
  let block = 0;
  return comparePairs({
    rule: { alpha: 0.05, tolerance: 5, judged: ['p50', 'throughput', 'CPU/request'] }, pairsMax: 40,
    coin: () => (turn += 1) % 2 === 1,
    measure: (side): Promise<Block> => {
      before();
      block += 1;
      const off = 1 + 0.01 * Math.sin(block * 1.7);
      return Promise.resolve({
        latencies: Float64Array.from({ length: 200 }, (_, i) => sides[side] * off * (1 + i / 200)),
        answeredPerS: 1000, failedShare: 0, cpuUs: sides[side] * off,
      });
    },
    say: () => {},
  });
}
