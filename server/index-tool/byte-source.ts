/** Bytes of a stream by the number, or a line at a time. */
export class ByteSource {
  readonly #stream: AsyncIterator<Buffer>;
  #held: Buffer = Buffer.alloc(0);

  constructor(stream: AsyncIterable<Buffer>) {
    this.#stream = stream[Symbol.asyncIterator]();
  }

  /** The next `count` bytes; fewer where the stream ends, none where it has ended. */
  async take(count: number): Promise<Buffer> {
    const parts = [this.#held];
    let length = this.#held.length;
    while (length < count) {
      const { done, value } = await this.#stream.next();
      if (done) break;
      parts.push(value);
      length += value.length;
    }
    const all = parts.length === 1 ? this.#held : Buffer.concat(parts, length);
    this.#held = all.subarray(count);
    return all.subarray(0, count);
  }

  /**
   * The next line without its end; null where the stream has ended. One longer than `bytesMax` comes
   * back cut there, as all of what is left would: the caller sees a length of `bytesMax`.
   */
  async line(bytesMax: number): Promise<Buffer | null> {
    const parts: Buffer[] = [];
    let length = 0;
    for (;;) {
      const end = this.#held.indexOf(NEWLINE);
      if (end >= 0) {
        parts.push(this.#held.subarray(0, end));
        this.#held = this.#held.subarray(end + 1);
        return Buffer.concat(parts).subarray(0, bytesMax);
      }
      parts.push(this.#held);
      length += this.#held.length;
      this.#held = Buffer.alloc(0);
      if (length > bytesMax) return Buffer.concat(parts).subarray(0, bytesMax);
      const { done, value } = await this.#stream.next();
      if (done) return length === 0 ? null : Buffer.concat(parts);
      this.#held = value;
    }
  }
}

const NEWLINE = 0x0a;
