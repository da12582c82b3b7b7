/** Cuts a stream into HTTP messages by their `Content-Length`. */
export class Messages {
  #rest = Buffer.alloc(0);

  add(bytes: Uint8Array): Buffer[] {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const whole: Buffer[] = [];
    for (let end = messageEnd(this.#rest); end > 0; end = messageEnd(this.#rest)) {
      whole.push(this.#rest.subarray(0, end));
      this.#rest = this.#rest.subarray(end);
    }
    return whole;
  }
}

/** Bytes of the first message; 0 while some are missing. */
function messageEnd(bytes: Buffer): number {
  const head = bytes.indexOf('\r\n\r\n');
  if (head < 0) return 0;
  const length = /\r\ncontent-length: *(\d+)/i.exec(bytes.subarray(0, head).toString('latin1'));
  const end = head + 4 + Number(length?.[1] ?? 0);
  return end <= bytes.byteLength ? end : 0;
}
