import type { Language } from '../describe.ts';
import { plainNumber } from '../describe.ts';
import type { Scale } from '../sentence.ts';

/** What raises and what lowers, told apart by the colour-blind too (Okabe & Ito). */
export const RAISES = '#d55e00';
export const LOWERS = '#0072b2';
export const QUIET = '#888888';
export const GRID = '#e6e6e6';

/** What contributions are counted in, for an axis. */
export function scaleWords(scale: Scale, unit: string | undefined, language: Language): string {
  const zh = language === 'zh';
  switch (scale) {
    case 'probability': return zh ? '百分点' : 'points of probability';
    case 'log_odds': return zh ? '对数几率' : 'log-odds';
    case 'value': return unit ?? (zh ? '数值' : 'value');
  }
}

/** The same of an axis that answers stand on. */
export function answerWords(scale: Scale, unit: string | undefined, language: Language): string {
  if (scale !== 'probability') return scaleWords(scale, unit, language);
  return language === 'zh' ? '概率（%）' : 'probability, %';
}

/** A contribution as an axis says it: probabilities in points. */
export function onAxis(value: number, scale: Scale): string {
  return plainNumber(scale === 'probability' ? Number((value * 100).toPrecision(6)) : value);
}

/** A text cut to fit about `width` pixels; Chinese is twice as wide. */
export function fitted(text: string, width: number): string {
  let room = width / 6.6;
  let end = 0;
  for (const letter of text) {
    room -= letter.charCodeAt(0) > 0x2e80 ? 1.9 : 1;
    if (room < 0) return `${text.slice(0, Math.max(0, end - 1))}…`;
    end += letter.length;
  }
  return text;
}
