import { called, type Describe, type Language, plainNumber, shownShare, shownValue } from './describe.ts';

/**
 * What contributions are counted in: points of a probability; log-odds, said as what they multiply the
 * odds by; or the units of a value.
 */
export const SCALES = ['probability', 'log_odds', 'value'] as const;
export type Scale = (typeof SCALES)[number];

/** One feature's part in an answer. */
export interface Reason {
  readonly feature: string;
  readonly value: number | null; // null: missing
  readonly contribution: number;
  readonly text: string; // 'something is in the cart: yes (+18 points)'
}

/** What is answered: 'a purchase in this session'. `unit` of a value, such as 'GBP'. */
export interface AnswerWords {
  readonly en: string;
  readonly zh: string;
  readonly unit?: string;
}

export interface Said {
  readonly answer: AnswerWords;
  readonly scale: Scale;
  readonly base: number;
  readonly value: number;
}

/** The `top` features that add most either way, largest first; those that add nothing are no reason. */
export function topReasons(
  features: readonly Describe[], row: ArrayLike<number>, contributions: ArrayLike<number>,
  top: number, said: Pick<Said, 'scale' | 'answer'>, language: Language,
): Reason[] {
  return features
    .map((feature, i) => ({
      feature, value: row[i] as number, contribution: contributions[i] as number,
    }))
    .filter(({ contribution }) => contribution !== 0)
    .sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution))
    .slice(0, top)
    .map(({ feature, value, contribution }) => ({
      feature: feature.name,
      value: Number.isNaN(value) ? null : value,
      contribution,
      text: reasonText(feature, value, contribution, said, language),
    }));
}

function reasonText(
  feature: Describe, value: number, contribution: number, said: Pick<Said, 'scale' | 'answer'>,
  language: Language,
): string {
  const zh = language === 'zh';
  const name = called(feature, language);
  const effect = shownEffect(contribution, said, language);
  return zh
    ? `${name}：${shownValue(feature, value, language)}（${effect}）`
    : `${name}: ${shownValue(feature, value, language)} (${effect})`;
}

/** The contribution with its sign: '+18 points', 'odds × 0.6', '−3.2 GBP'. */
export function shownEffect(
  contribution: number, { scale, answer }: Pick<Said, 'scale' | 'answer'>, language: Language,
): string {
  const zh = language === 'zh';
  if (scale === 'log_odds') return `${zh ? '几率' : 'odds'} × ${plainNumber(Math.exp(contribution))}`;
  const size = Math.abs(contribution);
  const sign = contribution < 0 ? '−' : '+';
  if (scale === 'value') return `${sign}${plainNumber(size)}${answer.unit ? ` ${answer.unit}` : ''}`;
  const points = Math.round(size * 1000) / 10;
  const shown = points === 0 ? '0.1' : plainNumber(points);
  const prefix = points === 0 ? (zh ? '不足 ' : 'under ') : '';
  if (zh) return `${prefix}${sign}${shown} 个百分点`;
  return `${prefix}${sign}${shown} ${shown === '1' ? 'point' : 'points'}`;
}

/**
 * The reasons as one sentence: what is said, what is usual, what speaks for more and what for less. As
 * said by a model: it tells how the answer came about, not what would happen if something were changed.
 */
export function sentence(said: Said, reasons: readonly Reason[], language: Language): string {
  const zh = language === 'zh';
  const raises = reasons.filter(({ contribution }) => contribution > 0).map(({ text }) => text);
  const lowers = reasons.filter(({ contribution }) => contribution < 0).map(({ text }) => text);
  const { answer } = said;
  const [value, base] = [shownAnswer(said.value, said), shownAnswer(said.base, said)];
  if (zh) {
    const parts = [
      ...(raises.length ? [`提高它的有：${raises.join('、')}`] : []),
      ...(lowers.length ? [`降低它的有：${lowers.join('、')}`] : []),
    ];
    const why = parts.length ? parts.join('；') : '没有任何特征与平均情况不同';
    return `${answer.zh}：${value}（平均为 ${base}）。${why}。`;
  }
  const parts = [
    ...(raises.length ? [`raised by ${listed(raises)}`] : []),
    ...(lowers.length ? [`lowered by ${listed(lowers)}`] : []),
  ];
  const why = parts.length ? parts.join('; ') : 'nothing sets it apart from the average';
  const start = answer.en.charAt(0).toUpperCase() + answer.en.slice(1);
  return `${start}: ${value}, where ${base} is usual; ${why}.`;
}

/** The answer as people read it: a probability of log-odds, too. */
export function shownAnswer(value: number, { scale, answer }: Pick<Said, 'scale' | 'answer'>): string {
  if (scale === 'value') return `${plainNumber(value)}${answer.unit ? ` ${answer.unit}` : ''}`;
  return shownShare(scale === 'log_odds' ? 1 / (1 + Math.exp(-value)) : value);
}

function listed(parts: readonly string[]): string {
  return parts.length < 2
    ? parts.join()
    : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}
