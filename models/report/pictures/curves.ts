import { line, mark, niceTicks, picture, text, type Mark } from '../../../server/core/svg.ts';

/** One curve; `points` are `[x, y]`. */
export interface Curve {
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
  readonly marks?: Mark; // drawn on each point
  readonly dashed?: boolean;
}

interface Axes {
  readonly x: string;
  readonly y: string;
  readonly xMax: number;
  readonly yMax: number;
  readonly percent?: boolean; // of y: 0.2 is written 20
}

/** Told apart by the colour-blind too (Okabe & Ito). */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7'];
const [WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM] = [560, 300, 58, 20, 20, 48];

export function curves(title: string, all: readonly Curve[], axes: Axes): string {
  const [wide, high] = [WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM];
  const x = (value: number): number => LEFT + (value / axes.xMax) * wide;
  const y = (value: number): number => TOP + high - (value / axes.yMax) * high;
  const said = (value: number): string => String(Number((axes.percent ? 100 * value : value).toPrecision(4)));
  return picture(WIDTH, HEIGHT + 20 * all.length, title, [
    ...niceTicks(0, axes.yMax, 5).map((tick) =>
      line([[LEFT, y(tick)], [LEFT + wide, y(tick)]], '#e6e6e6') +
      text(LEFT - 8, y(tick) + 4, said(tick), { anchor: 'end', fill: '#666666' })),
    ...niceTicks(0, axes.xMax, 6).map((tick) =>
      text(x(tick), TOP + high + 18, String(tick), { anchor: 'middle', fill: '#666666' })),
    line([[LEFT, TOP], [LEFT, TOP + high], [LEFT + wide, TOP + high]], '#888888'),
    ...all.flatMap(({ points, marks, dashed }, at) => {
      const colour = dashed ? '#888888' : COLOURS[at % COLOURS.length] as string;
      const places = points.map(([a, b]) => [x(a), y(Math.min(b, axes.yMax))] as const);
      return [
        line(places, colour, 2, dashed ? '5 4' : ''),
        ...(marks ? places.map(([a, b]) => mark(marks, a, b, 4, colour)) : []),
      ];
    }),
    text(LEFT + wide, TOP + high + 38, axes.x, { anchor: 'end', fill: '#666666' }),
    text(14, TOP + 4, axes.y, { fill: '#666666' }),
    ...all.map(({ name, dashed }, at) => {
      const colour = dashed ? '#888888' : COLOURS[at % COLOURS.length] as string;
      const place = HEIGHT + 20 * at;
      return line([[LEFT, place], [LEFT + 26, place]], colour, 3, dashed ? '5 4' : '') +
        text(LEFT + 34, place + 4, name);
    }),
  ]);
}
