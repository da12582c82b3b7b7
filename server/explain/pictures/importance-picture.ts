import { bar, line, niceTicks, picture, text } from '../../core/svg.ts';
import { called, type Describe, type Language } from '../describe.ts';
import type { Scale } from '../sentence.ts';
import { fitted, GRID, LOWERS, onAxis, scaleWords } from './look.ts';

const [WIDTH, LEFT, TOP, ROW, RIGHT] = [640, 250, 56, 24, 60];

/** Bars of what each feature adds either way on average, the largest first; `top` of them. */
export function importancePicture(
  features: readonly Describe[], importance: ArrayLike<number>,
  { scale, unit, language, top = 15 }:
  { scale: Scale; unit?: string; language: Language; top?: number },
): string {
  const zh = language === 'zh';
  const order = features.map((_, i) => i)
    .sort((a, b) => (importance[b] as number) - (importance[a] as number))
    .filter((i) => (importance[i] as number) > 0).slice(0, top);
  const most = (importance[order[0] ?? 0] as number) || 1;
  const wide = WIDTH - LEFT - RIGHT;
  const x = (value: number): number => LEFT + (value / most) * wide;
  const height = TOP + order.length * ROW + 44;
  const bottom = TOP + order.length * ROW;
  const title = zh ? '哪些特征影响最大' : 'What matters most';
  const ticks = niceTicks(0, most, 5);
  return picture(WIDTH, height, title, [
    text(16, 26, title, { size: 16, weight: 600 }),
    ...ticks.map((tick) => line([[x(tick), TOP - 8], [x(tick), bottom]], GRID) +
      text(x(tick), bottom + 16, onAxis(tick, scale), { anchor: 'middle', fill: '#666666' })),
    text(LEFT, bottom + 34, zh
      ? `平均影响（${scaleWords(scale, unit, language)}）`
      : `mean effect either way, ${scaleWords(scale, unit, language)}`, { fill: '#666666' }),
    ...order.flatMap((feature, at) => {
      const value = importance[feature] as number;
      const name = called(features[feature] as Describe, language);
      const y = TOP + at * ROW;
      return [
        text(LEFT - 10, y + 15, fitted(name, LEFT - 26), { anchor: 'end' }),
        bar(LEFT, y + 4, x(value) - LEFT, ROW - 8, LOWERS, name),
        text(x(value) + 6, y + 15, onAxis(value, scale), { fill: '#666666' }),
      ];
    }),
  ]);
}
