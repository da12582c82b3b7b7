import { loadAddon } from '../../../ann/binding.ts';
import { Candidates } from '../candidates.ts';
import { ANSWER_ITEMS } from '../hit-rate.ts';
import { HybridRetriever } from '../hybrid-retriever.ts';
import { sessionCount } from '../past-sessions.ts';
import type { PastSessions } from '../past-sessions.ts';
import type { BlendSettings } from '../settings.ts';
import type { ItemVectorIndex } from '../sources/item-vectors.ts';
import { SessionNeighbours } from '../sources/session-neighbours.ts';
import type { Method } from './baselines.ts';

/** The best V-SKNN variant of the data's reference scores. */
const REFERENCE_NEIGHBOURS = {
  neighbours: 500, sample: 5000, queryDecay: 1.5, itemDecay: 2, ageDecay: 0, lengthPower: 0.5,
} as const;

/** Session neighbours alone, as the reference has them. */
export function neighboursAlone(past: PastSessions): Method {
  const index = new (loadAddon().SessionIndex)({ sessionItemsMax: 200 });
  index.load(past.rows, past.offsets);
  const source = new SessionNeighbours(index, REFERENCE_NEIGHBOURS);
  const found = new Candidates(ANSWER_ITEMS);
  return {
    name: 'Session neighbours',
    settings: 'k 500, sample 5000, decays 1.5 and 2',
    answer(items) {
      source.find({ items, k: ANSWER_ITEMS }, found);
      return found.rows.subarray(0, found.count);
    },
  };
}

/** What a server answers that has seen these sessions. `tasteOf` is the encoder's word, if any. */
export function blended(
  past: PastSessions,
  settings: BlendSettings,
  itemCount: number,
  vectors: { readonly taste: ItemVectorIndex | null; readonly similar: ItemVectorIndex | null },
  tasteOf: (items: Uint32Array) => Float32Array | null,
): Method {
  const { rules, weights } = settings;
  const index = new (loadAddon().SessionIndex)({
    ruleWindow: rules.window,
    ruleAgeDecay: rules.ageDecay,
    sessionsMax: Math.max(1, sessionCount(past)),
  });
  const retriever = new HybridRetriever({
    index, settings, itemCount: () => itemCount, ...vectors,
  });
  for (let s = 0; s + 1 < past.offsets.length; s++) {
    for (let i = past.offsets[s] as number; i < (past.offsets[s + 1] as number); i++) {
      retriever.observe(s, past.rows[i] as number, 1);
    }
  }
  const says = retriever.sources.map((name) => `${name} ${weights[name as keyof typeof weights]}`);
  return {
    name: 'Blend',
    settings: says.join(', '),
    answer(items) {
      const taste = tasteOf(items);
      const found = retriever.retrieve({ items, k: ANSWER_ITEMS, ...(taste && { taste }) });
      return found.map(({ row }) => row);
    },
  };
}
