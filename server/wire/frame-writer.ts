const CHUNK = 262_144; // bytes; frames lie side by side, and a full chunk is left to them
const FRAME_LEAST = 16_384; // left in a chunk before a frame is begun in it
const SHORT = 32; // characters up to which a loop beats a call

/**
 * Writes msgpack by hand. What was begun may be cut off with `RangeError` where the chunk is full: begin it
 * again with more room, or write it another way.
 */
export class FrameWriter {
  at = 0;
  #bytes = Buffer.alloc(0);
  #view = new DataView(this.#bytes.buffer);

  /** Where the next frame starts; `room`: bytes it may need at least. */
  begin(room = FRAME_LEAST): number {
    if (this.#bytes.length - this.at < room) this.#renew(Math.max(CHUNK, room));
    return this.at;
  }

  /** What was written since. It stays as it is. */
  since(start: number): Uint8Array {
    return this.#bytes.subarray(start, this.at);
  }

  text(text: string): void {
    const { length } = text;
    if (length < SHORT && this.at + length + 1 <= this.#bytes.length) {
      let at = this.at + 1;
      let all = 0;
      for (let i = 0; i < length; i += 1) {
        const code = text.charCodeAt(i);
        all |= code;
        this.#bytes[at++] = code;
      }
      if (all < 0x80) {
        this.#bytes[this.at] = 0xa0 | length;
        this.at = at;
        return;
      }
    }
    const bytes = Buffer.byteLength(text);
    this.#need(bytes + 5);
    if (bytes < 32) this.byte(0xa0 | bytes);
    else if (bytes < 0x100) this.#tagged(0xd9, bytes, 1);
    else this.#tagged(bytes < 0x1_0000 ? 0xda : 0xdb, bytes, bytes < 0x1_0000 ? 2 : 4);
    this.at += this.#bytes.write(text, this.at, 'utf8');
  }

  /** Of a map (0x80, 0xde) or a list (0x90, 0xdc). */
  head(short: number, long: number, count: number): void {
    if (count < 16) this.byte(short | count);
    else this.#tagged(count < 0x1_0000 ? long : long + 1, count, count < 0x1_0000 ? 2 : 4);
  }

  float(value: number): void {
    this.byte(0xcb);
    this.#view.setFloat64(this.at, value + 0); // no -0, as the others write it
    this.at += 8;
  }

  /** Bytes that are msgpack already. */
  raw(bytes: Uint8Array): void {
    this.#need(bytes.length);
    this.#bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  /** What stands at `[from, to)`, once more. */
  again(from: number, to: number): void {
    this.#need(to - from);
    this.#bytes.copyWithin(this.at, from, to);
    this.at += to - from;
  }

  byte(value: number): void {
    this.#need(1);
    this.#bytes[this.at++] = value;
  }

  #tagged(tag: number, value: number, width: number): void {
    this.byte(tag);
    this.#bytes.writeUIntBE(value, this.at, width); // a RangeError where there is no room
    this.at += width;
  }

  #need(bytes: number): void {
    if (this.at + bytes > this.#bytes.length) throw new RangeError('the chunk is full');
  }

  #renew(bytes: number): void {
    this.#bytes = Buffer.from(new ArrayBuffer(bytes));
    this.#view = new DataView(this.#bytes.buffer);
    this.at = 0;
  }
}
