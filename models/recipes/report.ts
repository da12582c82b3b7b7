import type { Clock } from '../../server/core/clock.ts';

/** Where a recipe says how far it is. */
export interface Report {
  /** One finished line. */
  line(text: string): void;
  /** How much of the present recipe is done, 0..1; shown now and then, with the time left. */
  step(what: string, share: number): void;
}

const EVERY_US = 2_000_000; // between two lines of progress

/** Lines under a recipe's name: `session-encoder  12 s  epoch 2/5, loss 3.1 … about 40 s left`. */
export class LineReport implements Report {
  readonly #startUs: number;
  #saidUs: number;

  constructor(
    private readonly name: string,
    private readonly clock: Clock,
    private readonly write: (line: string) => void,
  ) {
    this.#startUs = clock.nowUs();
    this.#saidUs = this.#startUs;
  }

  line(text: string): void {
    this.#saidUs = this.clock.nowUs();
    this.write(`${this.name}  ${seconds(this.#saidUs - this.#startUs)}  ${text}`);
  }

  step(what: string, share: number): void {
    const nowUs = this.clock.nowUs();
    if (nowUs - this.#saidUs < EVERY_US) return;
    const left = share > 0 ? ((nowUs - this.#startUs) * (1 - share)) / share : 0;
    this.line(share > 0 ? `${what}, about ${seconds(left)} left` : what);
  }
}

/** For tests, and for callers that only want the result. */
export const silentReport: Report = { line: () => undefined, step: () => undefined };

function seconds(us: number): string {
  const all = Math.round(us / 1e6);
  return all < 120 ? `${all} s` : `${Math.floor(all / 60)} min ${all % 60} s`;
}
