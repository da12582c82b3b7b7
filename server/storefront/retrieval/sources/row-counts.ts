/** A number by row, grown as rows come. */
export class RowCounts {
  #counts = new Float64Array(1024);
  #end = 0; // one more than the largest row

  of(row: number): number {
    return row < this.#end ? (this.#counts[row] as number) : 0;
  }

  add(row: number, by: number): void {
    if (row >= this.#counts.length) {
      const larger = new Float64Array(Math.max(2 * this.#counts.length, row + 1));
      larger.set(this.#counts);
      this.#counts = larger;
    }
    this.#end = Math.max(this.#end, row + 1);
    this.#counts[row] = (this.#counts[row] as number) + by;
  }

  get bytes(): number {
    return this.#counts.byteLength;
  }

  scale(by: number): void {
    for (let row = 0; row < this.#end; row++) this.#counts[row] = (this.#counts[row] as number) * by;
  }

  /** By row. */
  save(): Float64Array {
    return this.#counts.slice(0, this.#end);
  }

  /** What `save` gave, in place of all that is here. */
  load(saved: Float64Array): void {
    this.#counts = saved.slice();
    this.#end = saved.length;
  }
}
