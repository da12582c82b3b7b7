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
import type { EvalData } from './eval-data.ts';

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

/** What was learned beside the sessions. */
export interface Learned {
  readonly taste: ItemVectorIndex | null;
  readonly similar: ItemVectorIndex | null;
  /** What the encoder makes of each test prefix. */
  readonly tastes: readonly (Float32Array | null)[] | null;
}

export const NOTHING_LEARNED: Learned = { taste: null, similar: null, tastes: null };

/** What a server answers that has seen these sessions. */
export function blended(
  { past, itemCount }: EvalData,
  settings: BlendSettings,
  { taste, similar, tastes }: Learned,
): Method {
  const { rules, weights } = settings;
  const index = new (loadAddon().SessionIndex)({
    ruleWindow: rules.window,
    ruleAgeDecay: rules.ageDecay,
    sessionsMax: Math.max(1, sessionCount(past)),
  });
  const retriever = new HybridRetriever({
    index, settings, itemCount: () => itemCount, taste, similar,
  });
  retriever.observeAll((see) => {
    for (let s = 0; s + 1 < past.offsets.length; s++) {
      for (const row of past.rows.subarray(past.offsets[s], past.offsets[s + 1])) see(s, row, 1);
    }
  });
  const says = retriever.sources.map((name) => `${name} ${weights[name as keyof typeof weights]}`);
  return {
    name: 'Blend',
    settings: says.join(', '),
    answer(items, at) {
      const vector = tastes?.[at];
      const query = { items, k: ANSWER_ITEMS, ...(vector && { taste: vector }) };
      const found = retriever.retrieve(query);
      return found.map(({ row }) => row);
    },
  };
}
