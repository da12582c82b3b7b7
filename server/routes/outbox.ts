import type { Socket } from '../transport/transport.ts';

/** One socket's replies that have not been sent yet. */
export class Mailbox {
  first = -1; // frame numbers in the outbox; -1 is none
  last = -1;
  bytes = 0; // of its frames
  /** Its reader has sent lists of requests: replies that leave together are a list as well. */
  lists = false;

  constructor(readonly socket: Socket) {}
}

const SLACK = 3; // bytes: frames may be written in words of four
const BYTES_START = 65_536;
// More is not kept for the end of the turn: of all sockets, and of one, whose reader would be thought
// slow if it got it in one go. Before that end sockets cannot be corked: each frame is a system call.
const PATIENT_BYTES_MAX = 12_582_912;
const PATIENT_BOX_BYTES_MAX = 1_048_576;
const LIST_MAX = 256; // replies in one message: as many as requests may be
const LIST_BYTES_MAX = 262_144; // a larger one stays alone
const LIST_HEAD = 3; // bytes of a list's head at most
const BYTES_KEPT_MAX = 16_777_216; // a larger arena is given back once it is empty

/**
 * Replies of one turn of the event loop, sent together when it ends: one cork, and so one system
 * call, a socket. Frames that are written in place share one arena, which is reused: nothing is
 * allocated for them once it has grown.
 */
export class Outbox {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(BYTES_START);
  #view: DataView = new DataView(this.#bytes.buffer);
  #scratch = new Uint8Array(0); // lists
  #used = 0;
  #count = 0;
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  readonly #whole: (Uint8Array | string | null)[] = []; // frames that were made elsewhere
  readonly #next: number[] = []; // the same socket's next frame, or -1
  readonly #dirty: Mailbox[] = [];
  readonly #frames: Uint8Array[] = []; // by frame number: often the last turn's will do
  #sending: Mailbox | null = null;
  readonly #flush = (): void => this.flush();
  readonly #sendAll = (): void => this.#send();

  /**
   * While true, replies may wait for the end of the turn: a turn brings many messages, and who is
   * refused, or answered to make room, is one of many. The rest leaves when its callback ends.
   */
  patient = false;
  #asked: 'no' | 'turn' | 'callback' = 'no'; // when a flush is due

  /** `soon`: when the callback of the event loop ends. `later`: when its turn does. */
  constructor(
    private readonly soon: (run: () => void) => void = queueMicrotask,
    private readonly later: (run: () => void) => void = setImmediate,
  ) {}

  get empty(): boolean {
    return this.#count === 0;
  }
  /** Of the frames that were `reserve`d and not sent yet. */
  get usedBytes(): number {
    return this.#used;
  }
  /** Where `reserve`d frames are written. Valid until the next `reserve`. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }
  /** The same, for words at any alignment. */
  get view(): DataView {
    return this.#view;
  }

  /**
   * Room for a frame of `length` bytes: the offset in `bytes` at which to write it, now. Up to
   * `SLACK` bytes behind it may be written to as well.
   */
  reserve(box: Mailbox, length: number): number {
    const start = this.#used;
    const needed = start + length + SLACK;
    if (needed > this.#bytes.length) this.#resize(Math.max(needed, this.#bytes.length * 2));
    this.#used = start + length;
    this.#add(box, start, this.#used, null);
    return start;
  }

  /** A whole frame; text when given a string. Must not change before it is sent. */
  put(box: Mailbox, frame: Uint8Array | string): void {
    this.#add(box, 0, 0, frame);
  }

  /** Sends everything now. */
  flush(): void {
    this.#asked = 'no';
    if (this.#count === 0) return;
    for (const box of this.#dirty) {
      this.#sending = box;
      if (box.first === box.last) this.#send();
      else if (box.lists) this.#sendLists();
      else box.socket.cork(this.#sendAll);
      box.first = -1;
      box.last = -1;
      box.bytes = 0;
    }
    this.#whole.fill(null, 0, this.#count);
    this.#sending = null;
    this.#dirty.length = 0;
    this.#count = 0;
    this.#used = 0;
    if (this.#bytes.length > BYTES_KEPT_MAX) this.#resize(BYTES_START);
  }

  #add(box: Mailbox, start: number, end: number, whole: Uint8Array | string | null): void {
    const frame = this.#count;
    this.#count = frame + 1;
    this.#starts[frame] = start;
    this.#ends[frame] = end;
    this.#whole[frame] = whole;
    this.#next[frame] = -1;
    if (box.first < 0) {
      box.first = frame;
      this.#dirty.push(box);
    } else {
      this.#next[box.last] = frame;
    }
    box.last = frame;
    box.bytes += whole === null ? end - start : whole.length;
    if (this.#asked === 'no' && this.patient) {
      this.#asked = 'turn';
      this.later(this.#flush);
    } else if (this.#asked !== 'callback' && (!this.patient || this.#isLong(box))) {
      this.#asked = 'callback';
      this.soon(this.#flush);
    }
  }

  #isLong({ bytes }: Mailbox): boolean {
    return bytes > PATIENT_BOX_BYTES_MAX || this.#used > PATIENT_BYTES_MAX;
  }

  #send(): void {
    const { socket, first } = this.#sending as Mailbox;
    for (let frame = first; frame >= 0; frame = this.#next[frame] as number) {
      socket.send(this.#whole[frame] ?? this.#frame(frame));
    }
  }

  /** The replies of a reader who speaks in lists, in as few messages as may be. */
  #sendLists(): void {
    const { socket, first } = this.#sending as Mailbox;
    for (let from = first; from >= 0; ) {
      const texts = typeof this.#whole[from] === 'string';
      let count = 0;
      let bytes = 0;
      let end = from;
      for (; end >= 0 && count < LIST_MAX; end = this.#next[end] as number) {
        const length = this.#length(end);
        const fits = count === 0 || bytes + length <= LIST_BYTES_MAX;
        if (!fits || (typeof this.#whole[end] === 'string') !== texts) break;
        count += 1;
        bytes += length;
      }
      if (count === 1) socket.send(this.#whole[from] ?? this.#frame(from));
      else socket.send(texts ? this.#textList(from, count) : this.#bytesList(from, count, bytes));
      from = end;
    }
  }

  #length(frame: number): number {
    const whole = this.#whole[frame];
    return whole?.length ?? (this.#ends[frame] as number) - (this.#starts[frame] as number);
  }

  #textList(from: number, count: number): string {
    const texts: string[] = [];
    for (let frame = from; texts.length < count; frame = this.#next[frame] as number) {
      texts.push(this.#whole[frame] as string);
    }
    return `[${texts.join(',')}]`;
  }

  /** Valid until the next call. Neighbours in the arena, as most are, are copied together. */
  #bytesList(from: number, count: number, bytes: number): Uint8Array {
    if (this.#scratch.length < bytes + LIST_HEAD) this.#scratch = new Uint8Array(bytes * 2 + LIST_HEAD);
    const out = this.#scratch;
    out[0] = count < 16 ? 0x90 | count : 0xdc;
    out[1] = count >> 8;
    out[2] = count & 0xff;
    let at = count < 16 ? 1 : LIST_HEAD;
    let frame = from;
    for (let left = count; left > 0; ) {
      const whole = this.#whole[frame] as Uint8Array | null;
      const start = this.#starts[frame] as number;
      let end = this.#ends[frame] as number;
      frame = this.#next[frame] as number;
      left -= 1;
      while (whole === null && left > 0 && this.#whole[frame] === null && this.#starts[frame] === end) {
        end = this.#ends[frame] as number;
        frame = this.#next[frame] as number;
        left -= 1;
      }
      out.set(whole ?? this.#bytes.subarray(start, end), at);
      at += whole?.length ?? end - start;
    }
    return out.subarray(0, at);
  }

  #frame(frame: number): Uint8Array {
    const start = this.#starts[frame] as number;
    const length = (this.#ends[frame] as number) - start;
    const kept = this.#frames[frame];
    if (
      kept &&
      kept.byteOffset === start &&
      kept.length === length &&
      kept.buffer === this.#bytes.buffer
    ) {
      return kept;
    }
    const view = new Uint8Array(this.#bytes.buffer, start, length);
    this.#frames[frame] = view;
    return view;
  }

  #resize(length: number): void {
    const old = this.#bytes;
    this.#bytes = new Uint8Array(length);
    this.#bytes.set(old.subarray(0, this.#used));
    this.#view = new DataView(this.#bytes.buffer);
    this.#frames.length = 0;
  }
}
