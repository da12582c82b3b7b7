import { axis, line, logTicks, niceTicks, picture, shortNumber, text } from '../../server/core/svg.ts';
import type { Comparison } from './compare.ts';

const [WIDTH, HEIGHT, LEFT, TOP, GAP_X, GAP_Y, COLUMNS] = [300, 170, 44, 56, 56, 70, 3];
const COLOURS = { real: '#1f6feb', simulated: '#d9480f' } as const;
const POINTS = 300;

/** Distribution functions, real and simulated, one panel a law. */
export function fitPicture(title: string, comparisons: readonly Comparison[]): string {
  const rows = Math.ceil(comparisons.length / COLUMNS);
  const width = LEFT + Math.min(COLUMNS, comparisons.length) * (WIDTH + GAP_X);
  const height = TOP + rows * (HEIGHT + GAP_Y);
  const body = [
    text(LEFT, 20, title, { size: 15, weight: 600 }),
    text(LEFT, 38, 'share of values up to x:', { size: 11 }),
    line([[LEFT + 132, 34], [LEFT + 156, 34]], COLOURS.real, 2), text(LEFT + 161, 38, 'data', { size: 11 }),
    line([[LEFT + 196, 34], [LEFT + 220, 34]], COLOURS.simulated, 2, '4 3'),
    text(LEFT + 225, 38, 'simulated', { size: 11 }),
  ];
  comparisons.forEach((comparison, i) => {
    const x = LEFT + (i % COLUMNS) * (WIDTH + GAP_X);
    const y = TOP + Math.floor(i / COLUMNS) * (HEIGHT + GAP_Y) + 18;
    body.push(`<g transform="translate(${x},${y})">${panel(comparison).join('')}</g>`);
  });
  return picture(width, height, title, body);
}

function panel({ law, ks, real, simulated, logarithmic }: Comparison): string[] {
  const all = [real[0], simulated[0], real.at(-1), simulated.at(-1)] as number[];
  const positive = [...real, ...simulated].filter((value) => value > 0);
  const scale = logarithmic ? Math.log10 : (value: number): number => value;
  const low = logarithmic ? scale(positive.reduce((a, b) => Math.min(a, b), Infinity)) : Math.min(...all);
  const high = Math.max(low + 1e-9, scale(Math.max(...all)));
  const at = (value: number): number => (WIDTH * (Math.max(low, scale(value)) - low)) / (high - low);
  const ticks = logarithmic
    ? logTicks(low, high) : niceTicks(low, high, 6).map((value) => ({ value, label: shortNumber(value) }));
  const curve = (values: Float64Array): [number, number][] => Array.from({ length: POINTS + 1 }, (_, i) => {
    const place = Math.min(values.length - 1, Math.floor((i / POINTS) * values.length));
    return [at(Math.max(values[place] as number, logarithmic ? 1e-12 : -Infinity)), HEIGHT * (1 - i / POINTS)];
  });
  return [
    text(0, -6, `${law}: KS ${ks.toFixed(3)}`, { size: 12, weight: 600 }),
    axis(WIDTH, HEIGHT),
    ...ticks.filter(({ label }) => label !== '').flatMap(({ value, label }) => [
      line([[at(value), HEIGHT], [at(value), HEIGHT + 4]], '#888888'),
      text(at(value), HEIGHT + 17, label, { anchor: 'middle', size: 10 }),
    ]),
    ...[0, 0.5, 1].map((share) => text(-6, HEIGHT * (1 - share) + 4, String(share), { anchor: 'end', size: 10 })),
    line(curve(real), COLOURS.real, 2), line(curve(simulated), COLOURS.simulated, 2, '4 3'),
  ];
}
