import type { Clock } from '../core/clock.ts';

const EVERY_US = 250_000;

/** A line on a terminal that is written over as work goes on; nothing where there is no terminal. */
export class Progress {
  readonly #out: NodeJS.WriteStream | null;
  #saidUs = -Infinity;
  #startUs: number;
  #doing = '';

  constructor(out: NodeJS.WriteStream | null, private readonly clock: Clock) {
    this.#out = out?.isTTY ? out : null;
    this.#startUs = clock.nowUs();
  }

  say(doing: string, rows: number, total: number | null): void {
    if (!this.#out) return;
    const nowUs = this.clock.nowUs();
    if (doing !== this.#doing) {
      this.#doing = doing;
      this.#startUs = nowUs;
    }
    if (nowUs - this.#saidUs < EVERY_US) return;
    this.#saidUs = nowUs;
    this.#out.write(`\r\x1b[K${progressText(doing, rows, total, (nowUs - this.#startUs) / 1e6)}`);
  }

  /** Leaves the terminal's line empty. */
  end(): void {
    this.#out?.write('\r\x1b[K');
  }
}

/** `indexed 120,000 of 331,479 (36 %), 3,100/s` */
export function progressText(doing: string, rows: number, total: number | null, seconds: number): string {
  const number = (value: number) => value.toLocaleString('en-US');
  const of = total === null ? '' : ` of ${number(total)} (${Math.floor((100 * rows) / Math.max(1, total))} %)`;
  const rate = seconds > 0 ? `, ${number(Math.round(rows / seconds))}/s` : '';
  return `${doing} ${number(rows)}${of}${rate}`;
}
