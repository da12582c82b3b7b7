import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { readConfig } from '../../server/config.ts';
import { systemClock } from '../../server/core/clock.ts';
import { checkWritable, fileTrouble } from '../../server/core/file-trouble.ts';
import { readFile } from '../../server/store/import/lines.ts';
import { framed, troubleOf } from '../learn/command-frame.ts';
import type { Chosen } from '../learn/choose.ts';
import { evaluate } from '../learn/evaluate.ts';
import { isLeakRule, LEAK_RULES, type LeakRule } from '../learn/leaks/finding.ts';
import { bayesThreshold } from '../learn/metrics/threshold.ts';
import { exitCodeOf } from '../learn/promote.ts';
import { namedSampler } from '../learn/sampling/named.ts';
import type { Sampler } from '../learn/sampling/training-part.ts';
import { judgeSampling } from '../learn/sampling/verdict.ts';
import { givenFolds, parseFolds } from '../learn/split/given.ts';
import type { Splitter } from '../learn/split/plan.ts';
import { atTime } from '../learn/split/time.ts';
import { trainTable } from '../learn/train-table.ts';
import { codeCommit } from './code-commit.ts';
import { writeModel } from './model-folder.ts';
import { isShipped, ownRepository } from './own-repository.ts';
import { LineReport } from './report.ts';
import { bestTrees, regression } from './table/candidates.ts';
import { costsOf, tableModel } from './table/model.ts';
import { searchedTrees } from './table/searched.ts';
import { correctedLines, correctedScores, recalibrated } from './table/recent.ts';
import { readTable, readUnlabelled, type ReadTable, type TableFile } from './table/read-table.ts';

export const usage = [
  'vitrine learn FILE.csv --label COLUMN [options]',
  '  learns whether a column of a table is a yes, scores it beside baselines on rows it did not',
  '  learn from, and writes it to DIR/models if it surely beats them (else the exit code is 3)',
  '  --label COLUMN       what happened: TRUE, yes, y or 1 is a yes, in any case',
  '  --yes TEXT           the cell that is a yes instead; all else is a no',
  '  --categories A,B     columns of names that look like numbers',
  '  --drop A,B           columns that the model may not see',
  '  --folds FILE         scored in these folds, a number a row (five folds by chance)',
  '  --time COLUMN        rows are of these dates: later ones never teach; not seen by the model',
  '  --order V,V,…        the time column holds these, in this order',
  '  --from V             with --time: rows from V on are scored, those before them teach',
  '  --before A,B         columns that are known before the moment of the prediction, for certain',
  '  --allow RULE,…       leaks of these kinds are told and do not end the run',
  '  --costs ALARM,MISS   what a wrong yes and a wrong no cost (1,1): they choose the threshold',
  '  --class-weights R    while learning, yes and no weigh R to 1 (the rarer first); said beside what',
  '                       it did to the scores',
  '  --sampler NAME:R     the same by over, under or smote: rows are made R to 1, where they teach alone',
  '  --search NAME:N      settings of the trees by tpe:40, random:40, grid:2 or hyperband:27, within',
  '                       the rows that teach; each fold searches for itself',
  '  --journal FILE       of the search: one that was broken off goes on from it',
  '  --recent SHARE       with --time: recalibrated on the newest SHARE of the rows that teach (.25);',
  '                       scores are printed without it, with it, and moved to their share of yes',
  '  --rows-to-come FILE  with --recent: rows whose label nobody knows yet; the written model has that',
  '                       share of yes among them',
  '  --explainable        one ensemble of trees, whose reasons are exact',
  '  --name NAME          of the model (the label, in small letters; LABEL-table where the shop has a',
  '                       model of that name, such as churn)',
  '  --data DIR           data folder (.vitrine)',
  '  --seed N             of all chance (1)',
].join('\n');

export function run(args: string[]): Promise<number> {
  const { dataDir } = readConfig(process.env);
  return framed(usage, () => parse(args, dataDir), learn, (error) => troubleOf(error) ?? fileTrouble(error));
}

async function learn(options: Options): Promise<number> {
  const { file, seed, name, costs, allow, before, explainable, sampler, search, journal } = options;
  const choosing = { single: explainable, ...(sampler && { sampler }) };
  const startUs = systemClock.nowUs();
  checkWritable(join(options.dataDir, 'models')); // rather than after minutes of learning
  const read = await readTable(file);
  const { examples, sha256 } = read;
  const report = new LineReport(name, systemClock, (line) => console.log(line));
  report.line(`${examples.table.rows.toLocaleString('en')} rows of ` +
    `${examples.table.columns.length} columns, ` +
    `${(100 * mean(examples.labels)).toFixed(1)} % yes`);
  const split = await splitOf(options, read);
  const toCome = options.rowsToCome === undefined
    ? undefined : await readUnlabelled(options.rowsToCome, examples.table);
  const trained = await trainTable({
    examples, seed, allow, report, rules: explainable ? [regression] : [], threshold: bayesThreshold(costs),
    learn: search ? searchedTrees(search, seed, choosing) : { learner: bestTrees(seed, choosing) },
    ...(journal !== undefined && { journal }),
    known: Object.fromEntries(before.map((column) => [column, 'before' as const])),
    ...(split && { split }),
  });
  const beside = explainable ? [] : [
    evaluate({ learner: regression }, examples, trained.plan, { seed, threshold: bayesThreshold(costs) })];
  if (sampler && search === undefined) { // found settings are those of the sampler
    const plain = evaluate({ learner: bestTrees(seed, { single: explainable }) }, examples,
      trained.plan, { seed });
    const { scores, labels } = trained.evaluation.outOfFold;
    const { warnings } = judgeSampling(sampler.name, scores, plain.outOfFold.scores, labels, seed);
    for (const warning of warnings) report.line(`look at ${warning}`);
  }
  for (const { name: other, scores } of beside) {
    report.line(`beside ${other}: AUC ${scores.auc.toFixed(3)} PR-AUC ${scores.prAuc.toFixed(3)} ` +
      `log loss ${scores.logLoss.toFixed(4)} ECE ${scores.ece.toFixed(3)}`);
  }
  const recent = options.recent === undefined ? undefined : { share: options.recent, seed };
  const corrected = recent
    ? correctedLines(correctedScores(trained, examples, recent), trained.evaluation.scores.baseRate)
    : [];
  corrected.forEach((line) => report.line(line));
  const { cost, costNever, costAlways } = costsOf(trained.evaluation, costs);
  report.line(`a row costs ${cost.toFixed(4)} with a yes from ` +
    `${trained.evaluation.scores.threshold.toFixed(3)} up; ${costNever.toFixed(4)} without any yes, ` +
    `${costAlways.toFixed(4)} with nothing else`);
  if (!trained.fitted) return exitCodeOf(trained.verdict);

  const chosen = trained.fitted as Chosen;
  const fitted = !recent ? chosen
    : recalibrated(chosen, trained.pipeline, examples, recent, toCome).fitted;
  report.line(`chosen ${fitted.choice}`);
  const repository = ownRepository(options.dataDir);
  const facts = {
    name, label: file.label, file: basename(file.path), sha256, seed, costs, commit: codeCommit(),
    notes: corrected,
    madeAt: new Date(systemClock.wallMs()).toISOString(),
    trainSeconds: Math.round((systemClock.nowUs() - startUs) / 1e5) / 10,
  };
  for (const model of tableModel(facts, examples, { ...trained, beside }, fitted)) {
    const version = writeModel(repository, model);
    report.line(`wrote ${join(repository, model.name, String(version))}`);
  }
  return exitCodeOf(trained.verdict);
}

/** Undefined: as the rows have it. */
async function splitOf(
  { file, folds, from }: Options, { timeOf }: ReadTable,
): Promise<Splitter | undefined> {
  if (from !== undefined) {
    const split = atTime(timeOf(from)); // of numbers, where the times are places in an order
    const how = `by ${file.time?.column}: rows before ${from} teach, those from it on are scored`;
    return (examples) => ({ ...split(examples), how });
  }
  if (folds === undefined) return undefined;
  const parts: Buffer[] = [];
  for await (const part of readFile(folds)) parts.push(part as Buffer);
  return givenFolds(parseFolds(Buffer.concat(parts).toString('utf8')));
}

interface Options {
  readonly file: TableFile;
  readonly folds: string | undefined;
  readonly from: string | undefined;
  readonly before: readonly string[];
  readonly allow: readonly LeakRule[];
  readonly costs: { readonly falseAlarm: number; readonly miss: number };
  readonly sampler: Sampler | undefined;
  readonly search: string | undefined;
  readonly journal: string | undefined;
  readonly recent: number | undefined;
  readonly rowsToCome: string | undefined;
  readonly explainable: boolean;
  readonly name: string;
  readonly dataDir: string;
  readonly seed: number;
}

function parse(args: string[], dataDir: string): Options {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      label: text, yes: text, categories: text, drop: text, folds: text, time: text, order: text,
      from: text, allow: text, before: text, name: text, search: text, journal: text,
      costs: { type: 'string', default: '1,1' },
      'class-weights': text, sampler: text, recent: text, 'rows-to-come': text,
      explainable: { type: 'boolean', default: false },
      data: { type: 'string', default: dataDir },
      seed: { type: 'string', default: '1' },
    },
  });
  const [path, ...more] = positionals;
  if (path === undefined || more.length > 0) throw new RangeError('one FILE.csv is learned from');
  const { label, yes, time, order, from, folds } = values;
  if (label === undefined) throw new RangeError('--label says which column is to be told');
  if (time === undefined && (order ?? from) !== undefined) {
    throw new RangeError('--order and --from are about --time');
  }
  if (folds !== undefined && time !== undefined) {
    throw new RangeError('--folds and --time say two things about the split');
  }
  const [falseAlarm = NaN, miss = NaN] = list(values.costs).map(Number);
  if (!(falseAlarm > 0 && miss > 0)) throw new RangeError('--costs are two numbers above 0');
  const weights = values['class-weights'];
  if (weights !== undefined && values.sampler !== undefined) {
    throw new RangeError('--class-weights is a sampler: one of the two');
  }
  if (weights !== undefined && !(Number(weights) > 0)) {
    throw new RangeError('--class-weights is a number above 0');
  }
  const recent = values.recent === undefined ? undefined : Number(values.recent);
  if (recent !== undefined && !(recent > 0 && recent <= 1)) {
    throw new RangeError(`--recent '${values.recent}' is no share of the rows, above 0 and up to 1`);
  }
  if (recent !== undefined && time === undefined) throw new RangeError('--recent needs --time');
  if (recent !== undefined && values.explainable) {
    throw new RangeError('--explainable has no curve after its trees, and --recent is one');
  }
  const rowsToCome = values['rows-to-come'];
  if (rowsToCome !== undefined && recent === undefined) {
    throw new RangeError('--rows-to-come is about --recent');
  }
  const seed = Number(values.seed);
  if (!Number.isInteger(seed) || seed < 0) throw new RangeError(`--seed '${values.seed}'`);
  const plain = label.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const name = values.name ?? (isShipped(plain) ? `${plain}-table` : plain);
  if (isShipped(name)) throw new RangeError(`--name '${name}' is of a model that the shop asks something else`);
  if (!/^[a-z0-9][a-z0-9_-]*$/i.test(name)) throw new RangeError(`--name '${name}' is no name`);
  return {
    file: {
      path, label, categories: list(values.categories), drop: list(values.drop),
      named: list(values.before),
      ...(yes !== undefined && { yes }),
      ...(time !== undefined && {
        time: { column: time, ...(order !== undefined && { order: list(order) }) } }),
    },
    folds, from, name, seed, recent, rowsToCome,
    before: list(values.before),
    allow: list(values.allow).map((rule) => {
      if (isLeakRule(rule)) return rule;
      throw new RangeError(`--allow: '${rule}' is none of ${LEAK_RULES.join(', ')}`);
    }),
    costs: { falseAlarm, miss },
    sampler: samplerOf(values.sampler ?? (weights === undefined ? undefined : `weights:${weights}`)),
    search: values.search,
    journal: values.journal,
    explainable: values.explainable,
    dataDir: values.data,
  };
}

function list(text: string | undefined): string[] {
  return (text ?? '').split(',').map((each) => each.trim()).filter((each) => each !== '');
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function samplerOf(text: string | undefined): Sampler | undefined {
  try {
    return text === undefined ? undefined : namedSampler(text);
  } catch (error) {
    throw new RangeError((error as Error).message);
  }
}
