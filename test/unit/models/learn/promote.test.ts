import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { suite, test } from 'node:test';
import { baseRate, bestColumn, rule } from '../../../../models/learn/baselines.ts';
import { binnedShare } from '../../../../models/learn/binned-share.ts';
import { evaluate, outOfFold } from '../../../../models/learn/evaluate.ts';
import { fitAll, type Pipeline } from '../../../../models/learn/fit-within.ts';
import { fingerprint } from '../../../../models/learn/fingerprint.ts';
import type { Learner } from '../../../../models/learn/learner.ts';
import { logLoss } from '../../../../models/learn/metrics/probability.ts';
import { rocAuc } from '../../../../models/learn/metrics/ranking.ts';
import {
  EXIT_NOT_PROMOTED, EXIT_PROMOTED, exitCodeOf, promote, sayVerdict,
} from '../../../../models/learn/promote.ts';
import { overSample } from '../../../../models/learn/sampling/random.ts';
import { hyperband } from '../../../../models/learn/search/hyperband.ts';
import { tpe } from '../../../../models/learn/search/tpe.ts';
import { holdOut } from '../../../../models/learn/split/default.ts';
import { stratified } from '../../../../models/learn/split/stratified.ts';
import {
  numbers, takeExamples, type Column, type Examples, type Table,
} from '../../../../models/learn/table.ts';
import { trainTable, type TableTraining } from '../../../../models/learn/train-table.ts';
import { boostedTrees } from '../../../../models/learn/trees/boosting.ts';
import { tune } from '../../../../models/learn/tune.ts';
import { treesTuning } from '../../../../models/learn/tune-trees.ts';
import { Prng } from '../../../../server/core/prng.ts';
import { HONEST, withColumn } from '../../../support/learn-cases.ts';
import { logistic, nearest, spy } from '../../../support/learners.ts';
import { tempFolder } from '../../../support/temp-file.ts';

const PLAIN = HONEST['plain numbers'] as (seed: number) => Examples;
const split = stratified({ folds: 4, seed: 1 });

suite('an evaluation', () => {
  test('scores each row by a model that did not learn from it', () => {
    const examples = PLAIN(1);
    const seen: Examples[] = [];
    const id = numbers('id', Array.from({ length: 1200 }, (_, row) => row));
    const plan = split(withColumn(examples, id));

    const found = outOfFold(() => ({ learner: spy(seen) }), withColumn(examples, id), plan, 1);

    assert.deepEqual([...found.rows].sort((a, b) => a - b), Array.from(id.values));
    plan.folds.forEach(({ test }, fold) => {
      const taught = new Set(seen[fold]!.table.columns.at(-1)!.values);
      assert.ok(test.every((row) => !taught.has(row)));
    });
    assert.ok(found.rows.every((row, at) => found.labels[at] === examples.labels[row]));
  });

  test('has intervals about its scores, and folds that spread about their mean', () => {
    const of = evaluate({ learner: logistic(100) }, PLAIN(1), split(PLAIN(1)), { seed: 1 });

    for (const score of ['auc', 'logLoss', 'ece'] as const) {
      const { value, low, high } = of.intervals[score];
      assert.ok(Math.abs(value - of.scores[score]) < 1e-9 || score === 'ece');
      assert.ok(low < value && value < high || score === 'ece');
    }
    assert.ok(of.foldAuc.deviation > 0 && Math.abs(of.foldAuc.mean - of.scores.auc) < 0.02);
  });

  test('warns of a model that learned by heart, and of a sampler that hurts calibration', () => {
    const examples = takeExamples(PLAIN(2), Array.from({ length: 400 }, (_, row) => row));
    const warnings = (learner: Learner, sampled = false) => evaluate(
      { learner, ...(sampled && { sampler: overSample() }) }, examples, split(examples), { seed: 1 },
    ).warnings.join('\n');

    assert.match(warnings(nearest(1)), /by heart: AUC 1\.000 on them, 0\.\d{3} on others/);
    assert.equal(warnings(logistic(100)), '');
    assert.match(warnings(logistic(100), true), /over-sampling to 1 : 1 hurts calibration: ECE/);
    assert.match(warnings(logistic(100), true), /does not lift AUC/);
  });
});

suite('a promotion', () => {
  test('is of a model that is surely better than the base rate, the best column and the rule', () => {
    const examples = PLAIN(1);
    const verdict = judged(examples, logistic(200));

    assert.ok(verdict.promoted);
    assert.equal(exitCodeOf(verdict), EXIT_PROMOTED);
    assert.equal(verdict.lines.length, 5);
    assert.match(verdict.lines[1]!, /^logistic {12}0\.77/);
    assert.match(verdict.lines[2]!, /^base rate .*\+0\.\d{3} to \+0\.\d{3}$/);
    assert.match(sayVerdict(verdict).at(-1)!, /^promoted/);
  });

  test('is refused with the reason where nothing is learned, or no more than a column says', () => {
    const examples = PLAIN(1);
    const noise = { ...examples, labels: unrelated(examples.labels) };
    const none = judged(noise, logistic(200));
    const same = judged(examples, bestColumn);

    assert.ok(!none.promoted && !same.promoted);
    assert.equal(exitCodeOf(none), EXIT_NOT_PROMOTED);
    assert.match(none.reasons.join('\n'), /AUC 0\.\d{3} is not surely above 0\.\d{3} of base rate: the/);
    assert.match(same.reasons.join('\n'), /of best single column: the difference is \+0\.000 to \+0\.000/);
    assert.match(sayVerdict(same).at(-1)!, /^not promoted: AUC/);
  });

  test('is refused for good ranks with probabilities that are worse than the base rate', () => {
    const steep: Learner = {
      name: 'too sure',
      fit: (examples, seed) => {
        const fitted = logistic(200).fit(examples, seed);
        return { predict: (table) => fitted.predict(table).map((p) => p ** 0.05) };
      },
    };
    const verdict = judged(PLAIN(1), steep);

    assert.ok(!verdict.promoted);
    assert.equal(verdict.reasons.length, 1);
    assert.match(verdict.reasons[0]!, /^log loss \d\.\d{4} is not surely below 0\.\d{4} of the base rate/);
  });

  test('of a model that knows nothing happens in few of a hundred runs', () => {
    let promoted = 0;
    for (let seed = 0; seed < 100; seed += 1) {
      const prng = new Prng(seed);
      const labels = Float64Array.from({ length: 200 }, () => prng.below(2));
      const table: Table = { rows: 200, columns: [numbers('x', prng.row(200))] };
      const luck: Learner = { name: 'luck', fit: () => ({ predict: ({ rows }) =>
        Float64Array.from({ length: rows }, () => prng.float()) }) };
      const plan = split({ table, labels });
      const [model, base] = [luck, baseRate].map((learner) =>
        evaluate({ learner }, { table, labels }, plan, { seed }));
      if (promote(model!, [base!], seed).promoted) promoted += 1;
    }

    assert.ok(promoted <= 5, `${promoted} of 100`);
  });
});

suite('a baseline', () => {
  test('of one column is the one that alone ranks best on rows it did not see', () => {
    for (let seed = 0; seed < 10; seed += 1) {
      const examples = (HONEST['one number that says nearly all that is said'] as typeof PLAIN)(seed);
      const fitted = bestColumn.fit(examples, 1);
      const strong = examples.table.columns[0] as Column;

      assert.equal(fitted.column, 'strong');
      assert.ok(rocAuc(fitted.predict(examples.table), examples.labels) >
        rocAuc(strong.values, examples.labels) - 0.02);
    }
  });

  test('says a share of ones about the value, the base rate where it knows nothing', () => {
    const labels = Float64Array.from({ length: 1000 }, (_, row) => (row % 10 < 3 ? 1 : 0));
    const share = binnedShare('category', labels.map((label) => label * 2), labels);

    assert.ok(share(2) > 0.97 && share(0) < 0.01);
    assert.ok(Math.abs(share(1) - 0.3) < 1e-12 && Math.abs(share(NaN) - 0.3) < 1e-12);
  });

  test('of a rule says how often the rule is right', () => {
    const examples = PLAIN(1);
    const fitted = rule('a above 1', above1).fit(examples, 1);
    const said = [...new Set(fitted.predict(examples.table))].sort((a, b) => a - b);

    assert.equal(said.length, 2);
    assert.ok(said[0]! < 0.2 && said[1]! > 0.3);
  });
});

suite('the training of a table', () => {
  test('goes from leaks to verdict, and keeps a model of all rows', async () => {
    const lines: string[] = [];
    const report = { line: (text: string) => void lines.push(text), step: () => undefined };
    const trained = await trainTable({
      examples: PLAIN(1), seed: 1, report, rules: [rule('a above 1', above1)],
      learn: { learner: logistic(100), inner: holdOut(split) },
    });

    assert.ok(trained.verdict.promoted && trained.fitted);
    assert.deepEqual(trained.baselines.map(({ name }) => name),
      ['base rate', 'best single column', 'a above 1']);
    assert.match(lines[0]!, /^split 5 stratified folds/);
    assert.match(lines.at(-1)!, /^promoted/);
    assert.ok(rocAuc(trained.fitted.predict(PLAIN(1).table), PLAIN(1).labels) > 0.75);
    assert.equal(trained.data, fingerprint(PLAIN(1)));
  });

  test('ends at a leak, and keeps no model that is not promoted', async () => {
    const learn = { learner: boostedTrees({ trees: 10, leaves: 4 }) };
    const leaky = withColumn(PLAIN(1), numbers('refund', PLAIN(1).labels));
    const noise = { ...PLAIN(1), labels: unrelated(PLAIN(1).labels) };

    await assert.rejects(trainTable({ examples: leaky, seed: 1, learn }), /nearly-label: refund/);
    const single = { ...PLAIN(1), labels: new Float64Array(1200) };
    await assert.rejects(trainTable({ examples: single, seed: 1, learn }), /rows of both/);
    const allowed = await trainTable({ examples: leaky, seed: 1, learn, allow: ['nearly-label'] });
    assert.equal(allowed.findings[0]!.rule, 'nearly-label');
    const refused = await trainTable({ examples: noise, seed: 1, learn });
    assert.equal(refused.verdict.promoted, false);
    assert.equal(refused.fitted, null);
  });

  test('searches within each fold, never sees its scored rows, and goes on from its journals', async () => {
    const journal = `${tempFolder()}/search.jsonl`;
    const examples = PLAIN(4);
    const taught = new Set<string>();
    const training: TableTraining<{ steps: { kind: 'int'; min: number; max: number } }> = {
      examples, seed: 1, journal, split: stratified({ folds: 2, seed: 1 }),
      learn: {
        space: { steps: { kind: 'int', min: 20, max: 99 } },
        make: ({ steps }) => ({ learner: watched(logistic(steps), taught) }),
        strategy: tpe(4),
        split: holdOut(stratified({ folds: 3, seed: 2 })),
      },
    };
    const first = await trainTable(training);
    const sizes = [...taught];
    taught.clear();
    const again = await trainTable(training);

    // Two folds of 600 rows, of which a trial learns from 400; all 1,200 rows, of which from 800.
    assert.deepEqual([...new Set(sizes)].sort(), ['1200', '400', '600', '800']);
    assert.deepEqual([...taught].sort(), ['1200', '600']); // no trial was run again
    assert.deepEqual(again.found!.point, first.found!.point);
    assert.deepEqual(again.evaluation.scores, first.evaluation.scores);
    assert.ok(existsSync(`${journal}.fold-2`));
    await assert.rejects(trainTable({ ...training, examples: PLAIN(5) }), /another search/);
  });

  test('finds settings of trees that do no worse on new rows than those nobody chose', async () => {
    const make = HONEST['counts, long tails and gaps'] as typeof PLAIN;
    const [examples, later] = [make(1), make(2)];
    for (const strategy of [tpe(12), hyperband(9)]) {
      const tuning = treesTuning({ strategy, split: stratified({ folds: 3, seed: 1 }) });
      const { point } = await tune(tuning, examples, { seed: 1 });

      const loss = (of: Pipeline) =>
        logLoss(fitAll(of, examples, 1).predict(later.table), later.labels);
      const [tuned, plain] = [tuning.make(point, 1), { learner: boostedTrees() }].map(loss);
      assert.ok(tuned! < plain!, `${strategy.name}: ${tuned} against ${plain}`);
    }
  });
});

function judged(examples: Examples, learner: Learner) {
  const plan = split(examples);
  const [model, ...baselines] = [learner, baseRate, bestColumn, rule('a above 1', above1)]
    .map((of) => evaluate({ learner: of }, examples, plan, { seed: 1 }));
  return promote(model!, baselines, 1);
}

function above1({ columns }: Table): Float64Array {
  return (columns[0] as Column).values.map((value) => (value > 1 ? 1 : 0));
}

/** Labels that have nothing to do with the rows. */
function unrelated(labels: Float64Array): Float64Array {
  const prng = new Prng(9);
  return labels.map(() => (prng.float() < 0.2 ? 1 : 0));
}

function watched(learner: Learner, sizes: Set<string>): Learner {
  return {
    ...learner,
    fit(examples, seed, validation) {
      sizes.add(String(examples.labels.length));
      return learner.fit(examples, seed, validation);
    },
  };
}
