import { line, text } from '../../../server/core/svg.ts';
import type { Level, LoadTest } from '../load-test.ts';
import type { ServerSample } from '../run.ts';
import { area, cells, chart, count, linear, svg, timeAxis, usText, WIDTH, type Axis, type Key } from './chart.ts';
import { batchesOf, between, splitOf } from './split.ts';
import { levelName } from './latency-pictures.ts';

const PHASES = [
  ['outside', 'outside of it', 'var(--c6)'],
  ['overhead', 'overhead', 'var(--c5)'],
  ['queue', 'queue', 'var(--c2)'],
  ['computeInput', 'input', 'var(--c4)'],
  ['computeInfer', 'infer', 'var(--c1)'],
  ['computeOutput', 'output', 'var(--c3)'],
] as const;
const [LEFT, ROW, RIGHT] = [104, 30, 70];

/** Where a request's mean time goes, a bar a level. Empty where the server has no statistics. */
export function phaseBars(test: LoadTest): string {
  const bars = test.levels.flatMap(({ value, measurement, server }) => {
    const split = splitOf(server, measurement.from);
    if (split === null) return [];
    const outside = Math.max(0, measurement.fromDue.mean - split.request);
    return [{ name: levelName(test, value), parts: { outside, ...split } }];
  });
  if (bars.length === 0) return '';
  const total = (parts: (typeof bars)[number]['parts']): number =>
    PHASES.reduce((sum, [name]) => sum + parts[name], 0);
  const wide = WIDTH - LEFT - RIGHT;
  let keyAt = 0;
  return svg('Where the mean time of a request goes', 30 + bars.length * ROW, [
    ...PHASES.flatMap(([, said, colour]) => {
      const x = keyAt;
      keyAt += 27 + said.length * 7.2;
      return [line([[x, 9], [x + 14, 9]], colour, 10), text(x + 19, 13, said, { fill: 'var(--ink)' })];
    }),
    ...bars.flatMap(({ name, parts }, row) => {
      let x = LEFT;
      const y = 28 + row * ROW;
      return [
        text(LEFT - 8, y + 15, name, { anchor: 'end', fill: 'var(--soft)' }),
        ...PHASES.map(([phase, said, colour]) => {
          const share = parts[phase] / total(parts);
          const long = share * wide;
          const shape = `<rect x="${x.toFixed(1)}" y="${y}" width="${long.toFixed(1)}" height="${ROW - 9}" ` +
            `fill="${colour}"><title>${said}: ${usText(parts[phase])}, ${percent(share)}</title></rect>`;
          x += long;
          return long < 38 ? shape : shape + text(x - long / 2, y + 15, percent(share),
            { anchor: 'middle', size: 11, fill: 'var(--card)' });
        }),
        text(LEFT + wide + 8, y + 15, usText(total(parts)), { fill: 'var(--ink)' }),
      ];
    }),
  ]);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}

/** Queue and compute over time: a request's mean between two looks at the server. */
export function phasesOverTime({ run, server }: Level): string {
  const told = server.filter(({ requests }) => requests !== undefined);
  const spans = told.slice(1).flatMap((last, at) => {
    const split = between(told[at] as ServerSample, last);
    return split === null ? [] : [{ at: ((told[at] as ServerSample).at + last.at) / 2, split }];
  });
  if (spans.length < 2) return '';
  const names = ['computeInfer', 'computeInput', 'computeOutput', 'queue', 'overhead'] as const;
  const parts = PHASES.filter(([name]) => name !== 'outside');
  const stacked = spans.map(({ at, split }) => {
    let sum = 0;
    return { at, edges: names.map((name) => (sum += split[name])) };
  });
  const most = Math.max(...stacked.map(({ edges }) => edges.at(-1) as number));
  const unit = most >= 2000 ? { by: 1000, name: 'ms' } : { by: 1, name: 'µs' };
  const y = linear(`${unit.name} in the server`, most / unit.by, String);
  const keys = parts.map(([, name, colour]): Key => ({ name, colour, block: true }));
  return chart('Queue and compute over time', timeAxis(run.seconds), y, keys, (plane) =>
    names.map((name, i) => {
      const edge = (which: number): (readonly [number, number])[] => stacked.map(({ at, edges }) =>
        [plane.x(at), plane.y(which < 0 ? 0 : (edges[which] as number) / unit.by)] as const);
      return area(edge(i), edge(i - 1), PHASES.find(([phase]) => phase === name)?.[2] ?? 'var(--c1)', 0.85);
    }));
}

/** Share of all rows that ran in batches of a size. */
export function batchSizes(level: Level): string {
  const batches = batchesOf(level.server);
  if (batches.length === 0) return '';
  const rows = batches.map(([size, runs]) => [size, size * runs] as const);
  const all = rows.reduce((sum, [, of]) => sum + of, 0);
  const largest = Math.max(...rows.map(([size]) => size));
  const bins = largest <= 48 ? rows.map(([size, of]) => [size, size, of] as const) : doublings(rows, largest);
  const wide = largest <= 48;
  const places = wide ? largest : bins.length;
  const ticks = (wide ? [...new Set([1, ...linear('', largest, String).ticks.map(({ value }) => value)])]
    .filter((size) => size >= 1 && size <= largest).map((size) => ({ value: size, label: String(size) }))
    : bins.map(([low, high], at) => ({ value: at + 1, label: low === high ? String(low) : `${low}–${high}` })));
  const x: Axis = { label: 'rows in a batch', low: 0.5, high: places + 0.5, ticks };
  const y = linear('% of rows', Math.max(...bins.map(([, , of]) => (100 * of) / all)), String);
  return chart('Batch sizes', x, y, [], (plane) => {
    const step = (plane.right - plane.left) / places;
    return bins.map(([low, high, of], at) => {
      const top = plane.y((100 * of) / all);
      const told = `${low === high ? low : `${low} to ${high}`} rows: ${((100 * of) / all).toFixed(1)} % of rows`;
      return `<rect x="${(plane.x(wide ? low : at + 1) - step * 0.42).toFixed(1)}" y="${top.toFixed(1)}" ` +
        `width="${(step * 0.84).toFixed(1)}" height="${(plane.bottom - top).toFixed(1)}" rx="2" ` +
        `fill="var(--c1)"><title>${told}</title></rect>`;
    });
  });
}

function doublings(
  rows: readonly (readonly [number, number])[], largest: number,
): (readonly [number, number, number])[] {
  const bins: (readonly [number, number, number])[] = [];
  for (let low = 1; low <= largest; low *= 2) {
    const high = Math.min(largest, 2 * low - 1);
    const of = rows.filter(([size]) => size >= low && size <= high).reduce((sum, [, one]) => sum + one, 0);
    bins.push([low, high, of]);
  }
  return bins;
}

/** Cores in use between two looks. */
export function cpuOverTime(level: Level): string {
  const told = level.server.filter(({ cpuSeconds }) => cpuSeconds !== undefined);
  const points = told.slice(1).flatMap((last, at): [number, number][] => {
    const first = told[at] as ServerSample;
    const seconds = last.at - first.at;
    if (seconds < 0.05) return [];
    return [[(first.at + last.at) / 2, ((last.cpuSeconds ?? 0) - (first.cpuSeconds ?? 0)) / seconds]];
  });
  return curve(level, 'Processor', 'cores in use by the server', points, (v) => String(Number(v.toPrecision(3))));
}

export function memoryOverTime(level: Level): string {
  return curve(level, 'Memory', 'MiB resident', pointsOf(level, 'residentBytes', 2 ** 20), count);
}

export function loopDelayOverTime(level: Level): string {
  return curve(level, 'Event loop', 'ms late, p99 of a second', pointsOf(level, 'loopDelayP99Ms', 1),
    (v) => String(Number(v.toPrecision(3))));
}

export function gpuOverTime(level: Level): string[] {
  const share = level.server.flatMap(({ at, gpuUtilisation: of }): [number, number][] =>
    (of === undefined ? [] : [[at, of <= 1 ? 100 * of : of]]));
  return [
    curve(level, 'GPU', '% of the GPU in use', share, String),
    curve(level, 'GPU memory', 'MiB of GPU memory', pointsOf(level, 'gpuMemoryBytes', 2 ** 20), count),
  ];
}

function pointsOf(
  { server }: Level, name: 'residentBytes' | 'loopDelayP99Ms' | 'gpuMemoryBytes', by: number,
): [number, number][] {
  return server.flatMap((sample): [number, number][] => {
    const value = sample[name];
    return value === undefined ? [] : [[sample.at, value / by]];
  });
}

function curve(
  { run, measurement }: Level, title: string, label: string, points: readonly [number, number][],
  said: (value: number) => string,
): string {
  if (points.length < 2) return '';
  const y = linear(label, Math.max(...points.map(([, value]) => value)) * 1.02, said);
  return chart(title, timeAxis(run.seconds), y, [], (plane) => {
    const places = points.map(([at, value]) => [plane.x(at), plane.y(value)] as const);
    const floor = places.map(([x]) => [x, plane.bottom] as const);
    const warm = plane.x(Math.max(0, measurement.from));
    return [
      ...(measurement.from <= 0 ? [] : [cells([[plane.left, plane.top]], warm - plane.left,
        plane.bottom - plane.top, 'var(--soft)', 0.13)]),
      area(places, floor, 'var(--c1)', 0.14), line(places, 'var(--c1)', 2),
    ];
  });
}
