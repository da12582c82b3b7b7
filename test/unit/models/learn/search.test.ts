import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { grid } from '../../../../models/learn/search/grid.ts';
import { brackets, halving, hyperband } from '../../../../models/learn/search/hyperband.ts';
import { namedSearch } from '../../../../models/learn/search/named.ts';
import { randomSearch } from '../../../../models/learn/search/random.ts';
import { search, type SearchOptions } from '../../../../models/learn/search/search.ts';
import {
  anyPoint, fromUnit, toUnit, type Dimension, type Space,
} from '../../../../models/learn/search/space.ts';
import type { Strategy } from '../../../../models/learn/search/strategy.ts';
import { tpe } from '../../../../models/learn/search/tpe.ts';
import { TrainingError } from '../../../../models/learn/training-error.ts';
import { Prng } from '../../../../server/core/prng.ts';
import { branin, hartmann6 } from '../../../support/search-functions.ts';
import { tempFolder } from '../../../support/temp-file.ts';

const SPACE = {
  rate: { kind: 'float', min: 0.001, max: 1, log: true },
  leaves: { kind: 'int', min: 2, max: 64, log: true },
  depth: { kind: 'int', min: 1, max: 3 },
  loss: { kind: 'choice', of: ['log', 'hinge', 'squared'] },
} as const satisfies Space;

const SEARCHES: readonly Strategy[] = [
  randomSearch(30), tpe(30), hyperband(9), grid(SPACE), halving({ points: 9, resource: 1, most: 9 }),
];

suite('a search', () => {
  test('by TPE finds more than chance does in 50 trials, on Branin and Hartmann6, 8 times of 10', async () => {
    for (const of of [branin, hartmann6]) {
      let wins = 0;
      for (let seed = 1; seed <= 20; seed += 1) {
        const least = async (by: Strategy) =>
          (await search(of.space, by, (point) => of.at(point), { seed })).loss;
        if (await least(tpe(50)) < await least(randomSearch(50))) wins += 1;
      }

      assert.ok(wins >= 16, `${of.name}: ${wins} of 20`);
    }
  });

  test('finds the minima of the test functions where the papers have them', () => {
    const at = (x: number, y: number) => branin.at({ x, y });
    for (const [x, y] of [[-Math.PI, 12.275], [Math.PI, 2.275], [9.42478, 2.475]] as const) {
      assert.ok(Math.abs(at(x, y) - branin.least) < 1e-5);
    }
    const best = [0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573];
    const point = Object.fromEntries(best.map((value, i) => [`x${i}`, value]));
    assert.ok(Math.abs(hartmann6.at(point) - hartmann6.least) < 1e-5);
  });

  test('by Hyperband has the brackets of the paper, by its algorithm and by its table', () => {
    const rungs = (rule: 'algorithm' | 'table') =>
      brackets(81, 3, rule).map((rounds) => rounds.map(({ points, resource }) => `${points}@${resource}`));

    assert.deepEqual(rungs('algorithm'), [
      ['81@1', '27@3', '9@9', '3@27', '1@81'], ['34@3', '11@9', '3@27', '1@81'],
      ['15@9', '5@27', '1@81'], ['8@27', '2@81'], ['5@81'],
    ]);
    assert.deepEqual(rungs('table'), [
      ['81@1', '27@3', '9@9', '3@27', '1@81'], ['27@3', '9@9', '3@27', '1@81'],
      ['9@9', '3@27', '1@81'], ['6@27', '2@81'], ['5@81'],
    ]);
    assert.equal(brackets(243, 3).length, 6); // log(243) / log(3) is 4.999…
    assert.deepEqual(brackets(1), [[{ points: 1, resource: 1 }]]);
  });

  test('by Hyperband gives more budget to the best of each round, and to no other', async () => {
    const asked: { x: number; budget: number }[] = [];
    const space: Space = { x: { kind: 'float', min: 0, max: 1 } };

    const found = await search(space, hyperband(9), (point, budget) => {
      asked.push({ x: point['x'] as number, budget });
      return (point['x'] as number) + (1 - budget) * 0.1;
    }, { seed: 3 });

    assert.deepEqual(asked.map(({ budget }) => Math.round(budget * 9)),
      [...Array(9).fill(1), 3, 3, 3, 9, ...Array(5).fill(3), 9, ...Array(3).fill(9)]);
    const first = asked.slice(0, 9).map(({ x }) => x).sort((a, b) => a - b);
    assert.deepEqual(asked.slice(9, 12).map(({ x }) => x), first.slice(0, 3));
    assert.equal(asked[12]!.x, first[0]);
    assert.equal(found.loss, Math.min(...asked.filter(({ budget }) => budget === 1).map(({ x }) => x)));
    assert.equal(asked.length, hyperband(9).trials);
  });

  test('by halving is one bracket', async () => {
    const budgets: number[] = [];
    await search(SPACE, halving({ points: 27, resource: 3, most: 81 }), (_, budget) => {
      budgets.push(Math.round(budget * 81));
      return 0;
    }, { seed: 1 });

    const times = [3, 9, 27, 81].map((of) => budgets.filter((budget) => budget === of).length);
    assert.deepEqual(times, [27, 9, 3, 1]);
  });

  test('by grid asks each combination once', async () => {
    const seen: string[] = [];
    await search(SPACE, grid(SPACE), (point) => seen.push(JSON.stringify(point)), { seed: 1 });

    assert.equal(seen.length, 3 * 3 * 3 * 3);
    assert.equal(new Set(seen).size, seen.length);
    assert.equal(seen[0], '{"rate":0.001,"leaves":2,"depth":1,"loss":"log"}');
    assert.ok(seen.at(-1)?.startsWith('{"rate":1,"leaves":64,"depth":3'));
  });

  test('stays inside its space, with whole numbers where it says so, each as likely as another', () => {
    const prng = new Prng(1);
    const depths = [0, 0, 0];
    for (let i = 0; i < 3000; i += 1) {
      const { rate, leaves, depth, loss } = anyPoint(SPACE, prng);
      assert.ok(rate >= 0.001 && rate <= 1 && Number.isInteger(leaves) && leaves >= 2 && leaves <= 64);
      assert.ok(SPACE.loss.of.includes(loss));
      depths[depth - 1]! += 1;
    }
    assert.ok(depths.every((count) => count > 900 && count < 1100), depths.join(' '));
  });

  test('places a value where it reads it from', () => {
    for (const dimension of Object.values(SPACE) as Dimension[]) {
      for (let i = 0; i <= 50; i += 1) {
        const value = fromUnit(dimension, i / 50);
        const again = fromUnit(dimension, toUnit(dimension, value));
        assert.ok(typeof value === 'number' && dimension.kind === 'float'
          ? Math.abs((again as number) / value - 1) < 1e-12 : again === value);
      }
    }
  });

  test('of few combinations does not try one twice while others are left', async () => {
    const space = {
      a: { kind: 'choice', of: [1, 2, 3, 4] }, b: { kind: 'int', min: 1, max: 8 },
    } as const satisfies Space;
    const tried = await search(space, tpe(20), ({ a, b }) => a + b, { seed: 5 });
    const after = tried.trials.slice(10).map(({ point }) => JSON.stringify(point));

    assert.ok(new Set(after).size >= 9, `${new Set(after).size} of 10`);
  });

  test('is the same for the same seed, and goes on from any line of its journal to the same end', async () => {
    for (const strategy of SEARCHES) {
      const path = `${tempFolder()}/journal.jsonl`;
      let runs = 0;
      const go = (options: Partial<SearchOptions>) => search(SPACE, strategy, (point, budget) => {
        runs += 1;
        return point.rate * point.depth + 1 - budget;
      }, { seed: 4, ...options });
      const whole = await go({ journal: path });
      assert.deepEqual(await go({}), whole);

      const lines = readFileSync(path, 'utf8').split('\n');
      for (const kept of [1, 2, Math.floor(lines.length / 2), lines.length - 1]) {
        writeFileSync(path, `${lines.slice(0, kept).join('\n')}\n{"point":{"rate":0.`);
        runs = 0;
        const { resumed, ...rest } = await go({ journal: path });
        assert.deepEqual({ ...rest, resumed: 0 }, whole, strategy.name);
        assert.equal(runs, whole.trials.length - (kept - 1));
        assert.equal(readFileSync(path, 'utf8'), lines.join('\n'));
      }
    }
  });

  test('that is killed with -9 goes on to the result of one that was not', async () => {
    for (const strategy of ['tpe', 'hyperband']) {
      const [killed, whole] = [tempFolder(), tempFolder()].map((folder) => `${folder}/journal.jsonl`);
      const [first, straight] = [child(killed!, strategy, 5), child(whole!, strategy, 0)];
      await first.trials(7);
      first.process.kill('SIGKILL');
      await first.ended;

      const second = child(killed!, strategy, 0);
      await Promise.all([second.ended, straight.ended]);

      assert.equal(second.lines.at(-1), straight.lines.at(-1));
      assert.ok(second.lines.length < straight.lines.length);
      assert.equal(readFileSync(killed!, 'utf8'), readFileSync(whole!, 'utf8'));
    }
  });

  test('refuses the journal of another search, and one that is none', async () => {
    const path = `${tempFolder()}/journal.jsonl`;
    const go = (options: Partial<SearchOptions>) =>
      search(SPACE, randomSearch(3), () => 1, { seed: 1, journal: path, ...options });
    await go({});

    await assert.rejects(go({ seed: 2 }), /another search/);
    await assert.rejects(go({ about: 'other rows' }), /another search/);
    appendFileSync(path, 'no JSON\n');
    await assert.rejects(go({}), /line 5/);
  });

  test('has a name and a number, with what there is where it has not', () => {
    const named = (text: string) => namedSearch(text, SPACE).name;

    assert.equal(named('tpe'), 'TPE, 40 trials');
    assert.equal(named('random:7'), 'random, 7 trials');
    assert.equal(named('grid:2'), 'grid of 24');
    assert.equal(named('hyperband:9'), 'Hyperband to 9, eta 3');
    assert.throws(() => named('bayes'), /none of tpe, random, grid, hyperband/);
    assert.throws(() => named('tpe:x'), /a whole number of trials/);
  });

  test('passes over trials that fail, and fails where all of them do', async () => {
    const found = await search(SPACE, randomSearch(20), ({ loss, rate }) => {
      if (loss === 'log') throw new TrainingError('no');
      return loss === 'hinge' ? NaN : rate;
    }, { seed: 1 });

    assert.equal(found.point.loss, 'squared');
    await assert.rejects(search(SPACE, randomSearch(3), () => NaN, { seed: 1 }), /no trial/);
    await assert.rejects(search(SPACE, randomSearch(3), () => { throw new Error('a defect'); },
      { seed: 1 }), /a defect/);
  });

  test('says its best so far, and refuses spaces that are empty or upside down', async () => {
    const lines: string[] = [];
    const report = { line: (text: string) => void lines.push(text), step: () => undefined };
    await search(SPACE, randomSearch(5), ({ rate }) => rate, { seed: 1, report });

    assert.match(lines[0] as string, /^trial 1 of 5: [\d.e-]+: rate [\d.]+, leaves \d+, depth \d, loss \w+$/);
    const refused = (of: Dimension) => assert.rejects(
      search({ of }, randomSearch(1), () => 1, { seed: 1 }), TrainingError);
    await refused({ kind: 'float', min: 1, max: 0 });
    await refused({ kind: 'float', min: 0, max: 1, log: true });
    await refused({ kind: 'int', min: 0.5, max: 1 });
    await refused({ kind: 'choice', of: [] });
  });
});

function child(journal: string, strategy: string, pauseMs: number) {
  const path = fileURLToPath(new URL('../../../support/search-process.js', import.meta.url));
  const process_ = spawn(process.execPath, [path, journal, strategy, String(pauseMs)],
    { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  let rest = '';
  process_.stdout.on('data', (data: Buffer) => {
    const parts = (rest + String(data)).split('\n');
    rest = parts.pop() as string;
    lines.push(...parts);
    for (const { count, resolve } of waiting) if (lines.length >= count) resolve();
  });
  return {
    process: process_,
    lines,
    ended: new Promise((resolve) => process_.on('close', resolve)),
    trials: (count: number) => new Promise<void>((resolve) => waiting.push({ count, resolve })),
  };
}
