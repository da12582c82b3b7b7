/**
 * The messages of the wire, as the decoders hand them on: every field checked, ids as strings,
 * defaults filled in. `server/wire/README.md` is the same as tables, for strangers.
 */
import type { FailureCode } from '../core/errors.ts';
import { type Language, LANGUAGES } from '../explain/describe.ts';
import type { ExplainQuestion, Explanation } from '../explain/question.ts';
import type { Scale, Reason } from '../explain/sentence.ts';
import type {
  InferResult, InferTiming, RequestParameters, SequencePart,
} from '../core/inference.ts';
import type { Tensor } from '../core/tensor.ts';
import type { TraceContext } from '../core/trace-context.ts';
import type { AnswerDebug, Attributes, BatchRequest, Rules } from './rules-schema.ts';

/** Limits on what one message may hold. */
export const LIMITS = {
  idBytesMax: 128, // of an item, session, customer, category or event id, in UTF-8
  eventsMax: 500, // in one request
  itemsMax: 500, // put or removed in one catalogue request
  titleBytesMax: 1024, // of an item
  categoriesMax: 100, // of an item
  kMax: 500, // items asked for
  sessionItemsMax: 200, // items named in one recommend request
  filterIdsMax: 1000, // ids in one filter list
  boughtDaysMax: 3650,
  boostsMax: 32, // terms of one request, or of one placement
  capsMax: 8, // attributes that have one
  rotationHoursMax: 8760, // a year
  customersMax: 200, // of one batch
  expressionBytesMax: 16_384, // of a condition or boost; the language itself takes 4,096 characters
  classesMax: 1_000_000, // highest elements of an output's row
  tensorsMax: 64, // inputs of one infer request
  rankMax: 8, // sizes in one shape
  traceBytesMax: 512, // of `traceparent`, and of `tracestate`
  depthMax: 16, // nesting of maps and arrays in one message
  mapSizeMax: 1024, // entries of one map
  listLengthMax: 1_048_576, // elements of one list: the numbers of a tensor not sent as bytes
  containersMax: 100_000, // maps and lists in one message: 500 events of 100 items are half of it
  queryBytesMax: 1024, // of a search event
  armsMax: 8, // named in one recommend request
  requestsMax: 256, // in one frame
  horizonsMax: 16, // windows of days that one answer speaks of
  horizonDaysMax: 180,
  featuresMax: 4096, // of a row that is explained
  backgroundRowsMax: 256, // that it is compared with
  explainRowsMax: 65_536, // that a model is asked about for one explanation
  changesMax: 16, // features that a counterfactual changes
  deadlineMsMax: 600_000,
  priorityMax: 1_000_000, // beyond a model's levels is its default one
} as const;

/** What happened. Names follow GA4 and Google Retail as mapped in `server/wire/README.md`. */
export const EVENT_TYPES = [
  'home_view', 'list_view', 'search', 'item_click', 'item_view', 'wishlist_add',
  'cart_add', 'cart_remove', 'cart_view', 'checkout_start', 'purchase', 'refund',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** What an event was made with, as far as a shop tells. */
export const DEVICES = ['desktop', 'phone', 'tablet', 'other'] as const;
export type Device = (typeof DEVICES)[number];

/** One shop event. Types about an item (`item_*`, `cart_add`, `purchase` …) name at least one. */
export interface ShopEvent {
  /** Chosen by the sender; a second event of the same id is counted as a duplicate and ignored. */
  readonly id: string;
  readonly type: EventType;
  /** Milliseconds since the Unix epoch, by the shop's clock. Arrival time when absent. */
  readonly atMs: number;
  readonly session: string;
  readonly customer?: string;
  readonly items: readonly EventItem[];
  readonly query?: string; // of a search
  /** The `attribution` of the recommendation that led here. */
  readonly attribution?: string;
  readonly timeZone?: string; // IANA name
  readonly country?: string; // two capital letters, as in ISO 3166-1
  readonly device?: Device;
  readonly consent?: boolean; // false: used for this session only, never for training
  /** The browser or app, as its cookie names it, over sessions; known before the customer is. */
  readonly visitor?: string;
  /** ISO 4217, what the prices were paid in, where it is not the shop's. */
  readonly currency?: string;
  readonly robot?: true; // no person: durable, and part of its session; teaches nothing
}

/** Whether anything but the event's own session may learn of it. */
export function mayTeach(event: Pick<ShopEvent, 'consent' | 'robot'>): boolean {
  return event.consent !== false && event.robot !== true;
}

export interface EventItem {
  readonly item: string;
  readonly quantity: number; // integer, at least 1
  readonly price?: number; // of one, in the shop's currency
  readonly discount?: number; // of one, in the same, and already taken off `price`
}

export interface Filter {
  readonly category?: readonly string[]; // any of these
  readonly inStock?: boolean; // default true
  readonly priceMin?: number; // at least; an item without a price does not pass
  readonly priceMax?: number; // at most; the same
  readonly excludeSeen?: boolean; // items of the session, and the customer's newest; default false
  readonly excludeBought?: boolean; // what customer or session has bought; default true
  readonly boughtDays?: number; // of that only what was bought within so many days
  readonly exclude?: readonly string[]; // these items
  /** A condition in the language of `server/storefront/language/`; never relaxed. */
  readonly where?: string;
}

export type * from './rules-schema.ts';
export { ATTRIBUTE_LIMITS } from './rules-schema.ts';

/** What the text of reasons is written in; `en` when a request does not say. */
export { LANGUAGES, type Language };

export interface RecommendRequest extends Rules {
  readonly session?: string;
  readonly customer?: string;
  /** The session's items, oldest first, in place of what the server knows of `session`. */
  readonly items?: readonly string[];
  /** Arms to be shown, by their experiment, for a preview: such an answer is not counted. */
  readonly arms?: Readonly<Record<string, string>>;
  readonly k?: number; // 1..kMax; the placement's when absent, else 20
  readonly filter: Filter;
  readonly language?: Language;
  readonly explain?: boolean; // adds `explain` to the reply
  /** Whose sources and rules hold: one of PLACEMENTS, or of the shop's own. */
  readonly placement?: string;
  readonly item?: string; // that is looked at: the answer starts from it, and does not show it
  readonly cart?: readonly string[]; // what is in it: the answer starts from it, and does not show it
  /** Results of a search engine, best first: they are the answer, in a new order, none lost. */
  readonly rerank?: readonly string[];
  readonly again?: boolean; // also what was bought before
  readonly debug?: boolean; // adds `debug` to the reply
}

export interface SimilarRequest {
  readonly item: string;
  readonly k: number;
  readonly filter: Filter;
  readonly language?: Language;
  readonly explain?: boolean;
}

/** Changes of the catalogue: what is put first, then what is removed. */
export interface CatalogueRequest {
  readonly put: readonly CatalogueItem[]; // each replaces all that is known of its item
  readonly remove: readonly string[];
}

export interface CatalogueItem {
  readonly id: string;
  readonly title: string; // its id when absent
  readonly categories: readonly string[];
  readonly price?: number; // in the shop's currency
  readonly inStock: boolean; // default true
  readonly picture?: string;
  readonly attributes?: Attributes; // the shop's own
}

export interface ForgetRequest {
  readonly customer: string;
}

export interface ForgetReply {
  readonly events: number; // of the log, that led to the customer and are nobody's now
}

export interface CatalogueReply {
  readonly put: number;
  readonly removed: number; // that were there
}

export interface InsightRequest {
  readonly session?: string;
  readonly customer?: string;
  /** What is wanted; what the repository has models for when absent. */
  readonly parts?: readonly InsightPart[];
  /** Days, 1..horizonDaysMax, that `timing` says the probability of a purchase within. */
  readonly horizons?: readonly number[];
  readonly reasons?: number; // of each part but the segment, at most; none when absent
  readonly language?: Language; // of reasons and segments' names
}

/** Of the session, then of the customer. */
export const INSIGHT_PARTS = ['intent', 'timing', 'churn', 'value', 'segment'] as const;
export type InsightPart = (typeof INSIGHT_PARTS)[number];

/** Where an answer is shown: each place has its own blend of the sources. */
export const PLACEMENTS = ['home', 'product', 'cart', 'search', 'email'] as const;
export type Placement = (typeof PLACEMENTS)[number];

export type ReasonCode =
  | 'session_neighbours' // visitors with a like session went on to it
  | 'followed_by' // seen right after `because`
  | 'again' // already looked at in this session
  | 'similar' // near to `because` in the learned space
  | 'taste' // near to what the session's encoder expects
  | 'popular' // bought and viewed most of late
  | 'trending' // more of late than before
  | 'recently_viewed' // by the customer, in an earlier session
  | 'bought_together' // in orders with `because`
  | 'buy_again' // bought by the customer before, and due
  | 'customer_neighbours' // bought by customers who buy alike
  | 'history_neighbours' // in the histories of customers with a like one
  | 'customers_also' // in the histories that `because` is in
  | 'followed_later' // in customers' histories, some time after `because`
  | 'came_before' // in customers' histories, before `because`
  | 'content'; // its text is like that of `because`

/** `search`: nothing but the given order speaks for it. `listed`: nothing is known of it, it fills up. */
export type ShownFor = ReasonCode | 'search' | 'listed';

export interface RecommendedItem {
  readonly item: string;
  readonly score: number; // higher is better; comparable within one answer only
  readonly reason: {
    readonly code: ShownFor;
    readonly because?: string;
    readonly text: string;
    /**
     * Too new to have been learned: it has a place by what was visited beside it, by its text, or by its category.
     */
    readonly cold?: 'visits' | 'text' | 'category';
  };
}

/** How the vectors of an answer were searched for, by source. */
export interface AnswerExplanation {
  readonly matches: number | null; // items that the filter lets pass; null: all
  readonly searches: Readonly<Partial<Record<ReasonCode, VectorSearch>>>;
}

/** What the index decided, from which counts: `SearchExplanation` of `server/ann/binding.ts`. */
export interface VectorSearch {
  readonly plan?: string;
  readonly why?: string;
  readonly vectors?: number;
  readonly matches?: number;
  readonly beam?: number;
  readonly nearbySeen?: number;
  readonly nearbyMatches?: number;
  readonly scanUs?: number;
  readonly graphUs?: number;
  readonly walked?: number;
  readonly scanned?: number;
  readonly givenUp?: number;
  readonly steps?: number;
}

export interface RecommendReply {
  /** Send it back with the events that follow, so that they can be attributed. */
  readonly attribution: string;
  readonly items: readonly RecommendedItem[];
  /** The model that took part, and how its run went; absent when none was needed. */
  readonly model?: {
    readonly name: string;
    readonly version: string;
    readonly timing: InferTiming;
  };
  /** What could not be used and why, e.g. the encoder was overloaded. Empty when all went well. */
  readonly degraded: readonly string[];
  /** Experiments that the answer is part of, and their arms. */
  readonly experiments?: Readonly<Record<string, string>>;
  readonly explain?: AnswerExplanation; // to who asked for it
  readonly debug?: AnswerDebug; // likewise
}

export interface InsightReply {
  /**
   * What to know before a part is used, e.g. that its model is of another shop, and which parts could
   * not be answered and why: `PART: reason`. Mostly empty.
   */
  readonly degraded: readonly string[];
  readonly session?: string;
  readonly customer?: string;
  /** Probability, 0..1, that this session ends in a purchase. */
  readonly intent?: Sourced & {
    readonly probability: number;
    /** What the model alone says, where outcomes since its training have bettered it. */
    readonly offline?: number;
    readonly features: Readonly<Record<string, number>>;
    /** To who asked for reasons. */
    readonly why?: WhyReply;
  };
  /** When the customer buys next. */
  readonly timing?: Sourced & TimingSaid & Explained;
  /** Probability that they buy nothing for so many days. */
  readonly churn?: Sourced & Explained & { readonly probability: number; readonly days: number };
  /** What they are expected to spend in so many days, the shop's currency. */
  readonly value?: Sourced & Explained & { readonly expected: number; readonly days: number };
  /** `share`: of all customers, when the model was made. */
  readonly segment?: Sourced & { readonly id: number; readonly name: string; readonly share: number };
}

export const WEEKDAYS = [
  'sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday',
] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** When a customer buys next. Days count from the day after today, theirs: 1 is tomorrow. */
export interface TimingSaid {
  readonly within: Readonly<Record<string, number>>; // probability of a purchase, by days
  /** Of a purchase within `horizonDaysMax` days: the three days below suppose one. */
  readonly chance: number;
  readonly expectedDay: number; // the median
  readonly low: number; // first and last of the middle 80 %
  readonly high: number;
  /** The day of the fortnight, and the hour of their clock, to get in touch. */
  readonly bestMoment: {
    readonly date: string; // 2026-11-27
    readonly weekday: Weekday;
    readonly hour: number;
    readonly uplift: number; // of that day's chance over the fortnight's mean day
  };
}

/** No number goes out without its source. */
export interface Sourced {
  readonly model: string;
  readonly version: string;
  readonly trainedOn: string;
  readonly timing: InferTiming;
}

/** To who asked for reasons. */
export interface Explained {
  readonly why?: WhyReply;
}

/** What the features add, from `base`, which is usual, to the answer. */
export interface WhyReply {
  readonly method: string;
  readonly scale: Scale; // of base and contributions
  readonly base: number;
  readonly reasons: readonly Reason[]; // largest first
  readonly text: string; // one sentence
}

export interface EventsReply {
  readonly accepted: number;
  readonly duplicates: number;
}

/** Every operation a WebSocket client may ask for. `id` is echoed, and unique per socket. */
export type Request = {
  readonly id: RequestId; readonly deadlineMs?: number; readonly priority?: number;
  readonly context?: TraceContext; // of the caller's trace
} & (
  | { readonly op: 'infer'; readonly timeoutUs?: number;
      readonly parameters?: RequestParameters; readonly sequence?: SequencePart;
      readonly model: string; readonly version?: string;
      readonly inputs: readonly Tensor[]; readonly outputs?: readonly string[];
      readonly classes?: ReadonlyMap<string, number>; // how many of an output's highest elements
      readonly stream?: boolean; // each row is answered by itself
      readonly trace: boolean }
  | { readonly op: 'events'; readonly events: readonly ShopEvent[] }
  | ({ readonly op: 'recommend' } & RecommendRequest)
  | ({ readonly op: 'similar' } & SimilarRequest)
  | ({ readonly op: 'batch' } & BatchRequest)
  | ({ readonly op: 'insight' } & InsightRequest)
  | ({ readonly op: 'explain' } & ExplainQuestion)
  | ({ readonly op: 'catalogue' } & CatalogueRequest)
  | { readonly op: 'subscribe'; readonly session: string; readonly customer?: string;
      readonly k?: number; readonly filter: Filter; readonly language?: Language;
      readonly placement?: string; readonly again?: boolean } & Rules
  | { readonly op: 'unsubscribe'; readonly session: string }
  | { readonly op: 'cancel'; readonly target: RequestId }
  | { readonly op: 'metadata'; readonly model?: string; readonly version?: string }
  | { readonly op: 'ping' }
  | { readonly op: 'credit' }
);
export type RequestId = number | string; // 0..2^53-1, or 1..64 characters
export type Op = Request['op'];

export type Reply =
  | ({ readonly id: RequestId } & Record<string, unknown>)
  | { readonly id: RequestId | null; readonly error: WireError }
  | Push
  | CreditPush;

export interface WireError {
  readonly code: FailureCode;
  readonly message: string;
  readonly retry_after_ms?: number;
}

/** Sent without being asked for, to who subscribed to `session`, after its events. */
export interface Push {
  readonly push: 'recommend';
  readonly session: string;
  readonly sequence: number; // 1, 2, 3 … per subscription; a gap means a slow reader was skipped
  readonly reply: RecommendReply;
}

/** Sent to who has asked for its credit, when that has changed. */
export interface CreditPush {
  readonly push: 'credit';
  readonly credit: number; // requests that the socket should leave unanswered at most
}

export type { ExplainQuestion, Explanation, InferResult };
