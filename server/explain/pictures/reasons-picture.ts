import { bar, line, niceTicks, picture, text } from '../../core/svg.ts';
import { called, type Describe, type Language, shownValue } from '../describe.ts';
import { type Said, shownAnswer, shownEffect } from '../sentence.ts';
import { answerWords, fitted, GRID, LOWERS, onAxis, QUIET, RAISES } from './look.ts';

const [WIDTH, LEFT, TOP, ROW, RIGHT] = [680, 280, 62, 26, 110];

/** One answer's reasons as a waterfall: from what is usual, feature by feature, to what is said. */
export function reasonsPicture(
  features: readonly Describe[], row: ArrayLike<number>, contributions: ArrayLike<number>,
  said: Said, { language, top = 8 }: { language: Language; top?: number },
): string {
  const zh = language === 'zh';
  const order = features.map((_, i) => i)
    .sort((a, b) => Math.abs(contributions[b] as number) - Math.abs(contributions[a] as number));
  const shown = order.slice(0, top).filter((i) => contributions[i] !== 0);
  const rest = order.slice(shown.length).reduce((sum, i) => sum + (contributions[i] as number), 0);
  const steps = [
    { name: zh ? '其他所有特征' : 'all other features', part: rest },
    ...[...shown].reverse().map((i) => {
      const feature = features[i] as Describe;
      const value = shownValue(feature, row[i] as number, language);
      return { name: `${called(feature, language)}${zh ? '：' : ': '}${value}`, part: contributions[i] as number };
    }),
  ];
  let now = said.base;
  const placed = steps.map((step) => ({ ...step, from: now, to: (now += step.part) }));
  const ends = placed.flatMap(({ from, to }) => [from, to]);
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const pad = high > low ? (high - low) * 0.08 : 1;
  const wide = WIDTH - LEFT - RIGHT;
  const x = (value: number): number => LEFT + ((value - low + pad) / (high - low + 2 * pad)) * wide;
  const bottom = TOP + steps.length * ROW;
  const name = said.answer[language].replace(/^./, (letter) => letter.toUpperCase());
  const [value, base] = [shownAnswer(said.value, said), shownAnswer(said.base, said)];
  const words = zh ? `${name}：${value}（平均为 ${base}）` : `${name}: ${value}, where ${base} is usual`;
  return picture(WIDTH, bottom + 54, words, [
    text(16, 26, words, { size: 16, weight: 600 }),
    ...niceTicks(low, high, 5).map((tick) => line([[x(tick), TOP - 6], [x(tick), bottom]], GRID) +
      text(x(tick), bottom + 18, onAxis(tick, said.scale), { anchor: 'middle', fill: '#666666' })),
    line([[x(said.base), TOP - 6], [x(said.base), bottom]], QUIET, 1, '4 3'),
    text(x(said.base), TOP - 12, zh ? '平均' : 'usual', { anchor: 'middle', fill: '#666666' }),
    text(LEFT, bottom + 40, answerWords(said.scale, said.answer.unit, language), { fill: '#666666' }),
    ...placed.flatMap(({ name, part, from, to }, at) => {
      const y = bottom - (at + 1) * ROW;
      const effect = part === 0 ? '0' : shownEffect(part, said, language);
      return [
        text(LEFT - 10, y + 17, fitted(name, LEFT - 26), { anchor: 'end' }),
        bar(x(Math.min(from, to)), y + 5, Math.abs(x(to) - x(from)), ROW - 10, part < 0 ? LOWERS : RAISES,
          `${name} ${effect}`),
        text(x(Math.max(from, to)) + 6, y + 17, effect, { fill: '#666666' }),
      ];
    }),
  ]);
}
