import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '../../server/core/clock.ts';
import { checkWritable } from '../../server/core/file-trouble.ts';
import { writeWhole } from '../../server/core/whole-file.ts';
import { framed } from '../learn/command-frame.ts';
import { linear } from '../learn/linear/linear.ts';
import { boostedTrees } from '../learn/trees/boosting.ts';
import { TrainingError } from '../learn/training-error.ts';
import { writeModel } from '../recipes/model-folder.ts';
import { ownRepository } from '../recipes/own-repository.ts';
import { drawnByLot } from './by-lot.ts';
import { compareUplift, type UpliftScores } from './compare.ts';
import {
  byMoment, classTransformation, purchaseProbability, sLearner, tLearner, type UpliftLearner,
} from './learners.ts';
import { momentNames } from './moments.ts';
import { rankActions } from './next-action.ts';
import { columnOf, numbersOf, readTextTable, tableOf, type TextTable, yesNoOf } from './read-table.ts';
import { checkTrial, type Trial } from './trial.ts';
import { upliftModel } from './uplift-model.ts';
import { reportUplift, type UpliftReport, upliftText } from './uplift-report.ts';

export const usage = [
  'vitrine uplift FILE.csv --treatment COLUMN --outcome COLUMN [--value COLUMN] …',
  '  learns from a trial whom a coupon moves, and writes who should get it, the largest gain first',
  '  --treatment COLUMN  who got it: 1 or 0, or texts with --treated and --control',
  '  --treated TEXT      of the treatment column; rows with neither text are left out',
  '  --control TEXT',
  '  --outcome COLUMN    1: bought, 0: not; or yes and no',
  '  --value COLUMN      what a purchase of this customer brings, in money',
  '  --cost NUMBER       of one coupon, in the same money (0)',
  '  --moment COLUMN     when it was sent, drawn by lot as well: the list says when to send it',
  '  --id COLUMN         what customers are called in the list; their line when absent',
  '  --ignore COLUMNS    not to learn from: what was known only afterwards, above all',
  '  --out FILE          where the list goes (uplift.csv)',
  '  --data DIR          also writes the model to DIR/models, to be served: a row to what a coupon adds',
  '  --name NAME         of that model (uplift)',
  '  --seed N            of all chance (1)',
  '  --observational     goes on although the arms were not drawn by lot; figures then mislead',
].join('\n');

/** In the order in which they are tried. The trees are small: an effect is a difference of two models. */
const LEARNERS: readonly UpliftLearner[] = [
  tLearner(linear()), classTransformation(linear()), sLearner(linear()),
  tLearner(boostedTrees({ trees: 60, leaves: 8, leafRows: 100 })),
];

export function run(args: string[]): Promise<number> {
  return framed(usage, () => parse(args), async (options) => {
    checkWritable(dirname(options.out)); // rather than after all the work
    const text = await readTextTable(options.file);
    const { trial, rows, left } = readTrial(text, options);
    for (const why of left) console.log(`not learned from: ${why}`);
    checkTrial(trial);
    return work(trial, rows, text, options);
  });
}

function work(trial: Trial, rows: readonly number[], text: TextTable, options: Options): number {
  const { seed, moment, cost } = options;
  const byLot = drawnByLot(trial, boostedTrees({ trees: 60, leaves: 8 }), seed);
  if (!byLot.ok) {
    console.error(`who was treated can be told by what was known before: AUC ${byLot.auc.toFixed(3)}, ` +
      `and ${byLot.limit.toFixed(3)} is the most that a draw by lot gives. The treated are other people, so ` +
      'their purchases do not tell what the treatment did. Run a trial in which chance decides, or leave ' +
      'out columns that are known only afterwards (--ignore).');
    if (!options.observational) return 1;
    console.error('WARNING: --observational goes on; every figure below may be wrong.');
  }
  const asked = { seed, ...(moment !== undefined && { moment }) };
  const timed = moment === undefined ? [] : [byMoment(tLearner(linear()), moment)];
  const scored = compareUplift(trial, [...LEARNERS, ...timed, purchaseProbability(linear())], asked);
  const probability = scored.pop() as UpliftScores;
  const report = reportUplift(trial, scored, probability, byLot, asked);
  console.log(upliftText(report, trial.values !== undefined));
  if (options.data !== undefined) serveable(trial, report, options);

  const chosen = scored.find(({ name }) => name === report.chosen) as UpliftScores;
  const actions = rankActions(chosen.timed?.uplift ?? chosen.scores, {
    cost,
    ...(trial.values && { values: trial.values }),
    ...(chosen.timed && { moments: chosen.timed.moment }),
  });
  const ids = options.id === undefined ? null : columnOf(text, options.id);
  const names = moment === undefined ? [] : momentNames(trial.table, moment);
  const lines = actions.map(({ row, moment: at, uplift, value, gain }, place) => [
    place + 1, quoted(ids?.[rows[row] as number] ?? String((rows[row] as number) + 1)),
    ...(at === null ? [] : [quoted(names[at] as string)]),
    uplift.toFixed(6), value, gain.toFixed(6), gain > 0 ? 1 : 0,
  ].join());
  const head = `rank,customer,${moment === undefined ? '' : 'moment,'}uplift,value,gain,send`;
  writeWhole(options.out, `${[head, ...lines].join('\n')}\n`);
  const worth = actions.filter(({ gain }) => gain > 0).length;
  console.log(`wrote ${options.out}: ${worth.toLocaleString('en')} of ` +
    `${actions.length.toLocaleString('en')} customers are worth the coupon`);
  return 0;
}

/** Writes the best learner that has a model file, learned from all rows. */
function serveable(trial: Trial, report: UpliftReport, { data = '', name, file, seed }: Options): void {
  const startUs = systemClock.nowUs();
  for (const { name: learner } of report.learners) {
    const fitted = LEARNERS.find((each) => each.name === learner)?.fit(trial, seed);
    const model = fitted && upliftModel({
      name, learner, seed, trainedOn: `${basename(file)}: a trial of ${report.rows} customers`,
      madeAt: new Date(systemClock.wallMs()).toISOString(),
      trainSeconds: Math.round((systemClock.nowUs() - startUs) / 1e5) / 10,
    }, trial, fitted, report);
    if (!model) continue;
    const repository = ownRepository(data);
    console.log(`wrote ${join(repository, name, String(writeModel(repository, model)))}: ${learner}`);
    return;
  }
}

interface Options {
  readonly data?: string;
  readonly name: string;
  readonly file: string;
  readonly treatment: string;
  readonly treated: string;
  readonly control: string;
  readonly outcome: string;
  readonly value?: string;
  readonly moment?: string;
  readonly id?: string;
  readonly cost: number;
  readonly ignore: readonly string[];
  readonly out: string;
  readonly seed: number;
  readonly observational: boolean;
}

/** The rows of the two arms, with what they are called in the file, from 0. */
function readTrial(
  text: TextTable, options: Options,
): { trial: Trial; rows: number[]; left: readonly string[] } {
  const { treatment, treated, control, outcome, value, id, ignore } = options;
  const arms = columnOf(text, treatment);
  const rows = Array.from(arms.keys()).filter((row) => arms[row] === treated || arms[row] === control);
  const columns = new Map([...text.columns].map(([name, cells]) =>
    [name, rows.map((row) => cells[row] as string)]));
  const part: TextTable = { rows: rows.length, columns };
  const absent = [treated, control].filter((arm) => !arms.includes(arm));
  if (absent.length > 0) {
    throw new TrainingError(`${treatment}: no row is ${absent.map((arm) => `'${arm}'`).join(' or ')} ` +
      '(--treated, --control); there are ' +
      [...new Set(arms)].slice(0, 10).map((arm) => `'${arm}'`).join(', '));
  }
  const special = [treatment, outcome, value, id].filter((name) => name !== undefined);
  for (const name of ignore) columnOf(text, name); // a slip of the pen must not become a leak
  const { table, left } = tableOf(part, [...special, ...ignore]);
  const values = value === undefined ? null : numbersOf(part, value);
  const trial: Trial = {
    table,
    treated: Uint8Array.from(columnOf(part, treatment), (arm) => (arm === treated ? 1 : 0)),
    outcomes: yesNoOf(part, outcome),
    ...(values && { values }),
  };
  return { trial, rows, left };
}

function parse(args: string[]): Options {
  const { values, positionals } = parseArgs({
    args, allowPositionals: true,
    options: {
      treatment: { type: 'string' }, treated: { type: 'string', default: '1' },
      control: { type: 'string', default: '0' }, outcome: { type: 'string' },
      value: { type: 'string' }, moment: { type: 'string' }, id: { type: 'string' },
      cost: { type: 'string', default: '0' }, ignore: { type: 'string', default: '' },
      out: { type: 'string', default: 'uplift.csv' }, data: { type: 'string' },
      name: { type: 'string', default: 'uplift' }, seed: { type: 'string', default: '1' },
      observational: { type: 'boolean', default: false },
    },
  });
  const { treatment, outcome, value, moment, id, cost, ignore, seed, data, ...rest } = values;
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) throw new RangeError('one FILE.csv is learned from');
  if (treatment === undefined || outcome === undefined) {
    throw new RangeError('--treatment and --outcome are needed');
  }
  if (!Number.isFinite(Number(cost)) || !Number.isInteger(Number(seed))) {
    throw new RangeError('--cost is a number, --seed a whole one');
  }
  return {
    ...rest, file, treatment, outcome, cost: Number(cost), seed: Number(seed),
    ignore: ignore.split(',').map((name) => name.trim()).filter((name) => name !== ''),
    ...(value !== undefined && { value }), ...(moment !== undefined && { moment }),
    ...(id !== undefined && { id }), ...(data !== undefined && { data }),
  };
}

function quoted(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
