import { connect } from '../client/client.ts';
import type {
  EventInput, InsightReply, Language, LinkState, RecommendReply, SubscribeInput, VitrineClient,
} from '../client/types.ts';
import type { Clock } from '../core/clock.ts';
import { Latency } from './latency.ts';
import type { Visitor } from './visitor.ts';

const FOR_YOU_COUNT = 12;
const INSIGHT_TIMEOUT_MS = 3000;

/** What the visitor did; who it was is added here. */
export type Deed = Omit<EventInput, 'session' | 'customer'>;

/** What the page shows of the server: changes arrive through `onChange`. */
export interface LiveState {
  readonly link: LinkState;
  readonly retries: number; // connections tried since the last good one
  readonly forYou: RecommendReply | null;
  /** Milliseconds from the visitor's act to the pushed answer to it; null before the first. */
  readonly feltMs: number | null;
  readonly insight: InsightReply | null;
  readonly eventsSent: number;
  readonly eventsAcknowledged: number; // durable on the server
}

/** Whether the connection is gone, and not only about to be made for the first time. */
export function isAway({ link, retries }: LiveState): boolean {
  return link === 'waiting' || (link === 'connecting' && retries > 0);
}

/** The page's line to the server: sends what the visitor does, hears what to show. */
export class Live {
  readonly client: VitrineClient;
  readonly roundTrips = new Latency(); // every call's, as the client reports it
  #state: LiveState = {
    link: 'connecting', retries: 0, forYou: null, feltMs: null, insight: null,
    eventsSent: 0, eventsAcknowledged: 0,
  };
  #language: Language;
  #giveUp: () => void = () => {}; // ends the wait of `afterAnswer`
  #actUs: number | null = null; // when the act was made that no push has answered yet

  constructor(
    url: string,
    private readonly visitor: Visitor,
    private readonly clock: Clock,
    language: Language,
    private readonly onChange: (state: LiveState) => void,
  ) {
    this.#language = language;
    this.client = connect(url, {
      clock,
      onState: (link) => this.#linkBecame(link),
      onCall: ({ latencyMs, code }) => {
        if (code !== 'ok') return;
        this.roundTrips.add(latencyMs);
        this.onChange(this.#state);
      },
    });
    this.follow();
  }

  get state(): LiveState {
    return this.#state;
  }

  /** Has the server speak the visitor's language from the next answer on. */
  speak(language: Language): void {
    if (language === this.#language) return;
    this.#language = language;
    this.follow();
    if (this.#state.link === 'open') void this.#refresh();
  }

  /** Listens to the visitor's session; again when it becomes known whose it is. */
  follow(): void {
    this.client.subscribe(this.#request(), (push) => {
      const feltMs = this.#actUs === null ? this.#state.feltMs : this.#sinceMs(this.#actUs);
      this.#actUs = null;
      this.#change({ forYou: push.reply, feltMs });
      this.#giveUp();
      this.#askInsight();
    });
  }

  /** The visitor has just clicked: the next push is the answer, and shows how long it took. */
  acted(): void {
    this.#actUs ??= this.clock.nowUs();
    // Without a connection the last answer's time is no answer to this act.
    if (this.#state.link !== 'open') this.#change({ feltMs: null });
  }

  /** Calls `run` once: when the next push has come, or after `ms`; at once without a connection. */
  afterAnswer(ms: number, run: () => void): void {
    this.#giveUp();
    if (this.#state.link !== 'open') return run();
    const cancel = this.clock.after(ms * 1000, () => this.#giveUp());
    this.#giveUp = () => {
      this.#giveUp = () => {};
      cancel();
      run();
    };
  }

  /**
   * Sends what the visitor did. While there is no connection it waits, however long: the server
   * counts an event once even if it is sent twice.
   */
  async track(...events: readonly Deed[]): Promise<void> {
    const atMs = this.clock.wallMs();
    this.#change({ eventsSent: this.#state.eventsSent + events.length });
    const full = events.map((event) => ({ ...event, atMs, ...this.visitor.identity }));
    try {
      const reply = await this.client.events(full, { timeoutMs: 0, resendMax: Infinity });
      const count = reply.accepted + reply.duplicates;
      this.#change({ eventsAcknowledged: this.#state.eventsAcknowledged + count });
    } catch (error) {
      console.warn('events were not taken', error);
    }
  }

  #linkBecame(link: LinkState): void {
    const { retries } = this.#state;
    if (link === 'open') this.#change({ link, retries: 0 });
    else this.#change({ link, retries: link === 'waiting' ? retries + 1 : retries });
    if (link === 'open') void this.#refresh();
  }

  /** On a new connection: what to show before the first push. */
  async #refresh(): Promise<void> {
    this.#askInsight();
    try {
      this.#change({ forYou: await this.client.recommend(this.#request()) });
    } catch (error) {
      console.warn('the first recommendations did not come', error);
    }
  }

  /** What has been seen is in the visitor's hands already: the shelf shows what comes after. */
  #request(): SubscribeInput {
    const filter = { excludeSeen: true };
    return { ...this.visitor.identity, k: FOR_YOU_COUNT, filter, language: this.#language };
  }

  #askInsight(): void {
    const asked = { ...this.visitor.identity, language: this.#language };
    this.client.insight(asked, { timeoutMs: INSIGHT_TIMEOUT_MS }).then(
      (insight) => this.#change({ insight }),
      () => {}, // the meter keeps its last value; the next push asks again
    );
  }

  #sinceMs(us: number): number {
    return (this.clock.nowUs() - us) / 1000;
  }

  #change(change: Partial<LiveState>): void {
    this.#state = { ...this.#state, ...change };
    this.onChange(this.#state);
  }
}
