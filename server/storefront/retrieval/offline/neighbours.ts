import { loadAddon } from '../../../ann/binding.ts';
import type { NeighbourOptions } from '../../../ann/binding.ts';
import { Candidates } from '../candidates.ts';
import type { PastSessions } from '../past-sessions.ts';
import { sessionCount } from '../past-sessions.ts';
import { SessionNeighbours } from '../sources/session-neighbours.ts';
import type { Scorer, Scores } from './scores.ts';

const ROOM = 600; // rows; the asker's own are among them and fall out

/** The server's own session neighbours (`sources/session-neighbours.ts`) over whole histories. */
export function neighbours(past: PastSessions, options: NeighbourOptions): Scorer {
  const index = new (loadAddon().SessionIndex)({
    sessionItemsMax: 200, sessionsMax: Math.max(1, sessionCount(past)),
  });
  index.load(past.rows, past.offsets);
  const source = new SessionNeighbours(index, options);
  const found = new Candidates(ROOM);
  const { queryDecay, itemDecay } = options;
  return {
    name: 'V-SKNN variant',
    settings: `k ${options.neighbours}, decays ${queryDecay} and ${itemDecay}`,
    score(items: Uint32Array, into: Scores) {
      source.find({ items, k: ROOM }, found);
      for (let i = 0; i < found.count; i++) {
        const share = found.scores[i] as number;
        if (share > 0) into.add(found.rows[i] as number, share);
      }
    },
  };
}
