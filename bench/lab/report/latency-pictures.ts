import { line, text } from '../../../server/core/svg.ts';
import type { Level, LoadTest } from '../load-test.ts';
import { area, cells, chart, count, dot, latencyAxis, linear, timeAxis, usText, type Axis, type Key } from './chart.ts';
import { latenciesOf } from './split.ts';

const COLUMNS = 120;
const ROWS = 44;
const SHADES = [0.08, 0.16, 0.3, 0.5, 0.75];

/** Answers by when they were due and how long they took, darker is more; p50 and p99 over it. */
export function latencyOverTime({ run, measurement }: Level): string {
  const { windows, from } = measurement;
  const all = latenciesOf(run, { from: 0, to: Infinity }, 'due');
  if (all.length === 0) return '';
  const y = latencyAxis('latency from when due', all[0] as number, all.at(-1) as number);
  const x = timeAxis(run.seconds);
  const shades = heat(run, x.high, y);
  const keys: Key[] = [
    { name: 'p50', colour: 'var(--c2)' }, { name: 'p99', colour: 'var(--c3)' },
    { name: 'each request', colour: 'color-mix(in srgb, var(--c1) 40%, transparent)', block: true },
  ];
  return chart('Latency over time', x, y, keys, (plane) => {
    const [wide, high] = [(plane.right - plane.left) / COLUMNS, (plane.bottom - plane.top) / ROWS];
    const curve = (name: 'p50' | 'p99', colour: string): string[] => {
      const told = windows.filter((window) => Number.isFinite(window[name]));
      return told.length === 0 ? [] : [line(told.flatMap((window) => [
        [plane.x(window.from), plane.y(window[name])] as const,
        [plane.x(Math.min(window.to, run.seconds)), plane.y(window[name])] as const,
      ]), colour, 2)];
    };
    return [
      ...(from <= 0 ? [] : [
        area([[plane.left, plane.top], [plane.x(from), plane.top]],
          [[plane.left, plane.bottom], [plane.x(from), plane.bottom]], 'var(--soft)', 0.13),
        ...(plane.x(from) - plane.left < 56 ? []
          : [text(plane.left + 5, plane.top + 14, 'warm-up', { fill: 'var(--soft)', size: 11 })]),
      ]),
      ...shades.map((places, i) => cells(
        places.map(([column, row]) => [plane.left + column * wide, plane.bottom - (row + 1) * high]),
        wide, high, 'var(--c1)', SHADES[i] as number)),
      ...curve('p50', 'var(--c2)'), ...curve('p99', 'var(--c3)'),
      ...(measurement.goodput === undefined ? []
        : objective(plane, y, measurement.goodput.sloUs, plane.left, plane.right)),
    ];
  });
}

function objective(
  plane: { y(value: number): number }, y: Axis, sloUs: number, left: number, right: number,
): string[] {
  if (sloUs < y.low || sloUs > y.high) return [];
  return [
    line([[left, plane.y(sloUs)], [right, plane.y(sloUs)]], 'var(--bad)', 1.2, '6 4'),
    text(right - 4, plane.y(sloUs) - 5, `objective ${usText(sloUs)}`,
      { anchor: 'end', fill: 'var(--bad)', size: 11 }),
  ];
}

/** Cells by shade: one request is seen, a crowd is dark. */
function heat(run: Level['run'], seconds: number, y: Axis): [number, number][][] {
  const counts = new Map<number, number>();
  let most = 1;
  for (let row = 0; row < run.due.length; row += 1) {
    const outcome = run.outcome[row] as number;
    if (outcome !== 0 && outcome !== 3) continue;
    const due = run.due[row] as number;
    const us = ((outcome === 0 ? run.done[row] as number : run.ended) - due) * 1e6;
    const column = Math.min(COLUMNS - 1, Math.floor((due / seconds) * COLUMNS));
    const height = Math.log(Math.max(us, y.low) / y.low) / Math.log(y.high / y.low);
    const cell = column * ROWS + Math.min(ROWS - 1, Math.floor(height * ROWS));
    const grown = (counts.get(cell) ?? 0) + 1;
    counts.set(cell, grown);
    most = Math.max(most, grown);
  }
  const shades: [number, number][][] = SHADES.map(() => []);
  for (const [cell, found] of counts) {
    const depth = Math.log1p(found) / Math.log1p(most);
    shades[Math.min(SHADES.length - 1, Math.floor(depth * SHADES.length))]
      ?.push([Math.floor(cell / ROWS), cell % ROWS]);
  }
  return shades;
}

const LEVELS_MAX = 5; // of curves in one picture

/** HdrHistogram's percentile plot: each step to the right is a tenth of the requests that are left. */
export function percentileCurve(test: LoadTest, levels: readonly Level[]): string {
  const shown = spreadOver(levels, LEVELS_MAX);
  const curves = shown.map(({ run, measurement }) => ({
    due: latenciesOf(run, measurement, 'due'), sent: latenciesOf(run, measurement, 'sent'),
  }));
  const filled = curves.flatMap(({ due, sent }) => [due, sent]).filter(({ length }) => length > 0);
  if (filled.length === 0) return '';
  const nines = Math.max(2, Math.min(7, Math.ceil(Math.log10(Math.max(...filled.map((all) => all.length))))));
  const y = latencyAxis('latency', Math.min(...filled.map((all) => all[0] as number)),
    Math.max(...filled.map((all) => all.at(-1) as number)));
  const x: Axis = {
    label: 'percentile of requests, each step a tenth of what is left', low: 0, high: nines,
    ticks: Array.from({ length: nines + 1 }, (_, at) => ({ value: at, label: nineText(at) })),
  };
  const open = test.mode === 'rate';
  const lone = shown.length === 1;
  const keys: Key[] = lone
    ? [{ name: 'from when due', colour: 'var(--c1)' },
      ...(open ? [{ name: 'from when sent', colour: 'var(--c2)', dash: '6 4' }] : [])]
    : shown.map(({ value }, at) => ({ name: levelName(test, value), colour: colourOf(at) }));
  return chart('Latency by percentile', x, y, keys, (plane) => [
    ...curves.flatMap(({ due, sent }, at) => {
      const points = (all: Float64Array) => steps(all, nines)
        .map(([nine, us]) => [plane.x(nine), plane.y(us)] as const);
      return [
        ...(lone && open ? [line(points(sent), 'var(--c2)', 2, '6 4')] : []),
        line(points(due), colourOf(at), 2.2),
      ];
    }),
    ...(test.sloUs === null ? [] : objective(plane, y, test.sloUs, plane.left, plane.right)),
  ]);
}

/** Points of a curve: twenty a decade of what is left, and the maximum. */
function steps(sorted: Float64Array, nines: number): [number, number][] {
  const points: [number, number][] = [];
  for (let at = 0; at <= nines * 20; at += 1) {
    const rank = Math.floor((1 - 10 ** (-at / 20)) * sorted.length);
    if (rank >= sorted.length) break;
    points.push([at / 20, sorted[rank] as number]);
    if (rank === sorted.length - 1) break;
  }
  return points;
}

function nineText(at: number): string {
  return at === 0 ? '0 %' : `${(100 * (1 - 10 ** -at)).toFixed(Math.max(0, at - 2))} %`;
}

/** What was answered against how long it took: a point a level, joined in order of what was asked. */
export function throughputAgainstLatency(test: LoadTest): string {
  const points = test.levels.map(({ value, measurement }) => ({ value, measurement }));
  const names = ['p50', 'p90', 'p99'] as const;
  const all = points.flatMap(({ measurement }) => names.map((name) => measurement.fromDue[name]))
    .filter((one) => one > 0);
  if (all.length === 0) return '';
  const x = linear('answers a second', Math.max(...points.map(({ measurement }) => measurement.answeredPerS)), count);
  const y = latencyAxis('latency from when due', Math.min(...all), Math.max(...all, test.sloUs ?? 0));
  const keys = names.map((name, at): Key => ({ name, colour: `var(--c${at + 1})` }));
  return chart('Throughput against latency', x, y, keys, (plane) => [
    ...names.flatMap((name, at) => {
      const places = points.map(({ measurement }) =>
        [plane.x(measurement.answeredPerS), plane.y(measurement.fromDue[name])] as const);
      return [
        line(places, `var(--c${at + 1})`, 2),
        ...points.map(({ value, measurement }, i) => dot(
          (places[i] as readonly [number, number])[0], (places[i] as readonly [number, number])[1], 4.5,
          measurement.late || !measurement.stability.stable ? 'var(--soft)' : `var(--c${at + 1})`,
          `${levelName(test, value)}: ${count(measurement.answeredPerS)}/s, ${name} ` +
            usText(measurement.fromDue[name]))),
      ];
    }),
    ...(test.sloUs === null ? [] : objective(plane, y, test.sloUs, plane.left, plane.right)),
  ]);
}

export function levelName(test: LoadTest, value: number): string {
  return test.mode === 'concurrency' ? `${value} in flight` : `${count(value)}/s`;
}

/** At most `most` of them, the first and the last among them. */
function spreadOver<T>(all: readonly T[], most: number): T[] {
  if (all.length <= most) return [...all];
  return Array.from({ length: most }, (_, at) => all[Math.round((at * (all.length - 1)) / (most - 1))] as T);
}

function colourOf(at: number): string {
  return ['var(--c1)', 'var(--c2)', 'var(--c3)', 'var(--c4)', 'var(--c5)', 'var(--soft)'][at] as string;
}
