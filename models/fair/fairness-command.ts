import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { checkWritable } from '../../server/core/file-trouble.ts';
import { writeWhole } from '../../server/core/whole-file.ts';
import { framed } from '../learn/command-frame.ts';
import { linear } from '../learn/linear/linear.ts';
import type { Learner } from '../learn/learner.ts';
import { stratified } from '../learn/split/stratified.ts';
import { takeExamples, type Examples } from '../learn/table.ts';
import { TrainingError } from '../learn/training-error.ts';
import { columnOf, numbersOf, readTextTable, tableOf, yesNoOf } from '../uplift/read-table.ts';
import { fairText, reportFairness } from './fair-report.ts';
import { groupRows, type Groups } from './groups.ts';
import { reweigh } from './reweigh.ts';

export const usage = [
  'vitrine fairness FILE.csv --group COLUMN --outcome COLUMN [--score COLUMN] …',
  '  how a model treats groups, how sure that is, and what can be done about it',
  '  --group COLUMN     whose treatment is compared: country, age band, …',
  '  --outcome COLUMN   what came of it, 1 or 0, or yes or no',
  '  --score COLUMN     what the model said, 0..1; without it a logistic regression of the other columns is',
  '                     learned (never of the group), also reweighed, and scored out of fold',
  '  --threshold N      decided for: scores of at least this (0.5)',
  '  --ignore COLUMNS   not to learn from',
  '  --rows-min N       smaller groups are merged (100)',
  '  --json FILE        the report as JSON',
  '  --seed N           of all chance (1)',
].join('\n');

const OUTCOMES_MIN = 10; // of each kind, in a group that stands for itself

export function run(args: string[]): Promise<number> {
  return framed<Options>(usage, () => parse(args), async (options) => {
    if (options.json !== undefined) checkWritable(dirname(options.json));
    const text = await readTextTable(options.file);
    const outcomes = yesNoOf(text, options.outcome);
    const members = columnOf(text, options.group);
    const groups = groupRows(members, {
      rowsMin: options.rowsMin, outcomesMin: OUTCOMES_MIN, outcomes,
    });
    if (groups.names.length < 2) {
      const texts = new Set(members).size;
      throw new TrainingError(texts < 2
        ? `${options.group} is the same in every row: two groups are needed`
        : `${options.group}: fewer than two of ${texts} groups are large enough to be compared, with ` +
          `${options.rowsMin} rows (--rows-min) and ${OUTCOMES_MIN} of each outcome`);
    }
    const { threshold, seed, score } = options;
    const others = new Map<string, Float64Array>();
    let scores: Float64Array;
    if (score !== undefined) {
      scores = numbersOf(text, score);
      const bad = scores.findIndex((value) => !(value >= 0 && value <= 1));
      if (bad >= 0) {
        throw new TrainingError(`--score ${score}: row ${bad + 1} is ${scores[bad]}, and no probability`);
      }
    } else {
      const { table, left } = tableOf(text, [options.group, options.outcome, ...options.ignore]);
      for (const why of left) console.log(`not learned from: ${why}`);
      const learned = learnScores({ table, labels: outcomes }, groups, linear(), seed);
      scores = learned.plain;
      others.set('reweighing', learned.reweighed);
    }
    const report = reportFairness({ scores, outcomes, groups }, { threshold, seed }, others);
    console.log(fairText(report));
    if (options.json !== undefined) {
      writeWhole(options.json, `${JSON.stringify(report, null, 2)}\n`);
      console.log(`wrote ${options.json}`);
    }
    return 0;
  });
}

/** What a learner says of rows it did not learn from, as they are and with weights by `reweigh`. */
export function learnScores(
  examples: Examples, groups: Groups, learner: Learner, seed: number,
): { plain: Float64Array; reweighed: Float64Array } {
  const weights = reweigh(groups.of, examples.labels, groups.names.length);
  const [plain, reweighed] = [examples, { ...examples, weights }].map((each) => {
    const scores = new Float64Array(each.labels.length);
    for (const { train, test } of stratified({ folds: 5, seed })(examples).folds) {
      const fitted = learner.fit(takeExamples(each, train), seed);
      fitted.predict(takeExamples(each, test).table).forEach((score, at) => {
        scores[test[at] as number] = score;
      });
    }
    return scores;
  }) as [Float64Array, Float64Array];
  return { plain, reweighed };
}

type Options = ReturnType<typeof parse>;

function parse(args: string[]) {
  const { values, positionals } = parseArgs({
    args, allowPositionals: true,
    options: {
      group: { type: 'string' }, outcome: { type: 'string' }, score: { type: 'string' },
      threshold: { type: 'string', default: '0.5' }, ignore: { type: 'string', default: '' },
      'rows-min': { type: 'string', default: '100' }, json: { type: 'string' },
      seed: { type: 'string', default: '1' },
    },
  });
  const [file, ...more] = positionals;
  const { group, outcome, score, json, ignore } = values;
  if (file === undefined || more.length > 0) throw new RangeError('one FILE.csv is looked at');
  if (group === undefined || outcome === undefined) throw new RangeError('--group and --outcome are needed');
  const number = (name: string, text: string): number => {
    if (text.trim() !== '' && Number.isFinite(Number(text))) return Number(text);
    throw new RangeError(`${name} '${text}' is no number`);
  };
  return {
    file, group, outcome, score, json,
    ignore: ignore.split(',').map((name) => name.trim()).filter((name) => name !== ''),
    threshold: number('--threshold', values.threshold), seed: number('--seed', values.seed),
    rowsMin: number('--rows-min', values['rows-min']),
  };
}
