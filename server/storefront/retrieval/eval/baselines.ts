import type { PastSessions } from '../past-sessions.ts';
import { ScoreSheet } from './score-sheet.ts';

/** Gives items to a session, to be compared with others by the same prefixes. */
export interface Method {
  readonly name: string;
  readonly settings: string;
  /** The best 20 rows for a session's items, oldest first; it is the `at`th that is asked. */
  answer(items: Uint32Array, at: number): ArrayLike<number>;
}

/** Items by how often they were looked at. */
export function popularity(past: PastSessions, itemCount: number): Method {
  const sheet = new ScoreSheet(past, itemCount);
  const best = sheet.finish();
  return { name: 'POP', settings: '', answer: () => best };
}

/** The items of the session by how often they were looked at in it (Hidasi et al. 2016). */
export function sessionPopularity(past: PastSessions, itemCount: number): Method {
  const sheet = new ScoreSheet(past, itemCount);
  return {
    name: 'S-POP',
    settings: '',
    answer(items) {
      for (const row of items) sheet.add(row, 1);
      return sheet.finish();
    },
  };
}

const ITEM_KNN = { lambda: 20, alpha: 0.5, sessionItemsMax: 200 } as const;

/**
 * Items that share sessions with the last one: cosine of the sessions they are in, damped by
 * lambda (Linden et al. 2003, as in Hidasi et al. 2016). Very long sessions are left out.
 */
export function itemKnn(past: PastSessions, itemCount: number): Method {
  const together = new Pairs(itemCount);
  const support = new Float64Array(itemCount);
  eachSession(past, (rows) => {
    const unique = [...new Set(rows)];
    for (const row of unique) support[row] = (support[row] as number) + 1;
    if (unique.length > ITEM_KNN.sessionItemsMax) return;
    for (const a of unique) for (const b of unique) if (a !== b) together.add(a, b, 1);
  });
  const { lambda, alpha } = ITEM_KNN;
  const damped = (row: number, power: number): number =>
    ((support[row] as number) + lambda) ** power;
  const sheet = new ScoreSheet(past, itemCount);
  return {
    name: 'Item-KNN',
    settings: `cosine, lambda ${lambda}, last item`,
    answer(items) {
      const last = items[items.length - 1] as number;
      for (const [row, count] of together.of(last)) {
        sheet.add(row, Math.fround(count / (damped(last, alpha) * damped(row, 1 - alpha))));
      }
      return sheet.finish();
    },
  };
}

const RULES = { window: 10 } as const;

/** What followed the last item, weight 1/distance (Kamehkhosh et al. 2017). */
export function sequentialRules(past: PastSessions, itemCount: number): Method {
  const rules = new Pairs(itemCount);
  eachSession(past, (rows) => {
    for (let at = 1; at < rows.length; at++) {
      for (let distance = 1; distance <= RULES.window && distance <= at; distance++) {
        const from = rows[at - distance] as number;
        const to = rows[at] as number;
        if (from !== to) rules.add(from, to, 1 / distance);
      }
    }
  });
  const sheet = new ScoreSheet(past, itemCount);
  return {
    name: 'Sequential rules',
    settings: `window ${RULES.window}, 1/distance, last item`,
    answer(items) {
      for (const [row, weight] of rules.of(items[items.length - 1] as number)) {
        sheet.add(row, weight);
      }
      return sheet.finish();
    },
  };
}

/** Sums by pair of rows. Kept as floats, as the reference does. */
class Pairs {
  readonly #from: (Map<number, number> | undefined)[];

  constructor(itemCount: number) {
    this.#from = new Array<Map<number, number> | undefined>(itemCount);
  }

  add(from: number, to: number, weight: number): void {
    const map = (this.#from[from] ??= new Map<number, number>());
    map.set(to, Math.fround((map.get(to) ?? 0) + weight));
  }

  of(from: number): Iterable<[number, number]> {
    return this.#from[from] ?? [];
  }
}

function eachSession({ rows, offsets }: PastSessions, see: (rows: Uint32Array) => void): void {
  for (let s = 0; s + 1 < offsets.length; s++) see(rows.subarray(offsets[s], offsets[s + 1]));
}
