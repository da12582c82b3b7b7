/** Numbers of a text's vector. */
export const TEXT_DIM = 256;

const CHARACTERS_MAX = 2000; // of a text; what follows says little new
/** Scripts that put no blanks between words: there a character says what elsewhere a syllable does. */
const DENSE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]/u;
const WORDS = /[\p{L}\p{N}\p{M}]+/gu;

/**
 * A text of any language as a vector of length 1: its words' character n-grams, hashed (n-grams as in
 * fastText, Bojanowski et al., TACL 2017; signed hashing by Weinberger et al., ICML 2009). 3 and 4
 * characters with the word's ends and the word itself; where words have no blanks, 1 and 2 characters.
 * Inflected and misspelt words share most of theirs. Null where the text has no letter or digit. Pure.
 */
export function textVector(text: string): Float32Array | null {
  const counts = new Map<string, number>();
  const note = (gram: string): void => void counts.set(gram, (counts.get(gram) ?? 0) + 1);
  for (const [word] of text.slice(0, CHARACTERS_MAX).normalize('NFKC').toLowerCase().matchAll(WORDS)) {
    for (const gram of gramsOf(word)) note(gram);
  }
  if (counts.size === 0) return null;
  const vector = new Float32Array(TEXT_DIM);
  for (const [gram, count] of counts) {
    const hash = hashOf(gram);
    const sign = hash & 1 ? 1 : -1;
    vector[(hash >>> 1) % TEXT_DIM]! += sign * (1 + Math.log(count));
  }
  const length = Math.hypot(...vector);
  if (length === 0) return null; // all of it cancelled out
  for (let i = 0; i < TEXT_DIM; i++) vector[i] = (vector[i] as number) / length;
  return vector;
}

function* gramsOf(word: string): Iterable<string> {
  const characters = [...word];
  if (DENSE.test(word)) {
    yield* characters;
    for (let at = 0; at + 2 <= characters.length; at++) yield characters.slice(at, at + 2).join('');
    return;
  }
  const ended = ['<', ...characters, '>'];
  yield ended.join('');
  for (const n of [3, 4]) {
    for (let at = 0; at + n <= ended.length && n < ended.length; at++) yield ended.slice(at, at + n).join('');
  }
}

/** FNV-1a over UTF-16 units, then mixed so that low bits are as good as high ones. */
function hashOf(text: string): number {
  let hash = 0x811c_9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x0100_0193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
