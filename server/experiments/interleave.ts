/**
 * Team-draft interleaving (Radlinski, Kurup & Joachims 2008, "How does clickthrough data reflect
 * retrieval quality?"; Chapelle, Joachims, Radlinski & Yue 2012): two lists become one as captains
 * choose teams. Whoever has fewer items chooses, a coin decides between equals, and takes its best
 * item that is not in yet. A click is its team's. As the coin is fair, a visitor who does not care
 * clicks both teams alike wherever they look, and position cancels out in every single list.
 */
export interface Drafted<Item> {
  readonly item: Item;
  readonly team: Team;
}

export type Team = 0 | 1; // the first arm's, the second's

/** At most `k` items, none twice by `idOf`; fewer where the lists together have fewer. */
export function teamDraft<Item>(
  first: readonly Item[], second: readonly Item[], k: number,
  idOf: (item: Item) => unknown, coin: () => boolean,
): Drafted<Item>[] {
  const lists = [first, second];
  const next = [0, 0]; // in each list
  const sizes = [0, 0];
  const taken = new Set<unknown>();
  const drafted: Drafted<Item>[] = [];
  const best = (team: Team): Item | undefined => {
    const list = lists[team] as readonly Item[];
    while (next[team]! < list.length && taken.has(idOf(list[next[team]!] as Item))) next[team]! += 1;
    return list[next[team]!];
  };
  while (drafted.length < k) {
    const chooser: Team = sizes[0] === sizes[1] ? (coin() ? 0 : 1) : (sizes[0]! < sizes[1]! ? 0 : 1);
    const own = best(chooser);
    const team: Team = own === undefined ? (1 - chooser as Team) : chooser; // who has none left passes
    const item = own ?? best(team);
    if (item === undefined) break;
    drafted.push({ item, team });
    taken.add(idOf(item));
    sizes[team]! += 1;
  }
  return drafted;
}

/**
 * What one visitor's clicks say: 1 for more clicks on the second team, -1 for the first, 0 for as
 * many. One vote a visitor, or a single eager one would decide.
 */
export function vote(first: number, second: number): -1 | 0 | 1 {
  return Math.sign(second - first) as -1 | 0 | 1;
}

/**
 * Chapelle et al.'s preference for the second arm, -0.5 to 0.5: the share of voters for it, ties
 * counted half, less a half. Null without a vote.
 */
export function preference(forFirst: number, forSecond: number, ties: number): number | null {
  const votes = forFirst + forSecond + ties;
  return votes === 0 ? null : (forSecond + ties / 2) / votes - 0.5;
}
