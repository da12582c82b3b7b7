import type { Clock } from '../core/clock.ts';

export interface CreditLimits {
  readonly totalMax: number; // unanswered requests of all who keep to their credit
  readonly least: number; // of one of them, however many they are
}

/**
 * A thousand requests keep any model's batches full and wait for milliseconds; more only wait longer.
 */
export const CREDIT_LIMITS: CreditLimits = { totalMax: 1024, least: 4 };

const CUT_US_MIN = 100_000; // between two cuts: what was sent before the first is answered meanwhile
const TELL_SHARE = 1 / 4; // a change of this much is worth a message

/** Who keeps to a credit, and what is there for each. */
export class Credits {
  #holders = 0;

  constructor(readonly clock: Clock, private readonly limits: CreditLimits = CREDIT_LIMITS) {}

  /** What one of the holders may leave unanswered: a power of two, so that it changes seldom. */
  get share(): number {
    const { totalMax, least } = this.limits;
    const each = Math.floor(totalMax / Math.max(1, this.#holders));
    return Math.max(least, 2 ** (31 - Math.clz32(each)));
  }

  enter(): void {
    this.#holders += 1;
  }

  leave(): void {
    this.#holders -= 1;
  }
}

/**
 * How many requests one socket should leave unanswered: its share, and less of it while its requests
 * are refused. Halved by a refusal, grown by one with every so many answers. Refusing costs about as
 * much as answering, so what is not sent is what keeps a server in overload at its full rate.
 */
export class Credit {
  /** As the socket was told last. */
  told: number;
  #value: number;
  #answers = 0; // since it last grew
  #cutUs = -Infinity;

  constructor(
    private readonly credits: Credits,
    private readonly most: number,
    private readonly tell: (credit: number) => void,
  ) {
    credits.enter();
    this.#value = this.#share;
    this.told = this.#value;
  }

  answered(): void {
    const share = this.#share;
    if (this.#value > share) return this.#become(share); // others have come
    if (this.#value === share) return;
    this.#answers += 1;
    if (this.#answers < this.#value) return;
    this.#answers = 0;
    this.#become(this.#value + 1);
  }

  /** A request was refused for want of room or time. */
  refused(): void {
    const nowUs = this.credits.clock.nowUs();
    if (nowUs - this.#cutUs < CUT_US_MIN) return;
    this.#cutUs = nowUs;
    this.#answers = 0;
    this.#become(Math.max(1, this.#value >> 1));
  }

  end(): void {
    this.credits.leave();
  }

  get #share(): number {
    return Math.min(this.most, this.credits.share);
  }

  #become(value: number): void {
    this.#value = value;
    const told = this.told;
    const much = Math.abs(value - told) >= told * TELL_SHARE || value === this.#share;
    if (value === told || !much) return;
    this.told = value;
    this.tell(value);
  }
}
