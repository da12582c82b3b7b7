import { isUtf8 } from 'node:buffer';
import { Transform } from 'node:stream';
import type { TransformCallback } from 'node:stream';

const LF = 10; // never a part of another character

/** Passes bytes on as they are, and knows of those lines that are no UTF-8: a parser would not say. */
export class BadLines extends Transform {
  readonly #bad = new Set<number>(); // from 1, until they are told of
  #line = 1;
  #rest: Buffer = Buffer.alloc(0);

  /** The first bad line of `from`..`to`; null when all are good. Each line is told of once. */
  firstBad(from: number, to: number): number | null {
    if (this.#bad.size === 0) return null;
    let first: number | null = null;
    for (const line of this.#bad) {
      if (line > to) continue;
      this.#bad.delete(line);
      if (line >= from) first = Math.min(first ?? line, line);
    }
    return first;
  }

  override _transform(chunk: Buffer, _: string, done: TransformCallback): void {
    const block = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const end = block.lastIndexOf(LF) + 1;
    this.#look(block.subarray(0, end));
    this.#rest = block.subarray(end);
    done(null, chunk);
  }

  override _flush(done: TransformCallback): void {
    if (!isUtf8(this.#rest)) this.#bad.add(this.#line);
    done();
  }

  /** Whole lines. */
  #look(block: Buffer): void {
    const good = isUtf8(block);
    let start = 0;
    for (let end = block.indexOf(LF); end >= 0; end = block.indexOf(LF, start)) {
      if (!good && !isUtf8(block.subarray(start, end))) this.#bad.add(this.#line);
      this.#line += 1;
      start = end + 1;
    }
  }
}
