import { LIMITS } from '../wire/schema.ts';
import { idOffset, integerBytes } from './frame-id.ts';
import type { FrameWords } from './frame-words.ts';
import type { InferTemplate } from './infer-template.ts';

/** Entries of the list that the frame is; 0 where it is none, or one that no message may be. */
export function listLength(frame: Uint8Array): number {
  const head = frame[0] as number;
  let count = 0;
  if ((head & 0xf0) === 0x90) count = head & 0x0f;
  else if (head === 0xdc) count = ((frame[1] as number) << 8) | (frame[2] as number);
  return count <= LIMITS.requestsMax ? count : 0;
}

/** A list of requests taken apart by templates; used again for the next one. */
export class RequestList {
  readonly templates: InferTemplate[] = [];
  readonly idAt = new Int32Array(LIMITS.requestsMax);
  readonly #at = new Int32Array(LIMITS.requestsMax + 1);

  /** False unless each of the `count` requests is one of a template's. */
  read(
    count: number, frame: Uint8Array, words: FrameWords, likely: InferTemplate | null,
    known: readonly InferTemplate[],
  ): boolean {
    if (count === 0 || known.length === 0) return false;
    const view = words.take(frame);
    let last = likely;
    let at = frame[0] === 0xdc ? 3 : 1;
    for (let i = 0; i < count; i += 1) {
      const idAt = idOffset(frame, at);
      const idBytes = idAt === 0 ? 0 : integerBytes(frame[idAt] as number);
      if (idBytes === 0) return false;
      const idEnd = idAt + idBytes;
      if (last === null || !isOne(last, view, frame.length, at, idAt, idEnd)) {
        const start = at; // for the closure
        last = known.find((one) => isOne(one, view, frame.length, start, idAt, idEnd)) ?? null;
        if (last === null) return false;
      }
      this.templates[i] = last;
      this.idAt[i] = idAt;
      this.#at[i] = at;
      at = idEnd + last.tailBytes;
    }
    this.#at[count] = at;
    return at === frame.length;
  }

  /** The request's own bytes. */
  element(frame: Uint8Array, i: number): Uint8Array {
    return frame.subarray(this.#at[i], this.#at[i + 1]);
  }
}

/** Whether the request at `at` of a frame of `length` bytes is one of the template's. */
function isOne(
  template: InferTemplate, view: DataView, length: number, at: number, idAt: number, idEnd: number,
): boolean {
  return idAt - at === template.idAt && idEnd + template.tailBytes <= length &&
    template.matches(view, idEnd, at);
}
