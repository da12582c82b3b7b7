import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { framed, troubleOf } from '../../models/learn/command-frame.ts';
import { parseJson } from '../../server/catalog/parse-config.ts';
import { readConfig } from '../../server/config.ts';
import { writeWhole } from '../../server/core/whole-file.ts';
import { commit, machine, ROOT } from '../machine.ts';
import { LoadProblem } from '../lab/problem.ts';
import { curveText, perSecond, reasons, type Tried } from './explain.ts';
import { configured, environment, settingText } from './setting.ts';
import { shareCores } from './trial.ts';
import { choose, type Tuned, tuneModel } from './tune.ts';

export const usage = [
  'vitrine tune MODEL --slo-ms MS [--models DIR] [--write] …',
  '  finds placement, threads, instances, batch size and delay that answer the most requests a second',
  '  within MS: times the model at each batch size, predicts from that, and tries the best out, each',
  '  on a server of its own, beside what is set now; the machine\'s last core makes the load',
  '  --models DIR       the model repository (DATA/models, else the shipped one)',
  '  --slo-ms MS        an answer later than this, from when it was due, is not in time',
  '  --percentile P     share of requests that must be in time (99)',
  '  --memory-mib N     of the server with this model alone (4096)',
  '  --cores N          of the server (all but one)',
  '  --max-batch N      largest batch to look at (256)',
  '  --trials N         settings to try out (4)',
  '  --seconds S        of one rate in a trial (2)',
  '  --seed N           of arrivals (1)',
  '  --write            writes the model\'s config.json; the former stays as config.json.former',
  '  --json FILE        all that was measured',
].join('\n');

export function run(args: string[]): Promise<number> {
  const trouble = (error: unknown) => (error instanceof LoadProblem ? error.message : troubleOf(error));
  return framed(usage, () => parse(args), tune, trouble);
}

async function tune(options: Options): Promise<number> {
  const { model, repository, slo, memoryBytesMax } = options;
  const file = join(repository, model, 'config.json');
  if (!existsSync(file)) {
    console.error(`there is no '${file}': name a model of the repository, or the repository (--models)`);
    return 1;
  }
  const text = readFileSync(file, 'utf8');
  const config = parseJson(text, file) as Record<string, unknown>;
  const before = { when: new Date().toISOString(), machine: machine(), commit: commit() };
  const tuned = await tuneModel({
    ...options, config, say: (progress) => console.error(`tune: ${progress} …`),
  });
  const best = choose(tuned.tried, memoryBytesMax);
  console.log(resultText(tuned, options));
  if (options.json !== undefined) {
    const { ranked, ...rest } = tuned;
    const chosen = best?.setting ?? null;
    const result = { ...before, model, slo, ...rest, predicted: ranked.slice(0, 50), chosen };
    writeWhole(options.json, JSON.stringify(result, null, 1) + '\n');
  }
  if (!best?.setting) {
    console.log('\nNothing tried is surely better than what is set now: it stays.');
    return 0;
  }
  const written = JSON.stringify(configured(config, best.setting), null, 2) + '\n';
  console.log(`\nChosen: ${settingText(best.setting)}`);
  for (const line of reasons(best.setting, tuned.curve, slo, tuned.tried)) console.log(`  ${line}`);
  const variables = Object.entries(environment(best.setting)).map(([name, value]) => `${name}=${value}`);
  console.log(`\nThe server's part of it: ${variables.join(' ')}`);
  if (options.write) {
    writeWhole(`${file}.former`, text);
    writeWhole(file, written);
    console.log(`written to ${file}; a server that polls takes it, another when it starts again`);
  } else {
    console.log(`The model's (--write puts it into ${file}):\n${written}`);
  }
  return 0;
}

function resultText({ curve, cores, requestUs, tried, ranked }: Tuned, { slo, memoryBytesMax }: Options): string {
  const line = (one: Tried): string => {
    const what = one.setting ? settingText(one.setting) : 'as it is set now';
    const predicted = one.predicted === undefined ? '' : `, ${perSecond(one.predicted)} predicted`;
    const over = one.residentBytes > memoryBytesMax ? ', more than it may have' : '';
    const mib = Math.round(one.residentBytes / 2 ** 20);
    return `  ${what.padEnd(44)} ${perSecond(one.rate).padStart(10)} ` +
      `(${one.rates.map(perSecond).join(', ')}${predicted}; ${mib} MiB${over})`;
  };
  return [
    `${curve.model}, version ${curve.version} (${curve.platform}), runs by rows:`,
    ...curveText(curve),
    `A request costs the server ${requestUs.toFixed(1)} us beside its share of a run.`,
    '',
    `Requests of one row, ${slo.share * 100} % within ${slo.ms} ms of when they were due, ` +
      `${cores} ${cores === 1 ? 'core' : 'cores'} (${ranked.length} settings predicted):`,
    ...tried.map(line),
  ].join('\n');
}

type Options = ReturnType<typeof parse>;

function parse(args: string[]) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      models: { type: 'string' },
      'slo-ms': { type: 'string' },
      percentile: { type: 'string', default: '99' },
      'memory-mib': { type: 'string', default: '4096' },
      cores: { type: 'string' },
      'max-batch': { type: 'string', default: '256' },
      trials: { type: 'string', default: '4' },
      seconds: { type: 'string', default: '2' },
      seed: { type: 'string', default: '1' },
      write: { type: 'boolean', default: false },
      json: { type: 'string' },
    },
  });
  const [model, ...more] = positionals;
  if (model === undefined || more.length > 0) throw new Error('name one model');
  if (values['slo-ms'] === undefined) throw new Error('say what is in time: --slo-ms MS');
  const number = (name: string, text: string, least: number, most: number, whole = true): number => {
    const value = text.trim() === '' ? NaN : Number(text);
    if (value >= least && value <= most && (!whole || Number.isInteger(value))) return value;
    throw new Error(`--${name} ${text}: ${whole ? 'a whole number' : 'a number'} from ${least} to ${most}`);
  };
  const data = join(readConfig(process.env).dataDir, 'models');
  const shipped = join(ROOT, 'models/repository');
  return {
    model,
    repository: values.models ?? (existsSync(data) ? data : shipped),
    slo: {
      ms: number('slo-ms', values['slo-ms'], 0.1, 60_000, false),
      share: number('percentile', values.percentile, 50, 99.99, false) / 100,
    },
    memoryBytesMax: number('memory-mib', values['memory-mib'], 16, 2 ** 24) * 2 ** 20,
    cores: shareCores(values.cores === undefined
      ? undefined : number('cores', values.cores, 1, Math.max(1, availableParallelism() - 1))),
    rowsMax: number('max-batch', values['max-batch'], 1, 1024),
    trials: number('trials', values.trials, 1, 64),
    seconds: number('seconds', values.seconds, 0.2, 600, false),
    seed: number('seed', values.seed, 0, 2 ** 32 - 1),
    write: values.write,
    ...(values.json !== undefined && { json: values.json }),
  };
}
