import type {
  FollowOptions, NeighbourOptions, SessionIndexOptions,
} from '../../server/ann/binding.ts';

/** An answer as pairs, best first, ties by lower item. */
export type Ranked = { item: number; score: number; because?: number }[];

interface PlainSession {
  readonly key: number;
  readonly slot: number;
  items: number[]; // the newest `sessionItemsMax`
  length: number; // of all it ever had
}

/**
 * The oracle of `SessionIndex`: the formulas of `native/session/session_index.h` as straight loops
 * over whole sessions. Its bounds on lists (`sessionsPerItemMax`, `rulesPerItemMax`) are infinite.
 */
export class PlainSessionIndex {
  #sessions: PlainSession[] = [];
  #pairs: { from: number; to: number; slot: number; share: number; key: number }[] = [];
  #slots = 0;

  constructor(private readonly options: SessionIndexOptions = {}) {}

  append(key: number, item: number): void {
    let session = this.#sessions.find((one) => one.key === key);
    if (!session) {
      if (this.#sessions.length === (this.options.sessionsMax ?? Infinity)) this.#sessions.shift();
      session = { key, slot: this.#slots++, items: [], length: 0 };
      this.#sessions.push(session);
    }
    const { slot } = session;
    session.items.slice(-(this.options.ruleWindow ?? 10)).reverse().forEach((from, i) => {
      this.#pairs.push({ from, to: item, slot, share: 1 / (i + 1), key });
    });
    session.items = [...session.items, item].slice(-(this.options.sessionItemsMax ?? 50));
    session.length += 1;
  }

  remove(key: number): boolean {
    const before = this.#sessions.length;
    this.#sessions = this.#sessions.filter((one) => one.key !== key);
    if (this.#sessions.length === before) return false;
    this.#pairs = this.#pairs.filter((pair) => pair.key !== key);
    return true;
  }

  search(whole: readonly number[], options: NeighbourOptions & { exclude?: number } = {}): Ranked {
    const { neighbours = 500, sample = 5000, queryDecay = 1.5, itemDecay = 2 } = options;
    const { ageDecay = 0, lengthPower = 0.5 } = options;
    const query = whole.slice(-(this.options.sessionItemsMax ?? 50));
    const weight = (item: number) =>
      Math.exp(-(query.length - 1 - query.lastIndexOf(item)) / queryDecay);
    const says = (item: number) => Math.fround(weight(item)) >= Math.fround(1e-4);
    const newest = this.#slots - 1;
    const nearest = this.#sessions
      .filter(({ key }) => key !== options.exclude)
      .filter(({ items }) => items.some((item) => query.includes(item) && says(item)))
      .slice(-sample)
      .map(({ slot, items, length }) => {
        // Summed from the query's end on, as the index does, so that equals stay equal.
        const shared = [...new Set([...query].reverse())].filter((item) => items.includes(item));
        const age = ageDecay > 0 ? Math.exp(-(newest - slot) / ageDecay) : 1;
        const sum = shared.filter(says).reduce((total, item) => total + weight(item), 0);
        const likeness = (sum / length ** lengthPower) * age;
        return { slot, items, likeness, match: shared[0] as number };
      })
      .sort((a, b) => b.likeness - a.likeness || b.slot - a.slot)
      .slice(0, neighbours);

    const scores = new Map<number, number>();
    for (const { items, likeness, match } of nearest) {
      const at = items.lastIndexOf(match);
      items.forEach((item, z) => {
        if (z === at && item === query.at(-1)) return;
        const vote = likeness * Math.exp(-Math.abs(z - at) / itemDecay);
        scores.set(item, (scores.get(item) ?? 0) + vote);
      });
    }
    for (const [item, score] of scores) {
      const holders = this.#sessions.filter((one) => one.items.includes(item)).length;
      scores.set(item, score * Math.log((1 + this.#sessions.length) / holders));
    }
    return ranked([...scores].map(([item, score]) => ({ item, score })));
  }

  follow(query: readonly number[], options: FollowOptions = {}): Ranked {
    const { last = 3, decay = 0.5 } = options;
    const tau = this.options.ruleAgeDecay ?? 0;
    const strength = (pair: { slot: number; share: number }) =>
      pair.share * (tau > 0 ? Math.exp((pair.slot - this.#slots) / tau) : 1);
    const found = new Map<number, { score: number; best: number; because: number }>();
    query.slice(-last).reverse().forEach((from, back) => {
      const followers = this.#pairs.filter((pair) => pair.from === from);
      const total = followers.reduce((sum, pair) => sum + strength(pair), 0);
      const shares = new Map<number, number>();
      for (const pair of followers) {
        shares.set(pair.to, (shares.get(pair.to) ?? 0) + strength(pair) / total);
      }
      for (const [item, share] of shares) {
        const part = decay ** back * share;
        const old = found.get(item) ?? { score: 0, best: 0, because: 0 };
        const better = part > old.best;
        found.set(item, {
          score: old.score + part,
          best: better ? part : old.best,
          because: better ? from : old.because,
        });
      }
    });
    return ranked([...found].map(([item, { score, because }]) => ({ item, score, because })));
  }
}

function ranked(list: Ranked): Ranked {
  return list.filter(({ score }) => score > 0).sort((a, b) => b.score - a.score || a.item - b.item);
}
