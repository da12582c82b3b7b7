import { bar, line, niceTicks, picture, text } from '../../../server/core/svg.ts';

export interface Bar {
  readonly name: string;
  readonly value: number;
  readonly said: string; // beside it
}

const [WIDTH, LEFT, TOP, ROW, RIGHT] = [560, 130, 16, 30, 90];

/** Bars from the left, in the order given. */
export function bars(title: string, all: readonly Bar[]): string {
  const most = Math.max(1e-12, ...all.map(({ value }) => value));
  const wide = WIDTH - LEFT - RIGHT;
  return picture(WIDTH, TOP + all.length * ROW + 12, title, all.flatMap(({ name, value, said }, at) => {
    const y = TOP + at * ROW;
    const long = (Math.max(0, value) / most) * wide;
    return [
      text(LEFT - 10, y + 19, name, { anchor: 'end' }),
      bar(LEFT, y + 5, long, ROW - 10, '#0072b2', `${name}: ${said}`),
      text(LEFT + long + 8, y + 19, said, { fill: '#444444' }),
    ];
  }));
}

const [HIGH, WIDE, EDGE, LOW] = [260, 560, 48, 44];

/** Standing bars of shares (0..1), first at the left, with a line at `level`. */
export function columns(
  title: string, axis: string, shares: readonly number[], level: { value: number; name: string },
): string {
  const most = Math.max(0.01, level.value, ...shares);
  const y = (value: number): number => 20 + (1 - value / most) * (HIGH - 20 - LOW);
  const step = (WIDE - EDGE - 16) / shares.length;
  return picture(WIDE, HIGH, title, [
    ...niceTicks(0, most, 4).map((tick) => line([[EDGE, y(tick)], [WIDE - 16, y(tick)]], '#e6e6e6') +
      text(EDGE - 8, y(tick) + 4, `${Number((100 * tick).toPrecision(3))}%`,
        { anchor: 'end', fill: '#666666' })),
    ...shares.map((share, at) => bar(EDGE + at * step + 3, y(share), step - 6, y(0) - y(share),
      '#0072b2', `${(100 * share).toFixed(1)}%`) +
      text(EDGE + (at + 0.5) * step, HIGH - LOW + 18, String(at + 1), { anchor: 'middle', fill: '#666666' })),
    line([[EDGE, y(level.value)], [WIDE - 16, y(level.value)]], '#d55e00', 1.5, '5 4'),
    text(WIDE - 16, y(level.value) - 6, level.name, { anchor: 'end', fill: '#d55e00' }),
    text(EDGE, HIGH - 8, axis, { fill: '#666666' }),
  ]);
}
