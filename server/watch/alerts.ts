import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';

/** What a receiver gets, as JSON. */
export interface AlertMessage {
  readonly alert: string; // 'drift', 'calibration' …; with `model` it is one alert
  readonly model: string;
  readonly state: 'firing' | 'resolved';
  readonly at: string; // ISO time
  readonly text: string; // what was seen and what to do, in words
  readonly values: Readonly<Record<string, number>>;
}

export interface Finding {
  readonly alert: string;
  readonly model: string;
  readonly firing: boolean;
  readonly text: string;
  readonly values: Readonly<Record<string, number>>;
}

export interface AlertParts {
  /** Takes the message to who wants it. Rejects when it was not taken. */
  readonly send: (message: AlertMessage) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Looks in a row that must agree before an alert changes: one odd window wakes nobody. */
const LOOKS = 2;
const RETRY_US = [1e6, 5e6, 30e6, 300e6] as const;
const WAITING_MAX = 100; // messages; of more, the oldest is lost and counted

interface State {
  firing: boolean;
  against: number; // looks in a row that disagreed with it
  readonly model: string;
  readonly alert: string;
}

/** What is wrong with models now: told once when it begins, and once when it is over. */
export class Alerts {
  readonly counts = { sent: 0, failed: 0, lost: 0 };
  readonly #states = new Map<string, State>();
  readonly #waiting: AlertMessage[] = [];
  #sending: Promise<void> | null = null;
  #tries = 0;
  #cancelRetry: (() => void) | null = null;
  #closed = false;

  constructor(private readonly parts: AlertParts) {}

  /** Alerts that are firing. */
  get firing(): readonly { readonly model: string; readonly alert: string }[] {
    return [...this.#states.values()].filter(({ firing }) => firing);
  }

  /** One look at one thing. */
  report(finding: Finding): void {
    const { alert, model, firing } = finding;
    const key = `${model} ${alert}`;
    const state = this.#states.get(key) ?? { firing: false, against: 0, model, alert };
    this.#states.set(key, state);
    state.against = firing === state.firing ? 0 : state.against + 1;
    if (state.against < LOOKS) return;
    state.firing = firing;
    state.against = 0;
    this.#tell(finding);
  }

  /** Sends what waits once more, and stops. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelRetry?.();
    await this.#sending;
    await this.#send();
    this.counts.lost += this.#waiting.length;
  }

  #tell({ alert, model, firing, text, values }: Finding): void {
    const { clock, log } = this.parts;
    const state = firing ? 'firing' : 'resolved';
    if (firing) log.warn('alert', { alert, model, text, ...values });
    else log.info('alert is over', { alert, model, text });
    const at = new Date(clock.wallMs()).toISOString();
    this.#waiting.push({ alert, model, state, at, text, values });
    if (this.#waiting.length > WAITING_MAX) {
      this.#waiting.shift();
      this.counts.lost += 1;
    }
    if (!this.#cancelRetry) void this.#send();
  }

  /** In order, one after the other; what is not taken is tried again, later each time. */
  #send(): Promise<void> {
    this.#sending ??= this.#sendAll().finally(() => { this.#sending = null; });
    return this.#sending;
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const message = this.#waiting[0] as AlertMessage;
      try {
        await this.parts.send(message);
      } catch (cause) {
        this.#failed(cause as Error);
        return;
      }
      this.counts.sent += 1;
      this.#tries = 0;
      if (this.#waiting[0] === message) this.#waiting.shift();
    }
  }

  #failed(cause: Error): void {
    const { clock, log } = this.parts;
    this.counts.failed += 1;
    if (this.#tries === 0) log.warn('an alert was not taken: it is tried again', { cause: cause.message });
    if (this.#closed) return;
    const us = RETRY_US[Math.min(this.#tries, RETRY_US.length - 1)] as number;
    this.#tries += 1;
    this.#cancelRetry = clock.after(us, () => {
      this.#cancelRetry = null;
      void this.#send();
    });
  }
}

const POST_MS_MAX = 5000;

/** `POST`s each message to `url` as JSON. */
export function postAlertsTo(url: string): AlertParts['send'] {
  return async (message) => {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(message),
      signal: AbortSignal.timeout(POST_MS_MAX),
    });
    await answer.arrayBuffer(); // else the connection is not used again
    if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  };
}
