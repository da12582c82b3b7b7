import { line, mark, niceTicks, picture, text } from '../../core/svg.ts';
import { called, type Describe, type Language } from '../describe.ts';
import { type Explained, globalImportance } from '../importance.ts';
import type { Scale } from '../sentence.ts';
import { answerWords, fitted, GRID, LOWERS, onAxis, QUIET, RAISES } from './look.ts';

const [WIDTH, LEFT, TOP, ROW, RIGHT] = [640, 250, 62, 26, 40];

/**
 * Decision paths: each row's way from the base at the bottom to what was said at the top, a step a
 * feature, the most important ones last. Features beyond the `top` are one step together, the first.
 */
export function decisionPicture(
  features: readonly Describe[], explained: Explained, base: number,
  { scale, unit, language, top = 12 }:
  { scale: Scale; unit?: string; language: Language; top?: number },
): string {
  const zh = language === 'zh';
  const importance = globalImportance(explained);
  const order = features.map((_, i) => i)
    .sort((a, b) => (importance[b] as number) - (importance[a] as number)).slice(0, top);
  const n = explained.contributions.length / explained.features;
  const paths = Array.from({ length: n }, (_, row) => pathOf(explained, row, order, base));
  const all = paths.flat();
  const [low, high] = [Math.min(base, ...all), Math.max(base, ...all)];
  const pad = high > low ? (high - low) * 0.05 : 1;
  const wide = WIDTH - LEFT - RIGHT;
  const x = (value: number): number => LEFT + ((value - low + pad) / (high - low + 2 * pad)) * wide;
  const bottom = TOP + (order.length + 1) * ROW;
  const y = (step: number): number => bottom - step * ROW;
  const title = zh ? '答案是怎样形成的' : 'How answers come about';
  return picture(WIDTH, bottom + 54, title, [
    text(16, 26, title, { size: 16, weight: 600 }),
    ...niceTicks(low, high, 6).map((tick) => line([[x(tick), TOP - 6], [x(tick), bottom]], GRID) +
      text(x(tick), bottom + 18, onAxis(tick, scale), { anchor: 'middle', fill: '#666666' })),
    line([[x(base), TOP - 6], [x(base), bottom]], QUIET, 1, '4 3'),
    text(x(base), TOP - 12, zh ? '平均' : 'usual', { anchor: 'middle', fill: '#666666' }),
    text(LEFT, bottom + 40, answerWords(scale, unit, language), { fill: '#666666' }),
    text(LEFT - 10, y(0.5) + 4, zh ? '其他所有特征' : 'all other features', { anchor: 'end', fill: '#666666' }),
    ...order.map((feature, at) => text(LEFT - 10, y(order.length - at + 0.5) + 4,
      fitted(called(features[feature] as Describe, language), LEFT - 26), { anchor: 'end' })),
    ...paths.map((path) => {
      const end = path.at(-1) as number;
      const colour = end >= base ? RAISES : LOWERS;
      const points = path.map((value, step) => [x(value), y(step)] as const);
      return `<g opacity="${n > 12 ? 0.5 : 0.9}">${line(points, colour, 1.6)}` +
        `${mark('circle', x(end), y(path.length - 1), 3, colour)}</g>`;
    }),
  ]);
}

/** Cumulated: the base, what all others add, then each of `order`, the last one first. */
function pathOf(
  { contributions, features }: Explained, row: number, order: readonly number[], base: number,
): number[] {
  const own = contributions.subarray(row * features, (row + 1) * features);
  const shown = order.reduce((sum, feature) => sum + (own[feature] as number), 0);
  const path = [base, base + own.reduce((sum, part) => sum + part, 0) - shown];
  for (const feature of [...order].reverse()) path.push((path.at(-1) as number) + (own[feature] as number));
  return path;
}
