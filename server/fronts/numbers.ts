import { LaneStats, type LaneStatsState } from '../batch/lane-stats.ts';
import type { ServedLane } from '../batch/served-lane.ts';
import type { LoopDelay } from '../observe/process.ts';
import type { RequestCount } from '../observe/request-counts.ts';

/** What one front end has counted. */
export interface FrontNumbers {
  readonly requests: readonly RequestCount[];
  readonly sockets: number;
  readonly delay: LoopDelay;
  readonly lanes: readonly LaneNumbers[];
}

export interface LaneNumbers {
  readonly generation: number;
  readonly stats: LaneStatsState;
  readonly memoryBytes: number;
  readonly freeSlots: number;
  readonly waitingRows: number;
  readonly runningRows: number;
  readonly waiting: readonly number[]; // requests, by level
}

/** What is published of a lane. */
export type LaneView = Pick<
  ServedLane, 'stats' | 'cache' | 'memoryBytes' | 'freeSlots' | 'waitingJobs'
>;

export function laneNumbers(generation: number, lane: ServedLane): LaneNumbers {
  const { stats, memoryBytes, freeSlots, waitingRows, runningRows } = lane;
  const waiting = stats.levels.map((_, level) => lane.waitingJobs(level));
  return { generation, stats: stats.state, memoryBytes, freeSlots, waitingRows, runningRows, waiting };
}

/** One lane out of those of all front ends. */
export function addedUp(lane: ServedLane, others: readonly LaneNumbers[]): LaneView {
  if (others.length === 0) return lane;
  const stats = new LaneStats(lane.rowsMax, lane.stats.levels.length);
  for (const each of [lane.stats.state, ...others.map((other) => other.stats)]) stats.add(each);
  const sum = (own: number, of: (other: LaneNumbers) => number): number =>
    others.reduce((all, other) => all + of(other), own);
  return {
    stats,
    ...(lane.cache ? { cache: lane.cache } : {}),
    memoryBytes: sum(lane.memoryBytes, ({ memoryBytes }) => memoryBytes),
    freeSlots: sum(lane.freeSlots, ({ freeSlots }) => freeSlots),
    waitingJobs: (level) => sum(lane.waitingJobs(level), ({ waiting }) => waiting[level] ?? 0),
  };
}
