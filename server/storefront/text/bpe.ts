import type { Vocabulary } from './tokenizer.ts';

export interface BpeOptions {
  readonly merges: readonly (string | readonly [string, string])[];
  readonly unk_token?: string | null;
  readonly fuse_unk?: boolean;
  readonly ignore_merges?: boolean; // a word that the vocabulary has is taken whole
}

/** Byte-pair encoding (Sennrich, Haddow & Birch, ACL 2016): the merge that was learned first, first. Pure. */
export function bytePairs(vocabulary: Vocabulary, options: BpeOptions): (word: string) => number[] {
  const ranks = new Map(options.merges.map((merge, rank) =>
    [typeof merge === 'string' ? merge : `${merge[0]} ${merge[1]}`, rank]));
  const unknown = options.unk_token == null ? undefined : vocabulary.get(options.unk_token);
  return (word) => {
    const whole = options.ignore_merges ? vocabulary.get(word) : undefined;
    if (whole !== undefined) return [whole];
    const ids: number[] = [];
    let wasUnknown = false;
    // What is not in the vocabulary does not merge either.
    for (const part of merged([...word], ranks)) {
      const id = vocabulary.get(part) ?? unknown;
      const isUnknown = !vocabulary.has(part);
      if (id !== undefined && !(isUnknown && wasUnknown && options.fuse_unk)) ids.push(id);
      wasUnknown = isUnknown;
    }
    return ids;
  };
}

function merged(parts: string[], ranks: ReadonlyMap<string, number>): string[] {
  for (;;) {
    let best = Infinity;
    let at = -1;
    for (let i = 0; i + 1 < parts.length; i += 1) {
      const rank = ranks.get(`${parts[i]} ${parts[i + 1]}`) ?? Infinity;
      if (rank < best) [best, at] = [rank, i];
    }
    if (at < 0) return parts;
    parts.splice(at, 2, `${parts[at]}${parts[at + 1]}`);
  }
}
