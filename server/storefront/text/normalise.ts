/** From a text to the text that is split; the names are those of tokenizer.json. All are pure. */
export type Normalise = (text: string) => string;

export interface BertOptions {
  readonly clean_text?: boolean;
  readonly handle_chinese_chars?: boolean;
  readonly strip_accents?: boolean | null; // null: as `lowercase`
  readonly lowercase?: boolean;
}

/** As BERT does (Devlin et al., NAACL 2019): the rules of its `BasicTokenizer` before it splits. */
export function bertNormalise(options: BertOptions): Normalise {
  const { clean_text = true, handle_chinese_chars = true, lowercase = true } = options;
  const accents = options.strip_accents ?? lowercase;
  return (text) => {
    let said = clean_text ? cleaned(text) : text;
    if (handle_chinese_chars) said = said.replace(CHINESE, ' $& ');
    if (accents) said = stripAccents(said.normalize('NFD'));
    return lowercase ? lower(said) : said;
  };
}

/** Of decomposed text. */
export function stripAccents(text: string): string {
  return text.replace(/\p{Mn}/gu, '');
}

/** Letter by letter: the last sigma of a word stays as the others. */
export function lower(text: string): string {
  let said = '';
  for (const character of text) said += character.toLowerCase();
  return said;
}

/**
 * Stands in for the compiled table of SentencePiece models (`Precompiled`): NFKC, which that is made
 * from, controls left out and every blank as one. A few rare signs differ.
 */
export function nearlyPrecompiled(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b\u000e-\u001f\u007f\u008f\u009f\u200b\ufeff]/gu, '')
    .normalize('NFKC')
    .replace(/[\s\u200c-\u200f\u2028\u2029]/gu, ' ');
}

function cleaned(text: string): string {
  return text.replace(/[\t\n\r]/gu, ' ')
    .replace(/[\0\ufffd\p{Cc}\p{Cf}\p{Cn}\p{Co}\p{Cs}]/gu, '')
    .replace(/\s/gu, ' ');
}

const CHINESE = new RegExp(`[${[
  '\\u4e00-\\u9fff', '\\u3400-\\u4dbf', '\\u{20000}-\\u{2a6df}', '\\u{2a700}-\\u{2b73f}',
  '\\u{2b740}-\\u{2b81f}', '\\u{2b920}-\\u{2ceaf}', '\\uf900-\\ufaff', '\\u{2f800}-\\u{2fa1f}',
].join('')}]`, 'gu');
