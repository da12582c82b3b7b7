import { axis, line, mark, niceTicks, picture, text } from '../../core/svg.ts';
import { called, type Describe, type Language, shownValue } from '../describe.ts';
import type { Dependence } from '../importance.ts';
import type { Scale } from '../sentence.ts';
import { GRID, LOWERS, onAxis, RAISES, scaleWords } from './look.ts';

const [WIDTH, HEIGHT, LEFT, TOP, RIGHT, BELOW] = [560, 360, 70, 56, 24, 60];
const POINTS_MAX = 1500; // more are evenly thinned: the picture stays small

/** What a feature's values add: a dot a row, and the line that the cloud follows. */
export function dependencePicture(
  feature: Describe, { values, contributions, curve }: Dependence,
  { scale, unit, language }: { scale: Scale; unit?: string; language: Language },
): string {
  const zh = language === 'zh';
  const name = called(feature, language);
  const title = zh ? `“${name}”的作用` : `What "${name}" adds`;
  const [low, high] = padded(values[0] ?? 0, values.at(-1) ?? 1);
  const [least, most] = padded(
    contributions.reduce((a, b) => Math.min(a, b), 0), contributions.reduce((a, b) => Math.max(a, b), 0));
  const wide = WIDTH - LEFT - RIGHT;
  const tall = HEIGHT - TOP - BELOW;
  const x = (value: number): number => LEFT + ((value - low) / (high - low)) * wide;
  const y = (value: number): number => TOP + tall - ((value - least) / (most - least)) * tall;
  const stride = Math.max(1, Math.ceil(values.length / POINTS_MAX));
  const shown = Array.from(values, (_, i) => i).filter((i) => i % stride === 0);
  return picture(WIDTH, HEIGHT, title, [
    text(16, 26, title, { size: 16, weight: 600 }),
    ...niceTicks(least, most, 6).map((tick) =>
      line([[LEFT, y(tick)], [LEFT + wide, y(tick)]], tick === 0 ? '#999999' : GRID) +
      text(LEFT - 8, y(tick) + 4, onAxis(tick, scale), { anchor: 'end', fill: '#666666' })),
    ...shownTicks(feature, low, high).map((tick) =>
      text(x(tick), TOP + tall + 18, shownValue(feature, tick, language), { anchor: 'middle', fill: '#666666' })),
    `<g transform="translate(${LEFT},${TOP})">${axis(wide, tall)}</g>`,
    `<g opacity="0.45">${shown.map((i) =>
      mark('circle', x(values[i] as number), y(contributions[i] as number), 2.6, LOWERS)).join('')}</g>`,
    line(curve.map(({ value, contribution }) => [x(value), y(contribution)] as const), RAISES, 2.5),
    text(LEFT + wide / 2, HEIGHT - 16, name, { anchor: 'middle' }),
    text(20, TOP + tall / 2, scaleWords(scale, unit, language), { anchor: 'middle', turned: true, fill: '#666666' }),
  ]);
}

/** Where a person would write a number on the axis: round ones of what is shown, not of what is stored. */
function shownTicks(feature: Describe, low: number, high: number): number[] {
  if (feature.format === 'flag') return [0, 1];
  if (feature.format === 'category') return (feature.categories ?? []).map((_, i) => i);
  if (!feature.format.startsWith('log_')) return niceTicks(low, high, 6);
  const ticks: number[] = [];
  for (const decade of [1, 10, 100, 1000, 1e4, 1e5, 1e6]) {
    for (const times of [1, 3]) ticks.push(Math.log1p(decade * times));
  }
  const inside = [0, ...ticks].filter((tick) => tick >= low && tick <= high);
  const apart = (high - low) / 9;
  return inside.filter((tick, i) => i === 0 || tick - (inside[i - 1] as number) > apart);
}

function padded(low: number, high: number): [number, number] {
  const pad = high > low ? (high - low) * 0.06 : 1;
  return [low - pad, high + pad];
}
