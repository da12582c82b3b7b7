import type { Slab } from '../core/slab.ts';
import type { Lane } from './lane.ts';
import type { LaneStats } from './lane-stats.ts';

/** A lane as its host has it: what it does and has done, and how it ends. */
export interface ServedLane extends Lane {
  readonly stats: LaneStats;
  readonly inline: boolean;
  /** Why its requests fail until further notice; undefined while they can be answered. */
  readonly trouble: string | undefined;
  readonly memoryBytes: number;
  readonly waitingRows: number;
  readonly runningRows: number;
  readonly freeSlots: number;
  /** Its own until it is closed. */
  readonly slab?: Slab;
  /** Where answers are kept for requests that say the same. */
  readonly cache?: CacheSums;
  /** Requests of a level that wait; 0 is the most urgent. */
  waitingJobs(level: number): number;
  /**
   * Takes no more requests and resolves when none is left. Those still waiting after `drainMs`
   * settle with `draining`; those running are waited for. Then what it runs on is closed.
   */
  close(drainMs: number): Promise<void>;
}

/**
 * A request that has ended was a hit where it was answered without a run of its own, else a miss;
 * nanoseconds are of looking, taking out and putting in.
 */
export interface CacheSums {
  readonly hits: number; // `joined` among them
  readonly joined: number; // waited for the run of another request that said the same
  readonly misses: number;
  /** Requests that failed without a run of their own: the lane's counts have none of them. */
  readonly failed: LaneStats['failed'];
  readonly hitNs: number;
  readonly missNs: number;
}
