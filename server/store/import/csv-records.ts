import { ServeError } from '../../core/errors.ts';

const [QUOTE, COMMA, CR, LF] = [0x22, 0x2c, 0x0d, 0x0a];
const COLUMNS_MAX = 1024;

/**
 * One record of CSV (RFC 4180) in a buffer at a time: where its fields stand, quotes taken off. Finds
 * what csv-parse finds (`test/unit/store/import/csv-records.test.ts`), without making texts of it.
 */
export class CsvRecords {
  readonly from = new Int32Array(COLUMNS_MAX);
  readonly to = new Int32Array(COLUMNS_MAX);
  count = 0; // of fields
  lines = 0; // that the record has
  readonly #doubled = new Uint8Array(COLUMNS_MAX);

  constructor(private readonly comma = COMMA) {}

  /**
   * Reads the record that begins at `at`. Where it ends and the next begins; -1 where the buffer ends
   * within quotes, unless `last`. Fails with `bad_argument` naming the line, `line` being its first.
   */
  read(bytes: Buffer, at: number, end: number, line: number, last: boolean): number {
    const { from, to, comma } = this;
    this.count = 0;
    this.lines = 1;
    let dirty = false;
    for (;;) {
      const column = this.count;
      if (column === COLUMNS_MAX) throw wrong(line, `more than ${COLUMNS_MAX} columns`);
      this.count = column + 1;
      this.#doubled[column] = 0;
      if (at < end && bytes[at] === QUOTE) {
        at += 1;
        from[column] = at;
        for (;;) {
          while (at < end && bytes[at] !== QUOTE) {
            if (bytes[at] === LF) this.lines += 1;
            at += 1;
          }
          if (at >= end) {
            if (last) throw wrong(line, 'quotes do not close');
            return -1;
          }
          if (bytes[at + 1] !== QUOTE || at + 1 >= end) break;
          this.#doubled[column] = 1;
          dirty = true;
          at += 2;
        }
        to[column] = at;
        at += 1;
        if (at < end && bytes[at] === CR && (at + 1 >= end || bytes[at + 1] === LF)) at += 1;
        if (at < end && bytes[at] !== comma && bytes[at] !== LF) throw wrong(line, 'text behind closing quotes');
      } else {
        from[column] = at;
        let byte = 0;
        while (at < end && (byte = bytes[at] as number) !== comma && byte !== LF) {
          if (byte === QUOTE) throw wrong(line, 'quotes within a field without quotes');
          at += 1;
        }
        const crlf = at > from[column]! && bytes[at - 1] === CR && (at >= end || bytes[at] === LF);
        to[column] = crlf ? at - 1 : at;
      }
      if (at < end && bytes[at] === comma) {
        at += 1;
        continue;
      }
      if (dirty) this.#undouble(bytes);
      return Math.min(end, at + 1);
    }
  }

  /** Nothing but an end of line. */
  get blank(): boolean {
    return this.count === 1 && this.from[0] === this.to[0];
  }

  /** In place: the record is not read again. */
  #undouble(bytes: Buffer): void {
    for (let column = 0; column < this.count; column += 1) {
      if (this.#doubled[column] === 0) continue;
      let put = this.from[column] as number;
      for (let at = put; at < this.to[column]!; at += 1) {
        bytes[put++] = bytes[at] as number;
        if (bytes[at] === QUOTE) at += 1;
      }
      this.to[column] = put;
    }
  }
}

function wrong(line: number, what: string): ServeError {
  return new ServeError('bad_argument', `line ${line}: ${what}`);
}
