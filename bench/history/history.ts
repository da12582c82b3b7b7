import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { line, text } from '../../server/core/svg.ts';
import { chart, count, dot, linear, type Axis } from '../lab/report/chart.ts';
import { figures as pictures, htmlPage, section, table } from '../lab/report/page.ts';
import { commit, ROOT } from '../machine.ts';
import { figuresOf, lastChange, machinesOf, type Figure } from './figures.ts';
import { resultsOf } from './versions.ts';

export const HISTORY_USAGE = 'npm run bench -- history [--only BENCH,…] [--html FILE]';

/** Prints the table and writes the page. */
export function history(args: readonly string[], root = ROOT): number {
  const { values } = parseArgs({ args: [...args], options: { only: { type: 'string' }, html: { type: 'string' } } });
  const results = resultsOf(root);
  const wanted = values.only?.split(',').filter(Boolean);
  const unknown = wanted?.find((name) => !results.has(name));
  if (unknown !== undefined) {
    const known = [...results.keys()].sort().join(', ');
    console.error(`no results of '${unknown}' were ever committed; there are: ${known}`);
    return 2;
  }
  const figures = figuresOf(results).filter(({ bench }) => wanted === undefined || wanted.includes(bench));
  const machines = machinesOf(results);
  console.log(historyText(figures, machines));
  const path = values.html ?? join(root, 'build/bench/history.html');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, historyPage(figures, machines));
  console.log(`drawn in ${path}`);
  return 0;
}

export function historyText(figures: readonly Figure[], machines: readonly string[]): string {
  if (figures.length === 0) return 'no results were ever committed';
  const head = ['', 'runs', 'first', 'last', 'change', 'at', 'machines'];
  const rows = figures.map((figure) => {
    const { bench, name, unit, points } = figure;
    const [first, last] = [points[0]!, points.at(-1)!];
    return [
      `${bench}: ${name} [${unit}]`, String(points.length), count(first.value), count(last.value), changeText(figure),
      `${last.commit.slice(0, 9)} ${last.when.slice(0, 10)}`,
      [...new Set(points.map(({ machine }) => letter(machine)))].join(' '),
    ];
  });
  const widths = head.map((cell, at) => Math.max(cell.length, ...rows.map((row) => row[at]!.length)));
  const lines = [head, ...rows].map((row) => row.map((cell, at) =>
    (at === 0 || at >= 5 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))).join('  ').trimEnd());
  return [
    ...lines, '',
    'change: the last run over the one before it of the same case on the same machine; worse by more than 5 % is said',
    ...machines.map((machine, at) => `machine ${letter(at)}: ${machine}`),
  ].join('\n');
}

function changeText(figure: Figure): string {
  const change = lastChange(figure);
  if (change === null) return '–';
  const worse = figure.better === 'more' ? change < -5 : change > 5;
  return `${change > 0 ? '+' : ''}${change.toFixed(1)} %${worse ? ' worse' : ''}`;
}

function letter(machine: number): string {
  return machine < 26 ? String.fromCharCode(65 + machine) : String(machine + 1);
}

export function historyPage(figures: readonly Figure[], machines: readonly string[]): string {
  const { hash } = commit();
  const benches = [...new Set(figures.map(({ bench }) => bench))];
  return htmlPage('Figures over commits', [
    '<h1>Figures over commits</h1>',
    `<p class="quiet">Full runs of <code>npm run bench</code> whose results were committed, up to ${hash}. ` +
      'A dashed line marks another machine: figures are compared on one machine only.</p>',
    ...benches.map((bench) => section(bench, '', pictures(figures.filter((one) => one.bench === bench)
      .map((one) => [one.name, overCommits(one), `${one.better === 'more' ? 'More' : 'Less'} is better. ` +
        `Last: ${count(one.points.at(-1)!.value)} ${one.unit}, ${changeText(one)}.`] as const)))),
    section('Machines', '', table(['', 'machine'], machines.map((one, at) => [letter(at), one]), 2)),
  ]);
}

const LABELS_MAX = 8;

function overCommits({ name, unit, points }: Figure): string {
  const every = Math.ceil(points.length / LABELS_MAX);
  const x: Axis = {
    label: 'commit that was measured', low: -0.5, high: points.length - 0.5,
    ticks: points.map(({ commit: of }, at) => ({ value: at, label: at % every === 0 ? of.slice(0, 7) : '' })),
  };
  const y = linear(unit, Math.max(...points.map(({ value, high = value }) => high)), count);
  return chart(name, x, y, [], (plane) => points.flatMap(({ value, low, high, when, commit: of, machine }, at) => {
    const [here, there] = [plane.x(at), plane.x(at - 1)];
    const before = points[at - 1];
    const same = before?.machine === machine;
    const joined = same && before?.case === points[at]?.case;
    return [
      ...(low === undefined || high === undefined ? []
        : [`<g opacity=".3">${line([[here, plane.y(low)], [here, plane.y(high)]], 'var(--c1)', 6)}</g>`]),
      ...(before && joined ? [line([[there, plane.y(before.value)], [here, plane.y(value)]], 'var(--c1)', 2)] : []),
      ...(before && !same ? [
        line([[(here + there) / 2, plane.top], [(here + there) / 2, plane.bottom]], 'var(--bad)', 1.2, '5 4'),
        text((here + there) / 2 + 4, plane.top + 12, `machine ${letter(machine)}`, { fill: 'var(--bad)', size: 11 }),
      ] : []),
      dot(here, plane.y(value), 4.5, 'var(--c1)',
        `${of}, ${when.slice(0, 16).replace('T', ' ')}: ${count(value)} ${unit}`),
    ];
  }));
}
