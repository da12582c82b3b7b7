import type { EncodedBody } from './answer-body.ts';
import { FrameWriter } from './frame-writer.ts';
import { encodeMsgpack } from './msgpack.ts';
import { OPAQUE, toWire, WIRE_NAMES } from './names.ts';

/** A reply with items that were recommended, as far as it is written here. */
export interface AnswerMessage {
  readonly id?: string | number | null;
  readonly attribution: string;
  readonly items: readonly unknown[];
  readonly [name: string]: unknown;
}

interface PlainItem {
  readonly item: string;
  readonly score: number;
  readonly reason: {
    readonly code: string; readonly because?: string; readonly cold?: string; readonly text: string;
  };
}

const WHOLE_ROOM = 4096; // an id with its name, and a head
const REASONS_MAX = 8; // of one answer that are written once and copied

/**
 * Writes answers as msgpack by hand: they are the storefront's most frequent reply, twenty items of one
 * shape and few different reasons. Whatever has another shape than expected is written as every other
 * message is, so this says the same as `encodeMsgpack(toWire(message))`.
 */
export class AnswerFrames {
  readonly #out = new FrameWriter();
  readonly #reasons: PlainItem['reason'][] = []; // of the answer that is written,
  readonly #reasonAt: number[] = []; // and where they stand
  readonly #reasonEnd: number[] = [];

  encode(message: AnswerMessage): Uint8Array {
    const start = this.#out.begin();
    try {
      return this.#frame(message, start);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#out.at = start; // larger than what is left: rare enough for the usual way
      return encodeMsgpack(toWire(message));
    }
  }

  /** The id, and what the rest of the reply was written as before. */
  whole(id: string | number | null, body: EncodedBody): Uint8Array {
    const out = this.#out;
    const start = out.begin(body.bytes.length + WHOLE_ROOM);
    out.head(0x80, 0xde, body.fields + 1);
    out.text('id');
    if (typeof id === 'string') out.text(id);
    else out.raw(encodeMsgpack(id));
    out.raw(body.bytes);
    return out.since(start);
  }

  #frame(message: AnswerMessage, start: number): Uint8Array {
    this.#reasons.length = 0;
    const names = Object.keys(message).filter((name) => message[name] !== undefined);
    this.#out.head(0x80, 0xde, names.length);
    for (const name of names) {
      if (name === 'items') {
        this.#out.text(name);
        this.#out.head(0x90, 0xdc, message.items.length);
        for (const item of message.items) this.#item(item);
      } else {
        this.#field(name, message[name]);
      }
    }
    return this.#out.since(start);
  }

  /** A name as the wire spells it, and its value. */
  #field(name: string, value: unknown): void {
    if (OPAQUE.has(name)) {
      this.#out.raw(encodeMsgpack(toWire({ [name]: value })).subarray(1)); // without the head of one
      return;
    }
    this.#out.text(Object.hasOwn(WIRE_NAMES, name) ? WIRE_NAMES[name as keyof typeof WIRE_NAMES] : name);
    if (typeof value === 'string') this.#out.text(value);
    else if (typeof value === 'object' && value !== null) this.#object(value);
    else this.#out.raw(encodeMsgpack(value));
  }

  #object(value: object): void {
    if (Array.isArray(value) && value.length === 0) return this.#out.byte(0x90);
    if (Object.getPrototypeOf(value) !== Object.prototype) return this.#out.raw(encodeMsgpack(toWire(value)));
    const fields = Object.entries(value).filter(([, one]) => one !== undefined);
    this.#out.head(0x80, 0xde, fields.length);
    for (const [name, one] of fields) this.#field(name, one);
  }

  #item(value: unknown): void {
    if (!isPlain(value)) return this.#out.raw(encodeMsgpack(toWire(value)));
    this.#out.byte(0x83);
    this.#out.text('item');
    this.#out.text(value.item);
    this.#out.text('score');
    this.#out.float(value.score);
    this.#out.text('reason');
    this.#reason(value.reason);
  }

  #reason(reason: PlainItem['reason']): void {
    const { code, because, cold, text } = reason;
    const known = this.#reasons.findIndex((other) => other.text === text && other.because === because &&
      other.code === code && other.cold === cold);
    if (known >= 0) return this.#out.again(this.#reasonAt[known] as number, this.#reasonEnd[known] as number);
    const at = this.#out.at;
    this.#out.byte(0x82 + Number(because !== undefined) + Number(cold !== undefined));
    this.#out.text('code');
    this.#out.text(code);
    if (because !== undefined) {
      this.#out.text('because');
      this.#out.text(because);
    }
    if (cold !== undefined) {
      this.#out.text('cold');
      this.#out.text(cold);
    }
    this.#out.text('text');
    this.#out.text(text);
    if (this.#reasons.length === REASONS_MAX) return;
    this.#reasonAt[this.#reasons.length] = at;
    this.#reasonEnd[this.#reasons.length] = this.#out.at;
    this.#reasons.push(reason);
  }
}

export function isAnswer(message: { readonly [name: string]: unknown }): message is AnswerMessage {
  return Array.isArray(message['items']) && typeof message['attribution'] === 'string';
}

const ITEM_NAMES = new Set(['item', 'score', 'reason']);
const REASON_NAMES = new Set(['code', 'because', 'cold', 'text']);

function isPlain(value: unknown): value is PlainItem {
  const item = value as PlainItem;
  return typeof item === 'object' && item !== null && has(item, ITEM_NAMES) && typeof item.item === 'string' &&
    typeof item.score === 'number' && typeof item.reason === 'object' && item.reason !== null &&
    has(item.reason, REASON_NAMES) && typeof item.reason.code === 'string' &&
    typeof item.reason.text === 'string' && isMaybeText(item.reason.because) && isMaybeText(item.reason.cold);
}

function isMaybeText(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}

/** Whether there are no other names than these. */
function has(value: object, names: ReadonlySet<string>): boolean {
  for (const name in value) if (!names.has(name)) return false;
  return true;
}
