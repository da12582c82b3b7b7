import type { ReasonCode, ShopEvent } from '../wire/schema.ts';
import type { StoredItem } from '../store/store.ts';
import type { RetrievedItem } from './retrieval/retriever.ts';

/** What an arm of an experiment changes about how an answer is made. Empty: nothing. */
export interface ArmOverride {
  /** The placement whose sources and rules hold, in place of the request's: one of the shop's. */
  readonly placement?: string;
  /** Weights of sources, in place of the blend's; what is not named stays. */
  readonly weights?: Readonly<Partial<Record<ReasonCode, number>>>;
  /** Session encoder in place of the shop's: a model of the repository, `MODEL` or `MODEL/VERSION`. */
  readonly encoder?: string;
}

/** Who asks, as far as the shop knows. */
export interface Asker {
  readonly session?: string | undefined;
  readonly customer?: string | undefined; // that the request or the session has named
  readonly visit?: Visit | undefined;
}

/** What is known of a visitor before an answer is made: what exploration may go by. */
export interface Visit {
  readonly items: number; // that the answer starts from
  readonly bought: number; // different items, ever
  readonly start?: Pick<StoredItem, 'categories' | 'price'> | undefined; // what rules call `this`
}

/** What experiments want of one answer. */
export interface Trial {
  /** One: the answer is made with it. Two: a list of each, of which `compose` makes one. */
  readonly overrides: readonly [ArmOverride, ArmOverride?];
  /** Items wanted of each list where `k` are asked for: more, where some are to be tried. */
  wanted(k: number): number;
  /** The answer's items, from a list for each override; each best first, and all of it may be shown. */
  compose(lists: readonly (readonly RetrievedItem[])[], k: number): readonly RetrievedItem[];
  /** What is to stand behind the answer's attribution: it names the arms. */
  readonly tag: string;
  /** The answer is made: what is needed to understand its events is kept. */
  given(attribution: string, items: readonly RetrievedItem[]): void;
  /** Experiments and their arms, for who asked. */
  readonly arms: Readonly<Record<string, string>>;
}

/** What of a request matters to experiments. */
export interface TrialRequest {
  readonly placement?: string | undefined;
  /** Arms to be shown by name of their experiment, uncounted. */
  readonly arms?: Readonly<Record<string, string>> | undefined;
  /** Somebody looks into an answer: it is made as for the visitor, who is not made a unit by it. */
  readonly debug?: boolean | undefined;
}

/** Experiments, as the shop sees them. */
export interface Trials {
  /** No experiment runs: none wants anything of an answer, but where arms are named. */
  readonly idle?: boolean;
  /** Null where no experiment wants anything of this answer. Fails with `bad_argument` on unknown arms. */
  begin(request: TrialRequest, asker: Asker): Trial | null;
  /** After the event's commit; `sequence` is its place in the store's log. */
  seen(event: ShopEvent, sequence: number): void;
  /** What was counted stays counted, but nothing says any more that it was theirs. Fails with `storage`. */
  forget(customer: string): void;
}
