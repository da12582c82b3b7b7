/** Charts for a page with a light and a dark side: colours are CSS variables, `page.ts` sets them. */
import { escaped, line, niceTicks, text } from '../../../server/core/svg.ts';

export const [WIDTH, HEIGHT] = [560, 290];
const [LEFT, TOP, RIGHT, BOTTOM] = [66, 32, 30, 48];

export interface Tick {
  readonly value: number;
  readonly label: string;
}

export interface Axis {
  readonly label: string; // with its unit
  readonly low: number;
  readonly high: number;
  readonly log?: boolean;
  readonly ticks: readonly Tick[];
}

export interface Plane {
  x(value: number): number;
  y(value: number): number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface Key {
  readonly name: string;
  readonly colour: string;
  readonly dash?: string;
  readonly block?: boolean; // an area, not a line
}

/** A picture with two axes, gridlines, what `draw` makes of the plane, and a key above it. */
export function chart(
  title: string, x: Axis, y: Axis, keys: readonly Key[], draw: (plane: Plane) => readonly string[],
): string {
  const plane = planeOf(x, y);
  const { left, right, top, bottom } = plane;
  return svg(title, HEIGHT, [
    ...y.ticks.flatMap(({ value, label }) => [
      line([[left, plane.y(value)], [right, plane.y(value)]], 'var(--grid)', label === '' ? 0.5 : 1),
      ...(label === '' ? [] : [text(left - 8, plane.y(value) + 4, label, SOFT_END)]),
    ]),
    ...x.ticks.flatMap(({ value, label }) => [
      line([[plane.x(value), top], [plane.x(value), bottom]], 'var(--grid)', label === '' ? 0.5 : 1),
      ...(label === '' ? [] : [text(plane.x(value), bottom + 17, label, SOFT_MIDDLE)]),
    ]),
    ...draw(plane),
    line([[left, top], [left, bottom], [right, bottom]], 'var(--axis)'),
    text((left + right) / 2, HEIGHT - 8, x.label, SOFT_MIDDLE),
    text(0, 16, y.label, { fill: 'var(--soft)' }),
    ...keyMarks(keys, right),
  ]);
}

const SOFT_END = { anchor: 'end', fill: 'var(--soft)' } as const;
const SOFT_MIDDLE = { anchor: 'middle', fill: 'var(--soft)' } as const;
const LETTER = 7; // pixels, about

/** From the right edge leftwards, on the line of the vertical axis' name. */
function keyMarks(keys: readonly Key[], right: number): string[] {
  let end = right;
  return keys.toReversed().flatMap(({ name, colour, dash, block }) => {
    const start = end - name.length * LETTER;
    end = start - 38;
    return [
      text(start, 16, name, { fill: 'var(--ink)' }),
      line([[start - 24, 12], [start - 6, 12]], colour, block ? 9 : 2.5, dash ?? ''),
    ];
  });
}

function planeOf(x: Axis, y: Axis): Plane {
  const [left, right, top, bottom] = [LEFT, WIDTH - RIGHT, TOP, HEIGHT - BOTTOM];
  const share = ({ low, high, log }: Axis, value: number): number => {
    const at = log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
    return Math.min(1, Math.max(0, at));
  };
  return {
    left, right, top, bottom,
    x: (value) => left + share(x, value) * (right - left),
    y: (value) => bottom - share(y, value) * (bottom - top),
  };
}

export function svg(title: string, height: number, body: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" ` +
    `font-size="13"><title>${escaped(title)}</title>${body.join('')}</svg>`;
}

/** A filled area between two lines of the same places from left to right. */
export function area(
  upper: readonly (readonly [number, number])[], lower: readonly (readonly [number, number])[],
  colour: string, opacity = 1,
): string {
  const at = [...upper, ...lower.toReversed()].map(([x, y]) => `${tenth(x)},${tenth(y)}`).join(' ');
  return `<polygon points="${at}" fill="${colour}" fill-opacity="${opacity}"/>`;
}

/** Equal cells of one shade, as one path: a rectangle each would be most of the page. */
export function cells(
  places: readonly (readonly [x: number, y: number])[], width: number, height: number, colour: string,
  opacity: number,
): string {
  if (places.length === 0) return '';
  const shape = `h${tenth(width)}v${tenth(height)}h${tenth(-width)}z`;
  const path = places.map(([x, y]) => `M${tenth(x)},${tenth(y)}${shape}`).join('');
  return `<path d="${path}" fill="${colour}" fill-opacity="${opacity}"/>`;
}

/** A dot that tells what it is when the pointer rests on it. */
export function dot(x: number, y: number, radius: number, colour: string, told: string): string {
  return `<circle cx="${tenth(x)}" cy="${tenth(y)}" r="${radius}" fill="${colour}" stroke="var(--card)" ` +
    `stroke-width="1.5"><title>${escaped(told)}</title></circle>`;
}

export function linear(label: string, high: number, said: (value: number) => string, low = 0): Axis {
  const ticks = niceTicks(low, high > low ? high : low + 1, 5);
  const step = ticks.length > 1 ? (ticks[1] as number) - (ticks[0] as number) : 1;
  const most = (ticks.at(-1) as number) < high ? (ticks.at(-1) as number) + step : (ticks.at(-1) as number);
  const all = most > (ticks.at(-1) as number) ? [...ticks, Number(most.toPrecision(12))] : ticks;
  return { label, low, high: most, ticks: all.map((value) => ({ value, label: said(value) })) };
}

/** From the run's beginning to its end. */
export function timeAxis(seconds: number): Axis {
  const ticks = niceTicks(0, seconds, 8).filter((value) => value <= seconds * 1.0001);
  return {
    label: 'seconds since the run began', low: 0, high: seconds,
    ticks: ticks.map((value) => ({ value, label: String(value) })),
  };
}

/** Latencies, microseconds, from a round number below the least to one above the most. */
export function latencyAxis(label: string, least: number, most: number): Axis {
  const steps = [1, 2, 5, 10];
  const power = (value: number): number => 10 ** Math.floor(Math.log10(value));
  const [from, to] = [Math.max(0.1, least), Math.max(0.2, most)];
  const low = power(from) * (steps.toReversed().find((times) => times * power(from) <= from) ?? 1);
  const high = power(to) * (steps.find((times) => times * power(to) >= to) ?? 10);
  const wide = Math.log10(high / low) > 3.2;
  const ticks: Tick[] = [];
  for (let decade = power(low); decade <= high * 1.0001; decade *= 10) {
    for (let times = 1; times < 10; times += 1) {
      const value = Number((decade * times).toPrecision(6));
      if (value < low * 0.999 || value > high * 1.001) continue;
      const named = times === 1 || (!wide && (times === 2 || times === 5));
      ticks.push({ value, label: named ? usText(value) : '' });
    }
  }
  return { label, low, high: high > low ? high : low * 10, log: true, ticks };
}

/** 1234 is `1.23 ms`: three digits, the unit that fits. */
export function usText(us: number): string {
  if (!Number.isFinite(us)) return '–';
  if (us >= 1e6) return `${short(us / 1e6)} s`;
  return us >= 1000 ? `${short(us / 1000)} ms` : `${short(us)} µs`;
}

/** Three significant digits; thousands as `k`, millions as `M`. */
export function count(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (Math.abs(value) >= 1e9) return `${short(value / 1e9)}G`;
  if (Math.abs(value) >= 1e6) return `${short(value / 1e6)}M`;
  return Math.abs(value) >= 10_000 ? `${short(value / 1000)}k` : short(value);
}

function short(value: number): string {
  return String(Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}
