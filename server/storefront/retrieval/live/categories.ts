/** Which rows are in which category, and in which a row is. */
export class Categories {
  readonly #rows = new Map<string, Set<number>>();
  readonly #names = new Map<number, readonly string[]>();

  /** Ascending. */
  rowsOf(category: string): number[] {
    return [...(this.#rows.get(category) ?? [])].sort((a, b) => a - b);
  }

  of(row: number): readonly string[] {
    return this.#names.get(row) ?? [];
  }

  /** Puts a row into these categories and no others; returns those that it left or came to. */
  put(row: number, categories: readonly string[]): string[] {
    const before = this.of(row);
    const left = before.filter((name) => !categories.includes(name));
    const came = categories.filter((name) => !before.includes(name));
    for (const name of left) this.#rows.get(name)?.delete(row);
    for (const name of came) {
      const rows = this.#rows.get(name);
      if (rows) rows.add(row);
      else this.#rows.set(name, new Set([row]));
    }
    if (categories.length > 0) this.#names.set(row, categories);
    else this.#names.delete(row);
    return [...left, ...came];
  }
}
