import { runLevel, shareOf, type LevelContext } from './load-levels.ts';
import { readOptions, type LoadOptions } from './load-options.ts';
import type { Level, LoadTest, SearchResult } from './load-test.ts';
import { workloadOf } from './load-workload.ts';
import { GeneratorLate, LoadProblem } from './problem.ts';
import { reportText } from './report/text.ts';
import { writeReports } from './report/write.ts';
import { highestLoad, queriesFor, type Probe } from './search.ts';

export { usage } from './load-usage.ts';

const QUERIES_MIN = 20; // beyond the percentile, that a probe of a search must see

/** What visitors of a shop ask for: times, order and requests are of one making. */
const TRAFFIC = /^--(traffic|scenario|replay)(=|$)/;

/** `vitrine bench load`: the report goes to stdout, progress to stderr. */
export async function run(args: string[]): Promise<number> {
  if (args.some((word) => TRAFFIC.test(word))) return (await import('../traffic/run-command.ts')).run(args);
  const options = readOptions(args);
  const workload = await workloadOf(options);
  let interrupted = false;
  process.once('SIGINT', () => {
    interrupted = true; // the generator ends early by itself; a second one ends everything
    console.error('\nending: what was measured is reported');
  });
  const context: LevelContext = { options, workload, say: (text) => console.error(text) };
  const when = new Date().toISOString();
  const levels: Level[] = [];
  const take = async (value: number, length?: { seconds: number }): Promise<Level> => {
    const unit = options.concurrency ? 'concurrency' : 'rate';
    if (!options.trace && !options.intervals) context.say(`${unit} ${Number(value.toPrecision(6))} …`);
    const level = await runLevel(context, value, length ?? 'stable');
    levels.push(level);
    const { complaint } = level.run.generator;
    if (complaint !== undefined) context.say(`  the first failure: ${complaint}`);
    return level;
  };
  let search: SearchResult | undefined;
  let late: GeneratorLate | undefined;
  try {
    if (options.binarySearch) search = await searched(options, take, () => interrupted);
    else await swept(options, take, () => interrupted);
  } catch (error) {
    // The levels before it were kept up with: they are worth their report.
    if (!(error instanceof GeneratorLate) || levels.length === 0) throw error;
    late = error;
  }
  const test: LoadTest = {
    when,
    url: workload.target.url,
    protocol: workload.target.transport,
    ...(options.model !== undefined && { model: options.model }),
    ...(options.version !== '' && { modelVersion: options.version }),
    batchSize: workload.batchSize,
    mode: options.concurrency ? 'concurrency' : 'rate',
    arrivals: options.concurrency ? 'closed' : lawOf(options),
    seed: options.seed,
    percentile: options.percentile ?? null,
    sloUs: options.sloUs ?? null,
    kindNames: workload.names,
    command: `vitrine bench load ${args.join(' ')}`,
    levels: levels.sort((a, b) => a.value - b.value),
    ...(search && { search }),
  };
  process.stdout.write(reportText(test));
  for (const path of writeReports(test, options.files)) console.error(`written to ${path}`);
  if (late) {
    console.error(`vitrine bench load: ${late.message} The levels before it are reported.`);
    return late.exitCode;
  }
  const answered = levels.some(({ measurement }) => measurement.counts.answered > 0);
  if (!answered) console.error('vitrine bench load: nothing was answered');
  return answered ? 0 : 1;
}

type Take = (value: number, length?: { seconds: number }) => Promise<Level>;

/** Every level of the range; without an end, until the latency limit is passed. */
async function swept(options: LoadOptions, take: Take, ended: () => boolean): Promise<void> {
  const range = options.concurrency ?? options.rates;
  if (!range) {
    await take(1);
    return;
  }
  for (let value = range.start; range.end === 0 || value <= range.end + 1e-9; value += range.step) {
    const { measurement } = await take(value);
    if (ended()) return;
    if (options.sloUs !== undefined && measurement.goodput?.met === false) {
      if (value !== range.end) console.error(`the objective is not met at ${value}: no more is offered`);
      return;
    }
  }
}

async function searched(options: LoadOptions, take: Take, ended: () => boolean): Promise<SearchResult> {
  const { rates, concurrency, windowSeconds, verifyRuns, verifySeconds } = options;
  const range = rates ?? concurrency;
  if (!range) throw new LoadProblem('a search needs a range');
  const share = shareOf(options);
  const known = new Map<number, number>(); // answers a second, by concurrency
  const probe = async (value: number, queries?: number): Promise<Probe> => {
    if (ended()) return { met: false, within: NaN, late: true };
    const perSecond = concurrency ? (known.get(value) ?? value) : value;
    const seconds = queries === undefined
      ? Math.max(windowSeconds, QUERIES_MIN / (1 - share) / perSecond)
      : Math.max(verifySeconds, (queries * 1.01) / perSecond);
    try {
      const { measurement } = await take(value, { seconds: Math.min(seconds, 3600) });
      known.set(value, measurement.answeredPerS);
      const enough = queries === undefined || measurement.offered >= queries;
      const { within = 0, met = false } = measurement.goodput ?? {};
      const said = `  ${(within * 100).toFixed(3)} % in time of ${measurement.offered}`;
      console.error(`${said}: ${met && enough ? 'met' : 'not met'}${enough ? '' : ', and too few'}`);
      return { met: met && enough, within };
    } catch (error) {
      if (!(error instanceof GeneratorLate)) throw error;
      console.error(`  ${error.message}`);
      return { met: false, within: NaN, late: true };
    }
  };
  return highestLoad(probe, {
    low: range.start,
    high: range.end,
    whole: concurrency !== undefined,
    ...(verifyRuns > 0 && { verify: { queries: queriesFor(share), runs: verifyRuns } }),
  });
}

function lawOf({ intervals, trace, speed, distribution }: LoadOptions): string {
  if (intervals !== undefined) return `intervals of ${intervals}`;
  return trace === undefined ? distribution : `trace ${trace} at ${speed} times its speed`;
}
