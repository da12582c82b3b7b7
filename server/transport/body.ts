/** Bodies over the limit by at most this factor are read to their end: the client sees the 413. */
const DISCARD_FACTOR = 4;

/**
 * What to do with a body: keep it, read and forget it and then answer 413, or answer 413 at once
 * and cut the connection. A client that writes its whole body before it reads would see a reset
 * connection, not the answer, if every oversized body were cut.
 */
export function bodyFate(declaredBytes: number, receivedBytes: number, bytesMax: number): BodyFate {
  const bytes = Math.max(declaredBytes, receivedBytes);
  if (bytes <= bytesMax) return 'keep';
  return bytes <= bytesMax * DISCARD_FACTOR ? 'discard' : 'cut';
}
export type BodyFate = 'keep' | 'discard' | 'cut';

/** Gathers one HTTP body of at most `bytesMax` bytes. */
export class BodyGatherer {
  #chunks: Uint8Array[] = [];
  #bytes = 0;

  /** `declaredBytes`: from Content-Length; 0 when there is none. */
  constructor(
    private readonly declaredBytes: number,
    private readonly bytesMax: number,
  ) {}

  get fate(): BodyFate {
    return bodyFate(this.declaredBytes, this.#bytes, this.bytesMax);
  }

  /** Takes the chunk over: it must not be changed by the caller afterwards. */
  add(chunk: Uint8Array): void {
    this.#bytes += chunk.byteLength;
    if (this.fate === 'keep') this.#chunks.push(chunk);
    else this.#chunks = [];
  }

  /** The whole body; only after `fate` stayed `keep`. */
  whole(): Uint8Array {
    return this.#chunks.length === 1
      ? (this.#chunks[0] as Uint8Array)
      : Buffer.concat(this.#chunks);
  }
}

/** The bytes a Content-Length header announces; 0 where it is absent or no number. */
export function declaredBytes(header: string): number {
  const bytes = Number(header);
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : 0;
}
