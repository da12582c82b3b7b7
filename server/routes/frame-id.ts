/** Ids of requests where they stand in a frame: unsigned integers below 2^32. */

const ID_FRAME_BYTES_MIN = 16; // so that an id may be read without looking at the end

/**
 * Where the id of the request at `at` stands when it comes first: behind the map's head and `id`. 0
 * when it cannot.
 */
export function idOffset(frame: Uint8Array, at = 0): number {
  if (frame.length - at < ID_FRAME_BYTES_MIN) return 0;
  const head = frame[at] as number;
  return (head & 0xf0) === 0x80 ? at + 4 : head === 0xde ? at + 6 : 0;
}

/** Bytes of the unsigned integer with this first byte; 0 for whatever is none, or has 64 bits. */
export function integerBytes(head: number): number {
  if (head < 0x80) return 1;
  return head === 0xce ? 5 : head === 0xcd ? 3 : head === 0xcc ? 2 : 0;
}

export function integerAt(view: DataView, at: number, width: number): number {
  if (width === 1) return view.getUint8(at);
  if (width === 2) return view.getUint8(at + 1);
  return width === 3 ? view.getUint16(at + 1) : view.getUint32(at + 1);
}

/** Bytes that the encoder writes an integer below 2^32 in. */
export function integerWidth(integer: number): number {
  return integer < 0x80 ? 1 : integer < 0x100 ? 2 : integer < 0x1_0000 ? 3 : 5;
}

export function writeInteger(bytes: Uint8Array, at: number, integer: number, width: number): void {
  if (width === 1) {
    bytes[at] = integer;
    return;
  }
  bytes[at] = width === 2 ? 0xcc : width === 3 ? 0xcd : 0xce;
  for (let i = width - 1, rest = integer; i >= 1; i -= 1, rest >>>= 8) bytes[at + i] = rest & 0xff;
}
