const UNKNOWN_PENALTY = 10; // below the least likely piece, as SentencePiece has it

/**
 * The unigram language model (Kudo, ACL 2018): of all ways to cut a word into pieces the likeliest, by
 * Viterbi's algorithm; characters that no piece has are unknown, and those in a row one. Pure.
 */
export function unigram(
  pieces: readonly (readonly [piece: string, score: number])[], unknown: number | null,
): (word: string) => number[] {
  const known = new Map(pieces.map(([piece, score], id) => [piece, { id, score }]));
  const longest = pieces.reduce((most, [piece]) => Math.max(most, [...piece].length), 1);
  const unknownScore = Math.min(...pieces.map(([, score]) => score)) - UNKNOWN_PENALTY;
  return (word) => {
    const characters = [...word];
    const ends: ({ readonly from: number; readonly id: number; readonly score: number } | undefined)[] = [];
    const scoreAt = (at: number): number => (at === 0 ? 0 : ends[at]?.score ?? -Infinity);
    characters.forEach((_, from) => {
      const before = scoreAt(from);
      let single = false;
      for (let to = from + 1; to <= Math.min(characters.length, from + longest); to += 1) {
        const piece = known.get(characters.slice(from, to).join(''));
        if (!piece) continue;
        if (to === from + 1) single = true;
        const score = before + piece.score;
        if (score > scoreAt(to) || !ends[to]) ends[to] = { from, id: piece.id, score };
      }
      const score = before + unknownScore;
      if (!single && (score > scoreAt(from + 1) || !ends[from + 1])) ends[from + 1] = { from, id: -1, score };
    });
    const ids: number[] = [];
    for (let at = characters.length; at > 0;) {
      const { from, id } = ends[at]!;
      if (id >= 0 || ids.at(-1) !== -1) ids.push(id);
      at = from;
    }
    return ids.reverse().map((id) => (id < 0 ? unknown : id)).filter((id) => id !== null);
  };
}
