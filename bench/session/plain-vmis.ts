/**
 * VMIS-kNN as the Serenade paper has it (Kersbergen, Sprangers & Schelter, SIGMOD 2022, algorithm 2), in
 * plain JavaScript and by session index alone: the newest `sample` sessions that hold an item of the
 * evolving session, the `neighbours` most like it, and the items of those. A sketch of the peer, which is
 * in Rust: what it says is how far the same work is from the addon's in the same language as its callers.
 */
export class PlainVmis {
  readonly #sessions: Uint32Array[] = [];
  readonly #holders = new Map<number, number[]>(); // by item, sessions oldest first

  constructor(private readonly options: { readonly neighbours: number; readonly sample: number }) {}

  add(items: readonly number[]): void {
    const session = this.#sessions.push(Uint32Array.from(items)) - 1;
    for (const item of new Set(items)) {
      const holders = this.#holders.get(item);
      if (holders) holders.push(session);
      else this.#holders.set(item, [session]);
    }
  }

  /** The best `k` items for a session, oldest item first. */
  search(query: Uint32Array, k: number): { item: number; score: number }[] {
    const { neighbours, sample } = this.options;
    const likeness = new Map<number, number>();
    const seen = new Set<number>();
    for (let at = query.length - 1; at >= 0; at -= 1) {
      const item = query[at] as number;
      if (seen.has(item)) continue;
      seen.add(item);
      const say = (at + 1) / query.length;
      const holders = this.#holders.get(item) ?? [];
      for (let i = holders.length - 1; i >= Math.max(0, holders.length - sample); i -= 1) {
        const session = holders[i] as number;
        const before = likeness.get(session);
        if (before === undefined && likeness.size >= sample) continue;
        likeness.set(session, (before ?? 0) + say);
      }
    }
    const nearest = [...likeness].sort((a, b) => b[1] - a[1] || b[0] - a[0]).slice(0, neighbours);
    const places = new Map([...query].map((item, at) => [item, at + 1]));
    const scores = new Map<number, number>();
    for (const [session, like] of nearest) {
      const items = this.#sessions[session] as Uint32Array;
      let last = 0;
      for (const item of items) last = Math.max(last, places.get(item) ?? 0);
      const match = 1 - 0.1 * (query.length - last);
      if (match <= 0) continue;
      for (const item of items) scores.set(item, (scores.get(item) ?? 0) + like * match);
    }
    const idf = (item: number): number =>
      Math.log(this.#sessions.length / (this.#holders.get(item)?.length ?? 1));
    return [...scores].map(([item, score]) => ({ item, score: score * idf(item) }))
      .sort((a, b) => b.score - a.score || a.item - b.item).slice(0, k);
  }
}
