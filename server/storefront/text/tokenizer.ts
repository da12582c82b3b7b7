import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ServeError } from '../../core/errors.ts';
import { bertNormalise, type BertOptions, type Normalise } from './normalise.ts';
import { splitBert, type Split } from './split.ts';
import { tokenizerOf } from './tokenizer-json.ts';
import { wordPiece } from './wordpiece.ts';

/** Tokens' numbers. */
export type Vocabulary = ReadonlyMap<string, number>;

export interface TokenizerParts {
  readonly normalise: Normalise;
  readonly split: Split;
  readonly tokenise: (word: string) => number[];
  readonly before: readonly number[]; // [CLS] and its like
  readonly after: readonly number[];
  readonly padding: number;
  readonly lengthMax: number | null; // tokens that the file allows
}

/** From a text to the numbers that an encoder reads. What looks like a special token is a text as any. */
export class Tokenizer {
  constructor(private readonly parts: TokenizerParts) {}

  get padding(): number {
    return this.parts.padding;
  }

  get lengthMax(): number | null {
    return this.parts.lengthMax;
  }

  /** At most `lengthMax` tokens, the special ones among them; what a text has more is cut off. */
  encode(text: string, lengthMax: number): number[] {
    const { normalise, split, tokenise, before, after } = this.parts;
    const room = Math.max(0, lengthMax - before.length - after.length);
    const ids: number[] = [];
    for (const word of split([normalise(text)])) {
      if (ids.length >= room) break;
      ids.push(...tokenise(word));
    }
    return [...before, ...ids.slice(0, room), ...after];
  }
}

export const TOKENIZER_FILES = ['tokenizer.json', 'vocab.txt'] as const;

/**
 * The tokenizer of the first folder that has one: `tokenizer.json` (Hugging Face tokenizers), else
 * `vocab.txt` (BERT), with `tokenizer_config.json` beside it where that is. Fails with `backend` naming
 * the file and what is wrong with it.
 */
export function readTokenizer(folders: readonly string[]): Tokenizer {
  for (const folder of folders) {
    const [json, text] = TOKENIZER_FILES.map((file) => join(folder, file)) as [string, string];
    if (existsSync(json)) return inFile(json, () => new Tokenizer(tokenizerOf(readJson(json))));
    if (existsSync(text)) return inFile(text, () => bertTokenizer(text, join(folder, 'tokenizer_config.json')));
  }
  throw new ServeError('backend',
    `there is no ${TOKENIZER_FILES.join(' and no ')} in ${folders.join(' or ')}`);
}

interface BertConfig {
  readonly do_lower_case?: boolean;
  readonly strip_accents?: boolean | null;
  readonly tokenize_chinese_chars?: boolean;
  readonly model_max_length?: number;
}

function bertTokenizer(path: string, configPath: string): Tokenizer {
  const lines = readFileSync(path, 'utf8').split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  const vocabulary = new Map(lines.map((token, id) => [token, id]));
  const idOf = (token: string): number => {
    const id = vocabulary.get(token);
    if (id === undefined) throw new Error(`it has no ${token}: it is no vocabulary of BERT's kind`);
    return id;
  };
  const config = existsSync(configPath) ? readJson(configPath) as BertConfig : {};
  const options: BertOptions = {
    lowercase: config.do_lower_case ?? true, strip_accents: config.strip_accents ?? null,
    handle_chinese_chars: config.tokenize_chinese_chars ?? true,
  };
  idOf('[UNK]');
  return new Tokenizer({
    normalise: bertNormalise(options), split: splitBert, tokenise: wordPiece(vocabulary, {}),
    before: [idOf('[CLS]')], after: [idOf('[SEP]')], padding: idOf('[PAD]'),
    lengthMax: config.model_max_length ?? null,
  });
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}

function inFile(path: string, read: () => Tokenizer): Tokenizer {
  try {
    return read();
  } catch (cause) {
    throw new ServeError('backend', `${path}: ${(cause as Error).message}`, { cause });
  }
}
