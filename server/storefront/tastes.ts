import { asServeError } from '../core/errors.ts';
import { type Log, logDefect } from '../core/log.ts';
import type { Store } from '../store/store.ts';
import type { Situation } from './hidden-rows.ts';
import { STOREFRONT_LIMITS } from './limits.ts';
import type { Taste, Tasted } from './taste.ts';
import type { Trial } from './trial.ts';

/**
 * What visitors seem to want next, and what the encoder said before: one is answered several times
 * between two steps, and it runs once for each. The rows of a session are one array until its next event,
 * so that array is the key; lists that requests name are told apart by what they hold.
 */
export class Tastes {
  readonly #ofSessions = new WeakMap<Uint32Array, Tasted | null>(); // null: the encoder knows none of them
  readonly #ofLists = new Map<string, Tasted>(); // oldest first

  constructor(
    private readonly taste: Taste | null, // null: there is no session encoder
    private readonly store: Pick<Store, 'itemAt'>,
    private readonly log: Log,
  ) {}

  /** What `of` would say; undefined where the encoder has to run. */
  known({ query: rows, session }: Pick<Situation, 'query' | 'session'>): Tasted | null | undefined {
    if (!this.taste || rows.length === 0) return null;
    return rows === session?.rows ? this.#ofSessions.get(rows) : this.#ofLists.get(rows.join());
  }

  /** Null where it cannot be said; why not is added to `degraded` if it should have been. */
  async of(
    { query: rows, session }: Pick<Situation, 'query' | 'session'>, deadlineMs: number | undefined,
    priority: number | undefined, degraded: string[],
  ): Promise<Tasted | null> {
    const known = this.known({ query: rows, session });
    if (!this.taste || known !== undefined) return known ?? null;
    const own = rows === session?.rows;
    const items = Array.from(rows, (row) => this.store.itemAt(row)?.id ?? '');
    const budgetMs = Math.min(STOREFRONT_LIMITS.tasteMsMax, (deadlineMs ?? Infinity) / 2);
    try {
      const tasted = await this.taste.of(items, budgetMs, priority);
      if (own) this.#ofSessions.set(rows, tasted && again(tasted));
      else if (tasted) this.#keepList(rows.join(), again(tasted));
      return tasted;
    } catch (thrown) {
      const error = asServeError(thrown);
      const { code, message } = error;
      logDefect(this.log, 'taste failed', error);
      degraded.push(`taste: ${code}: ${message}`);
      return null;
    }
  }

  #keepList(key: string, tasted: Tasted): void {
    this.#ofLists.set(key, tasted);
    if (this.#ofLists.size <= STOREFRONT_LIMITS.tastesMax) return;
    this.#ofLists.delete(this.#ofLists.keys().next().value as string);
  }
}

/** Of the shop's own encoder, and of those that arms of experiments name. */
export class ArmTastes {
  readonly own: Tastes; // of the shop's own encoder
  readonly #arms = new Map<string, Tastes>(); // by encoder

  constructor(
    taste: Taste | null,
    private readonly tasteOf: ((encoder: string) => Taste | null) | undefined, // absent: arms name none
    private readonly store: Pick<Store, 'itemAt'>,
    private readonly log: Log,
  ) {
    this.own = new Tastes(taste, store, log);
  }

  /** For each arm of a trial, without one for the answer: an encoder is asked once. */
  async each(
    trial: Trial | null, ask: (tastes: Tastes) => Promise<Tasted | null>,
  ): Promise<readonly (Tasted | null)[]> {
    const names = (trial?.overrides ?? [undefined]).map((arm) => arm?.encoder);
    const asked = names.map((name, at) => (names.indexOf(name) === at ? ask(this.#of(name)) : null));
    const said = await Promise.all(asked);
    return names.map((name) => said[names.indexOf(name)] ?? null);
  }

  #of(encoder: string | undefined): Tastes {
    if (encoder === undefined) return this.own;
    const tastes = this.#arms.get(encoder) ?? new Tastes(this.tasteOf?.(encoder) ?? null, this.store, this.log);
    this.#arms.set(encoder, tastes);
    return tastes;
  }
}

/** As it is had again: no run is waited for. */
function again({ vector, model }: Tasted): Tasted {
  const timing = { ...model.timing, queueUs: 0, runUs: 0, cached: true } as const;
  return { vector, model: { ...model, timing } };
}
