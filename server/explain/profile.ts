import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ServeError } from '../core/errors.ts';
import { type Describe, FORMATS, nameOnly } from './describe.ts';
import { type AnswerWords, type Scale, SCALES } from './sentence.ts';

/** What a version's `explain.json` says: words for its features, what may be changed, what is usual. */
export interface ExplainProfile {
  readonly answer: AnswerWords;
  readonly scale: Scale; // of the model's own answer
  readonly features: readonly FeatureProfile[]; // in the order of the model's input
  /** Rows that stand for what the model learned from, `[n, features]`; empty: none are known. */
  readonly background: Float32Array;
}

export interface FeatureProfile extends Describe {
  /** Where the shop can change it: counterfactuals move these, and no others. */
  readonly lever?: {
    readonly min: number; readonly max: number; readonly step?: number;
    readonly direction?: 'up' | 'down';
  };
}

/** The file's name, beside the model file. */
export const PROFILE_FILE = 'explain.json';

/** The profile as the text of `explain.json`; a missing value of the background is null. */
export function writeProfile({ answer, scale, features, background }: ExplainProfile): string {
  const width = features.length;
  const rows = Array.from({ length: background.length / width }, (_, i) =>
    Array.from(background.subarray(i * width, (i + 1) * width)));
  return `${JSON.stringify({ answer, scale, features, background: rows }, null, 1)}\n`;
}

/** Fails with `backend`, naming what is wrong: the file came with the model. */
export function parseProfile(text: string, where: string): ExplainProfile {
  const fail = (what: string): never => {
    throw new ServeError('backend', `${where}: ${what}`);
  };
  let json: Partial<Record<keyof ExplainProfile, unknown>>;
  try {
    json = JSON.parse(text) as typeof json;
  } catch (cause) {
    throw new ServeError('backend', `${where} is not JSON`, { cause });
  }
  const { answer, scale, features, background = [] } = json;
  const words = answer as AnswerWords | undefined;
  if (typeof words?.en !== 'string' || typeof words.zh !== 'string') fail('`answer` has no words');
  if (!SCALES.includes(scale as Scale)) fail(`\`scale\` is none of ${SCALES.join(', ')}`);
  if (!Array.isArray(features) || !features.every(isFeature)) fail('`features` are not described');
  const width = (features as unknown[]).length;
  const whole = Array.isArray(background) && background.every(
    (row) => Array.isArray(row) && row.length === width && row.every(isCell));
  if (!whole) fail(`\`background\` is not of rows of ${width}`);
  const cells = (background as (number | null)[][]).flat();
  return {
    answer: words as AnswerWords,
    scale: scale as Scale,
    features: features as FeatureProfile[],
    background: Float32Array.from(cells, (cell) => cell ?? NaN),
  };
}

function isFeature(value: unknown): value is FeatureProfile {
  const { name, en, zh, format, lever } = (value ?? {}) as Partial<FeatureProfile>;
  const words = [name, en, zh].every((word) => typeof word === 'string' && word !== '');
  const range = lever === undefined || (isCell(lever.min) && isCell(lever.max) && lever.min < lever.max);
  return words && range && FORMATS.includes(format as Describe['format']);
}

function isCell(value: unknown): boolean {
  return value === null || Number.isFinite(value);
}

/** A model of which nothing is known but how its features are called. */
export function bareProfile(model: string, names: readonly string[], scale: Scale): ExplainProfile {
  return {
    answer: { en: model, zh: model }, scale, features: names.map(nameOnly),
    background: new Float32Array(0),
  };
}

/** The profiles of a repository's versions. Versions don't change, so each is read once. */
export class ProfileShelf {
  readonly #known = new Map<string, ExplainProfile | null>();

  constructor(private readonly repository: string) {}

  /** Null where the version has none. Fails with `backend` where it is damaged. */
  of(model: string, version: string): ExplainProfile | null {
    const key = `${model}/${version}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const path = join(this.repository, model, version, PROFILE_FILE);
    const profile = existsSync(path) ? parseProfile(readFileSync(path, 'utf8'), path) : null;
    this.#known.set(key, profile);
    return profile;
  }
}

/**
 * Rows that stand for many: those at even ranks of what the model says of them, so that its mean over
 * the few is near its mean over all. `rows` is `[n, width]`; fewer than `count` come back as they are.
 */
export function pickBackground(
  rows: Float32Array, answers: ArrayLike<number>, width: number, count: number,
): Float32Array {
  const n = answers.length;
  const order = Uint32Array.from({ length: n }, (_, i) => i)
    .sort((a, b) => (answers[a] as number) - (answers[b] as number) || a - b);
  const picked = Math.min(count, n);
  const background = new Float32Array(picked * width);
  for (let i = 0; i < picked; i += 1) {
    const row = order[Math.floor(((i + 0.5) * n) / picked)] as number;
    background.set(rows.subarray(row * width, (row + 1) * width), i * width);
  }
  return background;
}
