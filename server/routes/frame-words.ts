/**
 * Frames in words of four bytes, at any alignment: comparing and copying them byte by byte is what
 * the fast path would otherwise spend most of its time on.
 */

const BYTES_START = 4096;
const SLACK = 8; // bytes behind a frame that may be read with its last words

/** One frame's bytes, copied to where they can be read as words. */
export class FrameWords {
  #bytes = new Uint8Array(BYTES_START);
  view = new DataView(this.#bytes.buffer);

  /** Valid until the next call. */
  take(frame: Uint8Array): DataView {
    const needed = frame.length + SLACK;
    if (needed > this.#bytes.length) {
      this.#bytes = new Uint8Array(2 ** Math.ceil(Math.log2(needed)));
      this.view = new DataView(this.#bytes.buffer);
    }
    this.#bytes.set(frame);
    return this.view;
  }
}

/** Bytes that a stretch of a frame must have, but for holes in which any may stand. */
export class Pattern {
  readonly #at: Int32Array; // of each word that is looked at
  readonly #masks: Int32Array; // ones where its bytes matter
  readonly #words: Int32Array;

  /** `fixed`: pairs from, to; the parts of `bytes` that matter. */
  constructor(bytes: Uint8Array, fixed: readonly number[]) {
    const count = Math.ceil(bytes.length / 4);
    const padded = new DataView(new ArrayBuffer(count * 4));
    const mask = new DataView(new ArrayBuffer(count * 4));
    for (let part = 0; part < fixed.length; part += 2) {
      for (let i = fixed[part] as number; i < (fixed[part + 1] as number); i += 1) {
        padded.setUint8(i, bytes[i] as number);
        mask.setUint8(i, 0xff);
      }
    }
    const all = Array.from({ length: count }, (_, i) => i * 4);
    const at = all.filter((each) => mask.getInt32(each, true) !== 0);
    this.#at = Int32Array.from(at);
    this.#masks = Int32Array.from(at, (each) => mask.getInt32(each, true));
    this.#words = Int32Array.from(at, (each) => padded.getInt32(each, true));
  }

  /** Whether the bytes from `from` on are these; up to three behind them are read as well. */
  matches(view: DataView, from: number): boolean {
    const at = this.#at;
    const masks = this.#masks;
    const words = this.#words;
    for (let i = 0; i < at.length; i += 1) {
      const word = view.getInt32(from + (at[i] as number), true);
      if ((word & (masks[i] as number)) !== words[i]) return false;
    }
    return true;
  }
}

const EXPONENT = 0x7f80_0000; // of an FP32: all ones in NaN and the infinities alone
const EXPONENT_ONE = 0x0080_0000; // added to one of all ones, it runs over into the sign

/** Copies little-endian words; false when one of them, taken for an FP32, is not finite. */
export function copyWords(
  from: DataView, fromAt: number, to: Int32Array, toAt: number, count: number,
): boolean {
  let over = 0;
  for (let i = 0; i < count; i += 1) {
    const word = from.getInt32(fromAt + i * 4, true);
    over |= (word & EXPONENT) + EXPONENT_ONE;
    to[toAt + i] = word;
  }
  return over >= 0;
}

/** The bytes as little-endian words, the last one padded with zeros. */
export function asWords(bytes: Uint8Array): Int32Array {
  const words = new DataView(new ArrayBuffer((bytes.length + 3) & ~3));
  bytes.forEach((byte, at) => words.setUint8(at, byte));
  return Int32Array.from({ length: words.byteLength >> 2 }, (_, i) => words.getInt32(i * 4, true));
}
