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

const CHUNK = 262_144; // bytes; frames lie side by side, and a full chunk is left to them
const FRAME_LEAST = 16_384; // left in a chunk before a frame is begun in it
const SHORT = 32; // characters up to which a loop beats a call
const REASONS_MAX = 8; // of one answer that are written once and copied

/**
 * Writes answers as msgpack by hand: they are the storefront's most frequent reply, twenty items of one
 * shape and few different reasons. Whatever has another shape than expected is written as every other
 * message is, so this says the same as `encodeMsgpack(toWire(message))`.
 */
export class AnswerFrames {
  #bytes = Buffer.alloc(0);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;
  readonly #reasons: PlainItem['reason'][] = []; // of the answer that is written,
  readonly #reasonAt: number[] = []; // and where they stand
  readonly #reasonEnd: number[] = [];

  encode(message: AnswerMessage): Uint8Array {
    if (this.#bytes.length - this.#at < FRAME_LEAST) this.#renew(CHUNK);
    const start = this.#at;
    try {
      return this.#frame(message, start);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#at = start; // larger than what is left: rare enough for the usual way
      return encodeMsgpack(toWire(message));
    }
  }

  #frame(message: AnswerMessage, start: number): Uint8Array {
    this.#reasons.length = 0;
    const names = Object.keys(message).filter((name) => message[name] !== undefined);
    this.#head(0x80, 0xde, names.length);
    for (const name of names) {
      if (name === 'items') {
        this.#text(name);
        this.#head(0x90, 0xdc, message.items.length);
        for (const item of message.items) this.#item(item);
      } else {
        this.#field(name, message[name]);
      }
    }
    return this.#bytes.subarray(start, this.#at);
  }

  /** A name as the wire spells it, and its value. */
  #field(name: string, value: unknown): void {
    if (OPAQUE.has(name)) {
      this.#raw(encodeMsgpack(toWire({ [name]: value })).subarray(1)); // without the head of one
      return;
    }
    this.#text(Object.hasOwn(WIRE_NAMES, name) ? WIRE_NAMES[name as keyof typeof WIRE_NAMES] : name);
    if (typeof value === 'string') this.#text(value);
    else if (typeof value === 'object' && value !== null) this.#object(value);
    else this.#raw(encodeMsgpack(value));
  }

  #object(value: object): void {
    if (Array.isArray(value) && value.length === 0) return this.#byte(0x90);
    if (Object.getPrototypeOf(value) !== Object.prototype) return this.#raw(encodeMsgpack(toWire(value)));
    const fields = Object.entries(value).filter(([, one]) => one !== undefined);
    this.#head(0x80, 0xde, fields.length);
    for (const [name, one] of fields) this.#field(name, one);
  }

  #item(value: unknown): void {
    if (!isPlain(value)) return this.#raw(encodeMsgpack(toWire(value)));
    this.#byte(0x83);
    this.#text('item');
    this.#text(value.item);
    this.#text('score');
    this.#byte(0xcb);
    this.#view.setFloat64(this.#at, value.score + 0); // no -0, as the others write it
    this.#at += 8;
    this.#text('reason');
    this.#reason(value.reason);
  }

  #reason(reason: PlainItem['reason']): void {
    const { code, because, cold, text } = reason;
    const known = this.#reasons.findIndex((other) => other.text === text && other.because === because &&
      other.code === code && other.cold === cold);
    if (known >= 0) return this.#again(this.#reasonAt[known] as number, this.#reasonEnd[known] as number);
    const at = this.#at;
    this.#byte(0x82 + Number(because !== undefined) + Number(cold !== undefined));
    this.#text('code');
    this.#text(code);
    if (because !== undefined) {
      this.#text('because');
      this.#text(because);
    }
    if (cold !== undefined) {
      this.#text('cold');
      this.#text(cold);
    }
    this.#text('text');
    this.#text(text);
    if (this.#reasons.length === REASONS_MAX) return;
    this.#reasonAt[this.#reasons.length] = at;
    this.#reasonEnd[this.#reasons.length] = this.#at;
    this.#reasons.push(reason);
  }

  #again(from: number, to: number): void {
    this.#need(to - from);
    this.#bytes.copyWithin(this.#at, from, to);
    this.#at += to - from;
  }

  #text(text: string): void {
    const { length } = text;
    if (length < SHORT && this.#at + length + 1 <= this.#bytes.length) {
      let at = this.#at + 1;
      let all = 0;
      for (let i = 0; i < length; i += 1) {
        const code = text.charCodeAt(i);
        all |= code;
        this.#bytes[at++] = code;
      }
      if (all < 0x80) {
        this.#bytes[this.#at] = 0xa0 | length;
        this.#at = at;
        return;
      }
    }
    const bytes = Buffer.byteLength(text);
    this.#need(bytes + 5);
    if (bytes < 32) this.#byte(0xa0 | bytes);
    else if (bytes < 0x100) this.#tagged(0xd9, bytes, 1);
    else this.#tagged(bytes < 0x1_0000 ? 0xda : 0xdb, bytes, bytes < 0x1_0000 ? 2 : 4);
    this.#at += this.#bytes.write(text, this.#at, 'utf8');
  }

  #head(short: number, long: number, count: number): void {
    if (count < 16) this.#byte(short | count);
    else this.#tagged(count < 0x1_0000 ? long : long + 1, count, count < 0x1_0000 ? 2 : 4);
  }

  #tagged(tag: number, value: number, width: number): void {
    this.#byte(tag);
    this.#bytes.writeUIntBE(value, this.#at, width); // a RangeError where there is no room
    this.#at += width;
  }

  #raw(bytes: Uint8Array): void {
    this.#need(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #byte(value: number): void {
    this.#need(1);
    this.#bytes[this.#at++] = value;
  }

  #need(bytes: number): void {
    if (this.#at + bytes > this.#bytes.length) throw new RangeError('the chunk is full');
  }

  #renew(bytes: number): void {
    this.#bytes = Buffer.from(new ArrayBuffer(bytes));
    this.#view = new DataView(this.#bytes.buffer);
    this.#at = 0;
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
