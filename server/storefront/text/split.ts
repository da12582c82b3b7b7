/** From a normalised text to its words, which are tokenised one by one. All are pure. */
export type Split = (words: readonly string[]) => string[];

/** At blanks; each sign of punctuation is a word. */
export const splitBert: Split = (words) =>
  words.flatMap((word) => word.match(/[!-/:-@[-`{-~]|\p{P}|(?:(?![!-/:-@[-`{-~]|\p{P})\S)+/gu) ?? []);

/** Runs of letters, digits and marks, and runs of all else but blanks. */
export const splitWords: Split = (words) =>
  words.flatMap((word) => word.match(/[\p{L}\p{N}\p{M}\p{Pc}]+|[^\p{L}\p{N}\p{M}\p{Pc}\s]+/gu) ?? []);

export const splitBlanks: Split = (words) => words.flatMap((word) => word.match(/\S+/gu) ?? []);

export interface MetaspaceOptions {
  readonly replacement?: string;
  readonly prepend_scheme?: 'always' | 'first' | 'never';
  readonly add_prefix_space?: boolean; // of older files
  readonly split?: boolean;
}

/** As SentencePiece (Kudo & Richardson, EMNLP 2018): blanks are a sign of their own, which begins a word. */
export function splitMetaspace(options: MetaspaceOptions): Split {
  const { replacement: sign = '\u2581', split = true } = options;
  const scheme = options.prepend_scheme ?? (options.add_prefix_space === false ? 'never' : 'always');
  return (words) => words.flatMap((word, i) => {
    const marked = word.replaceAll(' ', sign);
    const begins = scheme === 'always' || (scheme === 'first' && i === 0);
    const whole = begins && !marked.startsWith(sign) ? sign + marked : marked;
    return split ? beginning(whole, sign) : [whole];
  });
}

/** Cut before each sign. */
function beginning(text: string, sign: string): string[] {
  const words: string[] = [];
  let from = 0;
  for (let at = text.indexOf(sign, 1); at > 0; at = text.indexOf(sign, at + 1)) {
    words.push(text.slice(from, at));
    from = at;
  }
  words.push(text.slice(from));
  return words.filter((word) => word !== '');
}

const GPT2 = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/** As GPT-2 (Radford et al. 2019): words with the blank before them, each byte a character. */
export function splitBytes({ add_prefix_space = true, use_regex = true }: {
  readonly add_prefix_space?: boolean; readonly use_regex?: boolean;
}): Split {
  return (words) => words.flatMap((word) => {
    const begun = add_prefix_space && !word.startsWith(' ') ? ` ${word}` : word;
    const parts = use_regex ? begun.match(GPT2) ?? [] : [begun];
    return parts.map((part) => [...new TextEncoder().encode(part)].map((byte) => BYTES[byte]).join(''));
  });
}

/** A printable character for each byte: its own where it has one, else one from 256 on. */
const BYTES: readonly string[] = (() => {
  let next = 256;
  const own = (byte: number): boolean =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(own(byte) ? byte : next++));
})();
