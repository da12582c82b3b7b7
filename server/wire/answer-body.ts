import { FrameWriter } from './frame-writer.ts';
import { encodeMsgpack } from './msgpack.ts';
import { toWire } from './names.ts';

const EMPTY = Uint8Array.of(0x90); // a list
const ROOM_LEAST = 16_384;
const ROOM_MOST = 16_777_216;

/** A reply's fields in msgpack, all but its id: to be sent as a socket's answer. */
export class EncodedBody {
  constructor(
    readonly fields: number,
    readonly bytes: Uint8Array,
  ) {}
}

/** What was recommended, in the order in which it is shown. */
export interface FoundItems {
  readonly count: number;
  idAt(place: number): string;
  scoreAt(place: number): number;
  /** A map in msgpack. */
  reasonAt(place: number): Uint8Array;
}

/**
 * Writes an answer as it is found, without an object for each of its items. Read back, it is what
 * `encodeMessage` makes of the same reply.
 */
export class AnswerBodies {
  readonly #out = new FrameWriter();
  readonly #models = new WeakMap<object, Uint8Array>(); // what was written of them

  write(
    attribution: string, found: FoundItems, degraded: readonly string[], model: object | null,
  ): EncodedBody {
    for (let room = ROOM_LEAST; ; room *= 8) {
      const start = this.#out.begin(room);
      try {
        this.#fields(attribution, found, degraded, model);
        return new EncodedBody(model ? 4 : 3, this.#out.since(start));
      } catch (error) {
        if (!(error instanceof RangeError) || room >= ROOM_MOST) throw error;
        this.#out.at = start;
      }
    }
  }

  #fields(
    attribution: string, found: FoundItems, degraded: readonly string[], model: object | null,
  ): void {
    const out = this.#out;
    out.text('attribution');
    out.text(attribution);
    out.text('items');
    out.head(0x90, 0xdc, found.count);
    for (let i = 0; i < found.count; i += 1) {
      out.byte(0x83);
      out.text('item');
      out.text(found.idAt(i));
      out.text('score');
      out.float(found.scoreAt(i));
      out.text('reason');
      out.raw(found.reasonAt(i));
    }
    out.text('degraded');
    out.raw(degraded.length === 0 ? EMPTY : encodeMsgpack(degraded));
    if (!model) return;
    out.text('model');
    out.raw(this.#model(model));
  }

  #model(model: object): Uint8Array {
    const known = this.#models.get(model);
    if (known) return known;
    const bytes = Uint8Array.from(encodeMsgpack(toWire(model)));
    this.#models.set(model, bytes);
    return bytes;
  }
}
