import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { HEADLINES, rowOf } from '../../../../bench/headlines.ts';
import { figuresOf, lastChange, machinesOf } from '../../../../bench/history/figures.ts';
import { historyPage, historyText } from '../../../../bench/history/history.ts';
import { resultsOf } from '../../../../bench/history/versions.ts';
import { quickSuite, suiteText } from '../../../../bench/quick-suite.ts';
import type { Result, Row } from '../../../../bench/report.ts';

const root = mkdtempSync(join(tmpdir(), 'vitrine-history-'));
after(() => rmSync(root, { recursive: true, force: true }));

const CASE = 'closed loop, 64 connections, depth 16';

function made(day: number, answers: number, cpu = 'one', more: Partial<Result> = {}): Result {
  const row = (impl: string, value: number): Row => ({ case: CASE, impl, metric: 'answers', value, unit: '1/s' });
  return {
    bench: 'serve', when: `2026-11-${day}T00:00:00.000Z`, quick: false, commit: { hash: `commit${day}`, dirty: false },
    machine: { cpu, cores: 2, memoryGiB: 8, kernel: 'k', governor: 'g', loadAverage: 0 }, versions: {},
    inputs: 'x', notes: [],
    rows: [{ ...row('Vitrine', answers), ratio_to: { impl: 'ws + JSON', ratio: answers / 10 } }, row('ws + JSON', 10)],
    ...more,
  };
}

function commitResult(result: Result, name = result.bench): void {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: root, stdio: 'pipe' });
  const author = ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'commit.gpgsign=false'];
  mkdirSync(join(root, 'bench/results'), { recursive: true });
  writeFileSync(join(root, `bench/results/${name}.json`), JSON.stringify(result));
  git('add', '-A');
  git(...author, 'commit', '-q', '-m', 'x');
}

suite('Figures over commits', () => {
  test('come from every state that was committed and from the working tree, once each, in order', () => {
    execFileSync('git', ['init', '-q'], { cwd: root });
    commitResult(made(11, 100));
    commitResult(made(12, 150));
    commitResult(made(12, 150, 'one', { notes: ['the same run'] }));
    commitResult(made(10, 1, 'one', { quick: true }));
    commitResult(made(13, 120));
    writeFileSync(join(root, 'bench/results/serve.json'), JSON.stringify(made(14, 300, 'two')));
    writeFileSync(join(root, 'bench/results/serve-quick.json'), JSON.stringify(made(15, 7)));
    writeFileSync(join(root, 'bench/results/wire.json'), '{"not": "a result"');

    const results = resultsOf(root);
    const figures = figuresOf(results);
    const answers = figures.find(({ name }) => name === 'pipelined')!;

    assert.deepEqual([...results.keys()], ['serve']);
    assert.deepEqual(answers.points.map(({ value }) => value), [100, 150, 120, 300]);
    assert.deepEqual(answers.points.map(({ machine }) => machine), [0, 0, 0, 1]);
    assert.equal(figures.find(({ name }) => /over ws/.test(name))?.points[0]?.value, 10);
    assert.deepEqual(machinesOf(results), ['one, 2 cores, 8 GiB', 'two, 2 cores, 8 GiB']);
  });

  test('are compared on one machine only', () => {
    const of = (...all: Result[]) => figuresOf(new Map([['serve', all]]))[0]!;

    const other = made(12, 80).rows.map((row) => ({ ...row, case: `${row.case}, otherwise` }));

    assert.equal(lastChange(of(made(11, 100), made(12, 75))), -25);
    assert.equal(lastChange(of(made(11, 100), made(12, 75, 'one', { rows: other }))), null);
    assert.equal(lastChange(of(made(11, 100), made(12, 80, 'two'))), null);
    assert.equal(lastChange(of(made(11, 100), made(12, 80, 'two'), made(13, 150))), 50);
    const text = historyText([of(made(11, 100), made(12, 80))], ['m']);
    assert.match(text, /serve: pipelined \[1\/s\] +2 +100 +80 +-20\.0 % worse/);
  });

  test('are a page that loads nothing, with another machine marked', () => {
    const figures = figuresOf(new Map([['serve', [made(11, 100), made(12, 80, 'two'), made(13, 90, 'two')]]]));
    const page = historyPage(figures, ['one', 'two <']);

    assert.doesNotMatch(page, /<script|<link|src=|NaN|undefined/);
    assert.match(page, /machine B/);
    assert.equal(historyText([], []), 'no results were ever committed');
  });

  test('names no figure twice', () => {
    const names = HEADLINES.map(({ bench, name }) => `${bench} ${name}`);

    assert.equal(new Set(names).size, names.length);
    assert.equal(rowOf(made(11, 1).rows, HEADLINES[0]!)?.value, 1);
  });
});

suite('The quick suite', () => {
  test('has this run’s figures beside the full run’s, and says what was left out', () => {
    const quick = made(14, 90, 'one', { notes: ['the set is left out: no data', 'something else'] });
    const text = suiteText([quick], ['ann is left out: no time'], () => made(11, 100), 0.5);

    assert.match(text, /serve: pipelined \[1\/s\] +90 +100 +more is better/);
    assert.match(text, /note: ann is left out: no time\nnote: serve: the set is left out: no data$/);
  });

  test('goes on where a bench fails, and fails where all do', async (t) => {
    t.mock.method(console, 'log', () => {});
    t.mock.method(console, 'error', () => {});
    const asked: string[] = [];
    const one = await quickSuite(undefined, ({ bench }) => {
      asked.push(bench);
      return Promise.resolve(bench === 'serve' ? made(14, 90) : 'no compiler');
    });

    assert.equal(one, 0);
    assert.ok(asked.length >= 8 && new Set(asked).size === asked.length);
    assert.equal(await quickSuite(undefined, () => Promise.resolve('no')), 1);
  });
});
