import type { Vocabulary } from './tokenizer.ts';

export interface WordPieceOptions {
  readonly unk_token?: string;
  readonly continuing_subword_prefix?: string;
  readonly max_input_chars_per_word?: number;
}

/**
 * WordPiece (Schuster & Nakajima 2012; Wu et al. 2016): of a word, again and again the longest piece that
 * the vocabulary has; a word that does not come out even is unknown as a whole. Pure.
 */
export function wordPiece(vocabulary: Vocabulary, options: WordPieceOptions): (word: string) => number[] {
  const { unk_token = '[UNK]', continuing_subword_prefix: prefix = '##' } = options;
  const { max_input_chars_per_word: most = 100 } = options;
  const unknown = vocabulary.get(unk_token);
  return (word) => {
    const characters = [...word];
    const none = unknown === undefined ? [] : [unknown];
    if (characters.length > most) return none;
    const ids: number[] = [];
    for (let from = 0; from < characters.length;) {
      let to = characters.length;
      let id: number | undefined;
      for (; to > from; to -= 1) {
        id = vocabulary.get((from > 0 ? prefix : '') + characters.slice(from, to).join(''));
        if (id !== undefined) break;
      }
      if (id === undefined) return none;
      ids.push(id);
      from = to;
    }
    return ids;
  };
}
