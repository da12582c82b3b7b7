import { escaped } from '../../../server/core/svg.ts';
import type { Machine } from '../../machine.ts';
import type { Level, LoadTest } from '../load-test.ts';
import { LAG_US_MAX } from '../limits.ts';
import { count, usText } from './chart.ts';
import { latencyOverTime, levelName, percentileCurve, throughputAgainstLatency } from './latency-pictures.ts';
import {
  batchSizes, cpuOverTime, gpuOverTime, loopDelayOverTime, memoryOverTime, phaseBars, phasesOverTime,
} from './server-pictures.ts';
import { splitOf } from './split.ts';
import { STYLE } from './style.ts';
import { failures } from './text.ts';

/** Where the generator ran, and what of ours it was. */
export interface Origin {
  readonly machine: Machine;
  readonly commit: string;
  readonly versions: Readonly<Record<string, string>>;
}

/** The whole report: a page that loads nothing and has no script; light or dark as its reader's system is. */
export function reportPage(test: LoadTest, origin: Origin): string {
  const title = `Load on ${test.model ?? new URL(test.url).host}`;
  const shown = headline(test.levels);
  const several = test.levels.length > 1;
  return htmlPage(title, [
    `<h1>${escaped(title)}</h1>`,
    `<p class="quiet">${escaped(subtitle(test))}</p>`,
    shown ? tiles(test, shown) : '<p>Nothing was measured.</p>',
    warnings(test),
    ...(several ? [
      section('Levels', '', levelTable(test)),
    ] : []),
    section('Over all', '', figures([
      ['Throughput against latency', several ? throughputAgainstLatency(test) : '',
        'What was answered, and how long it took. A grey dot was not stable, or the generator was late.'],
      ['Latency by percentile', percentileCurve(test, test.levels), curveText(test)],
      ['Where the mean time of a request goes', phaseBars(test), 'Over the measured time, by the server’s own ' +
        'statistics; what they do not explain is outside of it: network, reading and writing, the generator.'],
    ])),
    ...(test.search ? [section('Search for the highest rate', '', searchTable(test))] : []),
    ...test.levels.map((level) => levelSection(test, level, !several || level === shown)),
    section('How it was measured', '', how(test, origin)),
  ]);
}

/** A page of these sections. */
export function htmlPage(title: string, body: readonly string[]): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<style>${STYLE}</style></head>
<body><main>${body.filter((part) => part !== '').join('\n')}</main></body></html>
`;
}

/** Nothing where there is nothing in it. */
export function section(title: string, said: string, ...parts: readonly string[]): string {
  const filled = parts.filter((part) => part !== '');
  if (filled.length === 0) return '';
  const words = said === '' ? '' : `<p>${escaped(said)}</p>`;
  return `<section><h2>${escaped(title)}</h2>${words}${filled.join('')}</section>`;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[], textColumns = 1): string {
  const kind = (at: number): string => (at < textColumns ? '' : ' class="n"');
  const cells = (all: readonly string[], tag: 'td' | 'th'): string =>
    `<tr>${all.map((cell, at) => `<${tag}${kind(at)}>${cell}</${tag}>`).join('')}</tr>`;
  return `<div class="wide"><table><thead>${cells(head.map(escaped), 'th')}</thead>` +
    `<tbody>${rows.map((row) => cells(row, 'td')).join('')}</tbody></table></div>`;
}

/** The highest level that kept to the objective; without one the highest whose figures can be believed. */
export function headline(levels: readonly Level[]): Level | undefined {
  const good = levels.filter(({ measurement }) => !measurement.late && measurement.stability.stable);
  const met = good.filter(({ measurement }) => measurement.goodput?.met);
  const of = [met, good, levels].find((some) => some.length > 0) ?? [];
  return of.toSorted((a, b) => b.measurement.answeredPerS - a.measurement.answeredPerS)[0];
}

function subtitle(test: LoadTest): string {
  const { url, mode, arrivals, levels } = test;
  const asked = levels.map(({ value }) => count(value)).join(', ');
  const load = mode === 'concurrency' ? `${asked} requests in flight, closed loop`
    : `${asked} requests a second, ${arrivals} arrivals`;
  return `${url}; ${load}; ${test.when.slice(0, 16).replace('T', ' ')} UTC`;
}

function tiles(test: LoadTest, { value, measurement, run }: Level): string {
  const { fromDue, goodput, answeredPerS, counts, offered } = measurement;
  const lost = offered - counts.answered;
  const all: [string, string][] = [
    [`${count(answeredPerS * test.batchSize)}/s`, test.batchSize === 1 ? 'answered' : 'inferences answered'],
    [usText(fromDue.p50), 'p50'], [usText(fromDue.p99), 'p99'], [usText(fromDue.p999), 'p99.9'],
    [usText(fromDue.max), 'longest'],
    ...(goodput ? [[`${percent(goodput.within)}`, `within ${usText(goodput.sloUs)}`] as [string, string]] : []),
    [lost === 0 ? 'none' : count(lost), 'not answered'],
  ];
  const at = test.levels.length > 1 ? `<p class="quiet">At ${escaped(levelName(test, value))}, ` +
    `${count(offered)} requests, ${run.generator.name} generator:</p>` : '';
  return `${at}<div class="tiles">${all.map(([figure, name]) =>
    `<div class="tile"><b>${figure}</b>${escaped(name)}</div>`).join('')}</div>`;
}

/** Pictures with their names and what is to be said of them, two in a row where there is room. */
export function figures(all: readonly (readonly [name: string, picture: string, said?: string])[]): string {
  const filled = all.filter(([, picture]) => picture !== '');
  if (filled.length === 0) return '';
  return `<div class="pictures">${filled.map(([name, picture, said = '']) =>
    `<figure><figcaption>${escaped(name)}</figcaption>${picture}${said === '' ? ''
      : `<p class="quiet">${escaped(said)}</p>`}</figure>`).join('')}</div>`;
}

/** What a reader must know before believing a figure. */
function warnings(test: LoadTest): string {
  const all = test.levels.flatMap(({ value, measurement, run }) => {
    const at = levelName(test, value);
    const { warmUp, stability, late } = measurement;
    const { lagP99Us, wrong, checked } = run.generator;
    return [
      ...(late || lagP99Us > LAG_US_MAX ? [`${at}: the generator was late (p99 of its lag ` +
        `${usText(lagP99Us)}): these figures prove nothing.`] : []),
      ...(stability.stable ? [] : [`${at}: the last windows do not agree within ${stability.percent} %.`]),
      ...(warmUp.settled ? [] : [`${at}: no warm-up was found that the rest of the run keeps to.`]),
      ...(wrong > 0 ? [`${at}: ${wrong} of ${checked} checked answers were wrong.`] : []),
      ...(failures(measurement) === '' ? [] : [`${at}: ${failures(measurement)} of ${measurement.offered}.`]),
    ];
  });
  return all.length === 0 ? '' : `<ul class="warn">${all.map((one) => `<li>${escaped(one)}</li>`).join('')}</ul>`;
}

function curveText({ mode }: LoadTest): string {
  return mode === 'rate'
    ? 'From when a request was due: what its user waits. A tool that waits its turn sees the time from when ' +
      'it was sent.'
    : 'In a closed loop a request is due when the one before it is answered: a stall delays the schedule with it.';
}

function levelTable(test: LoadTest): string {
  const goodput = test.sloUs !== null;
  const head = [
    test.mode === 'concurrency' ? 'in flight' : 'asked', 'answered', 'mean', 'p50', 'p90', 'p99', 'p99.9', 'longest',
    'not answered', ...(goodput ? ['within'] : []), 'batch', 'CPU, cores',
  ];
  return table(head, test.levels.map((level) => {
    const { value, measurement, server } = level;
    const { fromDue } = measurement;
    const split = splitOf(server, measurement.from);
    const within = measurement.goodput;
    return [
      test.mode === 'concurrency' ? String(value) : `${count(value)}/s`, `${count(measurement.answeredPerS)}/s`,
      ...[fromDue.mean, fromDue.p50, fromDue.p90, fromDue.p99, fromDue.p999, fromDue.max].map(usText),
      count(measurement.offered - measurement.counts.answered),
      ...(goodput ? [within ? judged(within.met, percent(within.within)) : '–'] : []),
      split && split.executions > 0 ? count(split.inferences / split.executions) : '–',
      cores(level),
    ];
  }));
}

function cores({ server, measurement }: Level): string {
  const told = server.filter(({ cpuSeconds }) => cpuSeconds !== undefined);
  const first = told.filter(({ at }) => at <= measurement.from).at(-1) ?? told[0];
  const last = told.at(-1);
  if (!first || !last || last.at <= first.at) return '–';
  return (((last.cpuSeconds ?? 0) - (first.cpuSeconds ?? 0)) / (last.at - first.at)).toFixed(2);
}

function searchTable({ search, sloUs }: LoadTest): string {
  if (!search) return '';
  const found = search.rate === 0 ? 'No rate that was tried met the objective.'
    : `Highest rate within ${sloUs === null ? 'the objective' : usText(sloUs)}: ` +
      `${count(search.rate)} requests a second.`;
  const verified = search.verified
    ? ` ${search.verified.met} of ${search.verified.runs} runs of ` +
      `${search.verified.queries.toLocaleString('en')} queries met it.` : '';
  const rows = search.tried.map(({ rate, met, within }) =>
    [`${count(rate)}/s`, percent(within), judged(met, met ? 'met' : 'not met')]);
  return `<p>${escaped(found + verified)}</p>${table(['rate', 'within', ''], rows)}`;
}

function judged(good: boolean, said: string): string {
  return `<span class="${good ? 'good' : 'bad'}">${said}</span>`;
}

function levelSection(test: LoadTest, level: Level, open: boolean): string {
  const pictures = [
    ['Latency over time', latencyOverTime(level)],
    ['Queue and compute', phasesOverTime(level)],
    ['Batch sizes', batchSizes(level)],
    ['Processor', cpuOverTime(level)],
    ['Memory', memoryOverTime(level)],
    ['Event loop', loopDelayOverTime(level)],
    ...gpuOverTime(level).map((picture) => ['GPU', picture] as const),
  ] as const;
  const untold = level.server.length === 0
    ? '<p class="quiet">The server tells nothing of itself: no /metrics, no statistics.</p>' : '';
  const name = test.levels.length > 1 ? `At ${levelName(test, level.value)}` : 'Over time';
  return `<details${open ? ' open' : ''}><summary>${escaped(name)}</summary>${untold}${figures(pictures)}` +
    `${kindTable(test, level)}</details>`;
}

function kindTable(test: LoadTest, { measurement }: Level): string {
  if (measurement.kinds.length < 2) return '';
  return table(['kind of request', 'due', 'answered', 'p50', 'p99', 'longest', 'within'],
    measurement.kinds.map(({ kind, offered, counts, fromDue, goodput }) => [
      escaped(test.kindNames[kind] ?? String(kind)), count(offered), count(counts.answered), usText(fromDue.p50),
      usText(fromDue.p99), usText(fromDue.max), goodput ? percent(goodput.within) : '–',
    ]));
}

function how(test: LoadTest, { machine, commit, versions }: Origin): string {
  const generator = test.levels[0]?.run.generator;
  const each = (say: (level: Level) => string): string => test.levels.map(say).join(', ');
  const made = Object.entries(versions).map(([name, of]) => `${name} ${of}`);
  const lines = [
    `Command: <code>${escaped(test.command)}</code>`,
    `Warm-up: ${each(({ measurement: { warmUp } }) => `${warmUp.seconds.toFixed(2)} s (${warmUp.method})`)}. ` +
      'All figures count from after it.',
    `Generator: ${generator?.name ?? '–'}; p99 of its own lag ` +
      `${each(({ run }) => usText(run.generator.lagP99Us))}; over 1 ms a run proves nothing. It ran on the ` +
      'machine below, and beside the server where the address is of the same.',
    `What was shed or failed is in no percentile; what was never answered is, with the time it had waited.`,
    escaped(`${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.kernel}, governor ` +
      `${machine.governor}, load average before ${machine.loadAverage.toFixed(2)}`),
    escaped(`Commit ${commit}; ${made.join(', ')}; seed ${test.seed}`),
  ];
  return `<ul>${lines.map((one) => `<li>${one}</li>`).join('')}</ul>`;
}

function percent(share: number): string {
  return `${Number((100 * share).toFixed(share > 0.99 ? 3 : 1))} %`;
}
