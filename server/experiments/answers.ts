import { isRecent } from '../storefront/attribution.ts';
import { CONTEXT_SIZE, contextOf } from './context.ts';
import { EXPERIMENT_LIMITS as LIMITS } from './definition.ts';
import { LinUcb } from './linucb.ts';
import { type Explored, FEATURE_COUNTS, type Interleaved, type OutcomeKind } from './log-lines.ts';
import { NEVER, type Tried } from './thompson.ts';

type Kind = Exclude<OutcomeKind, 'refund'>;
const KIND_BIT: Readonly<Record<Kind, number>> = { click: 1, cart: 2, purchase: 4 };

/** An interleaved or exploring answer: the items whose clicks count, and which kinds have. */
interface Given {
  readonly unit: string;
  readonly teams: ReadonlyMap<string, 0 | 1> | null; // null: these items were tried
  readonly reached: Map<string, number>; // bits, by item
  readonly contexts: Map<string, readonly number[]>; // of tried items, where LinUCB learns from them
}

/**
 * The newest interleaved and exploring answers, and what their items came to. A cart or purchase
 * without an echo is credited, as in `../storefront/attribution.ts`, to the last answer that the unit
 * clicked the item in. Each item of each answer counts once a kind.
 */
export class Answers {
  readonly counts = { answers: 0, slots: 0, click: 0, cart: 0, purchase: 0 };
  readonly #given = new Map<string, Given>(); // oldest first
  readonly #clicks = new Map<string, { answer: string; atMs: number }>(); // by unit and item
  readonly #tried = new Map<string, { shown: number; clicked: number }>(); // by item

  /** What LinUCB has learned, where that is the method. */
  readonly linear = new LinUcb(CONTEXT_SIZE, LIMITS.linearItemsMax);

  constructor(private readonly answersMax: number = LIMITS.answersMax) {}

  get itemsTried(): number {
    return this.#tried.size;
  }

  /** What explored slots have taught of an item. */
  triedOf(item: string): Tried {
    return this.#tried.get(item) ?? NEVER;
  }

  given(line: Interleaved | Explored): void {
    const known = this.#given.get(line[1]); // an exploring answer has a line a slot
    if (!known) this.counts.answers += 1;
    if (line[0] === 'a') {
      const [, answer, unit, , items, teams] = line;
      const reached = new Map(items.map((item) => [item, 0]));
      this.#put(answer, {
        unit, reached, contexts: new Map(), teams: new Map(items.map((item, i) => [item, teams[i] === '1' ? 1 : 0])),
      });
      return;
    }
    const [, answer, unit, , , pool, features, , chosen] = line;
    const item = pool[chosen] as string;
    this.counts.slots += 1;
    const reached = known?.reached ?? new Map<string, number>();
    reached.set(item, 0);
    const contexts = known?.contexts ?? new Map<string, readonly number[]>();
    if (!known) this.#put(answer, { unit, reached, contexts, teams: null });
    const own = features[chosen] as readonly number[];
    if (own.length === FEATURE_COUNTS.linucb) {
      const context = contextOf(own);
      contexts.set(item, context);
      this.linear.shown(item, context);
    }
    const tried = this.#tried.get(item);
    if (tried) tried.shown += 1;
    else if (this.#tried.size < LIMITS.triedItemsMax) this.#tried.set(item, { shown: 1, clicked: 0 });
  }

  /** The answer that this is new to, of the echoed one or of the last clicked; undefined where none. */
  creditable(
    echoed: string | undefined, unit: string, item: string, kind: Kind, atMs: number,
  ): string | undefined {
    let answer = echoed;
    if (answer === undefined && kind !== 'click') {
      const click = this.#clicks.get(`${unit}\n${item}`);
      if (click && isRecent(click.atMs, atMs)) answer = click.answer;
    }
    const bits = answer === undefined ? undefined : this.#given.get(answer)?.reached.get(item);
    return bits === undefined || bits & KIND_BIT[kind] ? undefined : answer;
  }

  /** Counts it; returns the item's team, where the answer has any. */
  rewarded(answer: string, item: string, kind: Kind, atMs: number): 0 | 1 | undefined {
    const given = this.#given.get(answer);
    if (!given) return undefined;
    given.reached.set(item, (given.reached.get(item) ?? 0) | KIND_BIT[kind]);
    this.counts[kind] += 1;
    if (kind === 'click') {
      put(this.#clicks, `${given.unit}\n${item}`, { answer, atMs }, this.answersMax);
      const tried = given.teams ? undefined : this.#tried.get(item);
      if (tried) tried.clicked += 1;
      const context = given.contexts.get(item);
      if (context) this.linear.rewarded(item, context);
    }
    return given.teams?.get(item);
  }

  unitOf(answer: string): string | undefined {
    return this.#given.get(answer)?.unit;
  }

  #put(answer: string, given: Given): void {
    put(this.#given, answer, given, this.answersMax);
  }
}

/** Sets it last; the first goes where there are too many. */
function put<Value>(map: Map<string, Value>, key: string, value: Value, max: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > max) map.delete(map.keys().next().value as string);
}
