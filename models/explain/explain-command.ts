import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { Log } from '../../server/core/log.ts';
import { type Describe, LANGUAGES, type Language } from '../../server/explain/describe.ts';
import { Explainer } from '../../server/explain/explainer.ts';
import { dependence, type Explained, globalImportance } from '../../server/explain/importance.ts';
import { decisionPicture } from '../../server/explain/pictures/decision-picture.ts';
import { dependencePicture } from '../../server/explain/pictures/dependence-picture.ts';
import { importancePicture } from '../../server/explain/pictures/importance-picture.ts';
import { reasonsPicture } from '../../server/explain/pictures/reasons-picture.ts';
import { bareProfile, type ExplainProfile, ProfileShelf } from '../../server/explain/profile.ts';
import type { Explanation } from '../../server/explain/question.ts';
import { findModelIn } from '../../server/routes/explain.ts';
import { ModelHost } from '../../server/serve.ts';
import { framed } from '../learn/command-frame.ts';
import { TrainingError } from '../learn/training-error.ts';
import { columnOf, readTextTable } from '../uplift/read-table.ts';

export const usage = [
  'vitrine explain MODEL ROWS.csv [--data DIR | --repository DIR] [--out DIR] …',
  '  what matters to a model: explains each row, and draws what they have in common',
  '  ROWS.csv           a column for each of the model\'s features, by name, as the model learned them;',
  '                     empty is missing, and so is a name that was not there then',
  '  --repository DIR   models (DIR/models of --data, else the shipped ones)',
  '  --data DIR         data folder (.vitrine)',
  '  --out DIR          where pictures and reasons.jsonl go (explained)',
  '  --rows N           of the file, at most (500)',
  '  --language en|zh   (en)',
].join('\n');

const PATHS_MAX = 40; // ways drawn in one picture
const DEPENDENCES = 6; // features whose dependence is drawn

export function run(args: string[]): Promise<number> {
  return framed(usage, () => parse(args), explainRows);
}

async function explainRows(options: Options): Promise<number> {
  const log = new Log('error');
  const host = ModelHost.start(options.repository, {
    workers: 1, runMsMax: 60_000, inlineUsMax: 2000, drainMsMax: 1000, log,
  });
  try {
    await host.loaded;
    const find = findModelIn(host, host);
    const shelf = new ProfileShelf(options.repository);
    const explainer = new Explainer({ inference: host, find, profile: shelf.of.bind(shelf) });
    const { version, featureNames = [] } = find(options.model);
    const profile = shelf.of(options.model, version) ?? bareProfile(options.model, featureNames, 'value');
    const text = await readTextTable(options.file);
    const cells = profile.features.map(({ name }) => columnOf(text, name));
    const count = Math.min(text.rows, options.rows);
    const width = profile.features.length;
    const rows = Float32Array.from({ length: count * width }, (_, at) => {
      const row = Math.floor(at / width);
      return cellValue(profile.features[at % width] as Describe, cells[at % width]?.[row] ?? '', row);
    });
    const answers: Explanation[] = [];
    for (let row = 0; row < count; row += 1) {
      answers.push(await explainer.explain({
        model: options.model, version, features: rows.slice(row * width, (row + 1) * width),
        method: 'auto', top: 5, language: options.language,
      }));
    }
    write(options, profile, rows, answers);
    return 0;
  } finally {
    await host.close();
  }
}

function write(
  { out, language, model }: Options, profile: ExplainProfile, rows: Float32Array,
  answers: readonly Explanation[],
): void {
  const { features, answer } = profile;
  const width = features.length;
  const contributions = Float64Array.from(answers.flatMap((each) =>
    Object.values(each.contributions ?? {})));
  const explained: Explained = { rows, contributions, features: width };
  const { scale, base = 0, method } = answers[0] as Explanation;
  const look = { scale, language, ...(answer.unit !== undefined && { unit: answer.unit }) };
  const importance = globalImportance(explained);
  const order = features.map((_, i) => i)
    .sort((a, b) => (importance[b] as number) - (importance[a] as number));
  const some: Explained = {
    rows, features: width, contributions: contributions.subarray(0, PATHS_MAX * width),
  };
  const pictures = new Map([
    ['importance', importancePicture(features, importance, look)],
    ['decisions', decisionPicture(features, some, base, look)],
    ...order.slice(0, DEPENDENCES).map((i) => [
      `dependence-${(features[i]?.name ?? String(i)).replace(/[^\w-]+/g, '_')}`,
      dependencePicture(features[i] as (typeof features)[number], dependence(explained, i), look),
    ] as const),
  ]);
  const first = answers[0] as Explanation;
  pictures.set('first-row', reasonsPicture(
    features, rows.subarray(0, width), contributions.subarray(0, width),
    { answer, scale, base, value: first.value }, { language }));
  mkdirSync(out, { recursive: true });
  for (const [name, svg] of pictures) writeFileSync(join(out, `${name}.svg`), svg);
  const lines = answers.map((each, row) => JSON.stringify({ row: row + 1, ...each }));
  writeFileSync(join(out, 'reasons.jsonl'), `${lines.join('\n')}\n`);
  const worst = answers.reduce((most, { residual = 0 }) => Math.max(most, Math.abs(residual)), 0);
  console.log(`${answers.length} answers of ${model} explained by ${method}; they add up within ` +
    worst.toExponential(1));
  for (const i of order.slice(0, 10)) {
    console.log(`  ${(features[i]?.[language] ?? '').padEnd(44)} ${(importance[i] as number).toPrecision(3)}`);
  }
  console.log(first.text);
  console.log(`wrote ${pictures.size} pictures and reasons.jsonl to ${out}`);
}

/**
 * A cell as the model's input has it: a category by its place among those that the model learned. A
 * name that was not there then is missing, as it is to the model. Fails with `TrainingError`.
 */
export function cellValue(of: Describe, cell: string, row: number): number {
  if (cell === '') return NaN;
  if (of.format === 'category' && of.categories) {
    const place = of.categories.indexOf(cell);
    return place < 0 ? NaN : place;
  }
  const value = Number(cell);
  if (Number.isFinite(value)) return value;
  throw new TrainingError(`${of.name}, row ${row + 1}: '${cell}' is no number`);
}

interface Options {
  readonly model: string;
  readonly file: string;
  readonly repository: string;
  readonly out: string;
  readonly rows: number;
  readonly language: Language;
}

/** The models that come with the product, seen from `dist/models/explain`. */
const SHIPPED = fileURLToPath(new URL('../../../models/repository', import.meta.url));

function parse(args: string[]): Options {
  const { values, positionals: [model, file] } = parseArgs({
    args, allowPositionals: true,
    options: {
      repository: { type: 'string' }, data: { type: 'string', default: '.vitrine' },
      out: { type: 'string', default: 'explained' }, rows: { type: 'string', default: '500' },
      language: { type: 'string', default: 'en' },
    },
  });
  const language = LANGUAGES.find((each) => each === values.language);
  const rows = Number(values.rows);
  if (model === undefined || file === undefined) throw new RangeError('which MODEL, and of which ROWS.csv?');
  if (!language) throw new RangeError(`--language ${values.language}: expected ${LANGUAGES.join(' or ')}`);
  if (!(Number.isInteger(rows) && rows > 0)) {
    throw new RangeError(`--rows ${values.rows}: expected a whole number above 0`);
  }
  const own = join(values.data, 'models');
  const repository = values.repository ?? (existsSync(own) ? own : SHIPPED);
  return { model, file, repository, out: values.out, rows, language };
}
