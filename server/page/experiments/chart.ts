import { svg } from '../dom.ts';
import type { Point, Report } from './reports.ts';
import { type Scale, unitScale, valueScale } from './scales.ts';

const HEIGHT = 260;
const WIDTH_MIN = 300; // pixels
const WIDTH_MAX = 860;
const NAMES = { wide: 120, narrow: 84 }; // pixels for the lines' names, on the right
const NARROW = 560;

/** Its size and margins, in pixels of the screen, so that its text is as large as any. */
interface Plot {
  readonly width: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

function plotFor(room: number): Plot {
  const width = Math.round(Math.min(WIDTH_MAX, Math.max(WIDTH_MIN, room)));
  return { width, left: 60, right: width < NARROW ? NAMES.narrow : NAMES.wide, top: 12, bottom: 30 };
}

/**
 * The bounds of each comparison over the units that had come, with 0 as a line: a band that has left
 * it has shown a difference. `room`: pixels that there are for its width. `onPoint` is
 * told which point the pointer is at, or null.
 */
export function chart(
  report: Report, room: number, number: (value: number) => string,
  onPoint: (point: Point | null) => void,
): SVGElement {
  const plot = plotFor(room);
  const { width, left, top } = plot;
  const [right, bottom] = [width - plot.right, HEIGHT - plot.bottom];
  const { history, comparisons } = report;
  const [units, values] = [unitScale(history, width < NARROW ? 3 : 6), valueScale(history)];
  const x = place(units, left, right);
  const y = place(values, bottom, top);
  const cursor = svg('line', { class: 'cursor', y1: top, y2: bottom, visibility: 'hidden' });
  const drawing = svg('svg', {
    class: 'chart', viewBox: `0 0 ${width} ${HEIGHT}`, role: 'img', style: `max-width: ${width}px`,
    'aria-label': `${report.metric}: difference from ${comparisons[0]?.control ?? ''} as units came`,
  },
  ...values.ticks.map((tick) => svg('g', {},
    svg('line', { class: tick === 0 ? 'zero' : 'grid', x1: left, x2: right, y1: y(tick), y2: y(tick) }),
    svg('text', { x: left - 8, y: y(tick) + 4, 'text-anchor': 'end' }, number(tick)))),
  ...units.ticks.map((tick) =>
    svg('text', { x: x(tick), y: HEIGHT - 8, 'text-anchor': 'middle' }, tick.toLocaleString('en'))),
  ...comparisons.map((_, i) => band(history, i, x, y)),
  ...labels(report, right + 8, y),
  cursor);
  drawing.addEventListener('pointermove', (event) => {
    const box = drawing.getBoundingClientRect();
    const point = nearest(history, (event.clientX - box.left) * width / box.width, x);
    if (!point) return;
    for (const end of ['x1', 'x2']) cursor.setAttribute(end, String(x(point.units)));
    cursor.setAttribute('visibility', 'visible');
    onPoint(point);
  });
  drawing.addEventListener('pointerleave', () => {
    cursor.setAttribute('visibility', 'hidden');
    onPoint(null);
  });
  return drawing;
}

function band(history: readonly Point[], i: number, x: Place, y: Place): SVGElement {
  const known = history.flatMap(({ units, bounds }) => (bounds[i] ? [{ units, ...bounds[i] }] : []));
  const path = (of: 'low' | 'value' | 'high') => known.map((one) => `${x(one.units)},${y(one[of])}`);
  return svg('g', { class: `series-${i}` },
    svg('polygon', { class: 'band', points: [...path('high'), ...path('low').reverse()].join(' ') }),
    svg('polyline', { class: 'value', points: path('value').join(' ') }));
}

const LABEL_PX = 15;

/** Names at the lines' ends, moved apart where they would meet. */
function labels({ history, comparisons }: Report, x: number, y: Place): SVGElement[] {
  const last = history[history.length - 1];
  const placed = comparisons
    .flatMap(({ arm }, i) => (last?.bounds[i] ? [{ arm, i, y: y(last.bounds[i].value) + 4 }] : []))
    .sort((a, b) => a.y - b.y);
  placed.forEach((one, i) => {
    const before = placed[i - 1];
    if (before) one.y = Math.max(one.y, before.y + LABEL_PX);
  });
  return placed.map(({ arm, i, y: at }) =>
    svg('text', { class: `label series-${i}`, x, y: at }, short(arm)));
}

function short(name: string): string {
  return name.length > 13 ? `${name.slice(0, 12)}…` : name;
}

type Place = (value: number) => number;

/** Pixels of a value, which is kept within the scale. */
function place({ low, high }: Scale, from: number, to: number): Place {
  return (value) => {
    const at = (Math.min(high, Math.max(low, value)) - low) / (high - low || 1);
    return Math.round((from + at * (to - from)) * 10) / 10;
  };
}

function nearest(history: readonly Point[], px: number, x: Place): Point | null {
  let best: Point | null = null;
  for (const point of history) {
    if (!best || Math.abs(x(point.units) - px) < Math.abs(x(best.units) - px)) best = point;
  }
  return best;
}
