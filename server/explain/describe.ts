/** How a feature is called and its values are shown to people. Kept to plain data: it goes in files. */
export interface Describe {
  readonly name: string; // as the model's input has it
  readonly en: string; // 'products viewed'
  readonly zh: string; // '浏览商品数'
  readonly format: Format;
  /** Of categories: what each number stands for. */
  readonly categories?: readonly string[];
}

/** `log_…`: the feature is log(1 + x), and x is shown. */
export const FORMATS = [
  'number', 'count', 'money', 'seconds', 'days', 'share', 'flag', 'category',
  'log_count', 'log_money', 'log_seconds', 'log_days',
] as const;
export type Format = (typeof FORMATS)[number];

export const LANGUAGES = ['en', 'zh'] as const;
export type Language = (typeof LANGUAGES)[number];

/** A feature of which nothing is known but its name. */
export function nameOnly(name: string): Describe {
  return { name, en: name, zh: name, format: 'number' };
}

/** What the feature is called in a language. */
export function called(of: Describe, language: Language): string {
  return language === 'zh' ? of.zh : of.en;
}

/** The value as a person writes it: '3', '45 s', '12 %', 'yes'. */
export function shownValue(of: Describe, value: number, language: Language): string {
  const zh = language === 'zh';
  if (Number.isNaN(value)) return zh ? '未知' : 'unknown';
  if (of.format === 'flag') return value >= 0.5 ? (zh ? '是' : 'yes') : (zh ? '否' : 'no');
  if (of.format === 'category') return of.categories?.[value] ?? (zh ? '其他' : 'other');
  if (of.format === 'share') return shownShare(value);
  const plain = of.format.startsWith('log_') ? Math.expm1(value) : value;
  switch (of.format.replace('log_', '')) {
    case 'count': return plainNumber(Math.round(plain));
    case 'money': return plain.toLocaleString('en', { maximumFractionDigits: 2 });
    case 'seconds': return shownSeconds(plain, zh);
    case 'days': return `${plainNumber(round(plain))} ${zh ? '天' : round(plain) === 1 ? 'day' : 'days'}`;
    default: return plainNumber(plain);
  }
}

export function shownShare(value: number): string {
  return `${plainNumber(Math.round(value * 1000) / 10)} %`;
}

/** Three digits that matter, and no `-0`. */
export function plainNumber(value: number): string {
  if (Number.isInteger(value)) return String(value === 0 ? 0 : value);
  const rounded = Number(value.toPrecision(3));
  return String(rounded === 0 ? 0 : rounded);
}

function shownSeconds(seconds: number, zh: boolean): string {
  if (seconds < 90) return `${Math.round(seconds)} ${zh ? '秒' : 's'}`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} ${zh ? '分钟' : 'min'}`;
  if (seconds < 129_600) return `${plainNumber(round(seconds / 3600))} ${zh ? '小时' : 'h'}`;
  return `${plainNumber(round(seconds / 86_400))} ${zh ? '天' : 'd'}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
