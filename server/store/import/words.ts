/** A few words that are known by their bytes, each with a number from 0. */
export class Words {
  readonly #slots: { word: Buffer; value: number }[][] = [];

  constructor(words: readonly (readonly [string, number])[]) {
    for (const [text, value] of words) {
      const word = Buffer.from(text);
      (this.#slots[slotOf(word, 0, word.length)] ??= []).push({ word, value });
    }
  }

  /** The word's number; -1 where it is none of them. */
  find(source: Uint8Array, from: number, to: number): number {
    const slot = this.#slots[slotOf(source, from, to)];
    if (slot === undefined) return -1;
    for (const { word, value } of slot) {
      if (word.length !== to - from) continue;
      let i = 0;
      while (i < word.length && word[i] === source[from + i]) i += 1;
      if (i === word.length) return value;
    }
    return -1;
  }
}

/** By length, first and last byte. */
function slotOf(bytes: Uint8Array, from: number, to: number): number {
  const last = to > from ? (bytes[to - 1] as number) : 0;
  return ((to - from) * 7 + (bytes[from] as number) + last * 3) & 127;
}
