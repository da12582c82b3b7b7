/** What is told of one loaded version; nanoseconds of it add up as `PhaseStats` says. */
export interface VersionStats {
  readonly model: string;
  readonly version: string;
  readonly memoryBytes: number; // of rows that wait and run
  readonly failures: number;
  readonly phases: PhaseSums;
  /** Where answers are kept: requests that no run answered, and those that were looked up in vain. */
  readonly cache?: { hits: number; misses: number; hitNs: number; missNs: number };
}

/** `server/batch/phase-stats.ts` is one. */
export interface PhaseSums {
  readonly successes: number;
  readonly successNs: number;
  readonly queueNs: number;
  readonly inputNs: number;
  readonly inferNs: number;
  readonly outputNs: number;
  readonly failNs: number;
  readonly runs: number;
  readonly rows: number;
  readonly lastMs: number;
  readonly sizeRuns: Float64Array;
  readonly sizeInputNs: Float64Array;
  readonly sizeInferNs: Float64Array;
  readonly sizeOutputNs: Float64Array;
}

/** Triton's statistics as JSON, with these versions in this order. */
export function encodeStats(versions: readonly VersionStats[]): string {
  return JSON.stringify({ model_stats: versions.map(modelStats) });
}

function modelStats(
  { model, version, memoryBytes, failures, phases, cache }: VersionStats,
): object {
  const { hits, misses, hitNs, missNs } = cache ?? { hits: 0, misses: 0, hitNs: 0, missNs: 0 };
  const { successes, queueNs, inputNs, inferNs, outputNs } = phases;
  return {
    name: model,
    version,
    last_inference: phases.lastMs,
    inference_count: phases.rows,
    execution_count: phases.runs,
    inference_stats: {
      success: duration(successes + hits, phases.successNs + hitNs),
      fail: duration(failures, phases.failNs),
      queue: duration(successes, queueNs),
      compute_input: duration(successes, inputNs),
      compute_infer: duration(successes, inferNs),
      compute_output: duration(successes, outputNs),
      cache_hit: duration(hits, hitNs),
      cache_miss: duration(misses, missNs),
    },
    response_stats: {},
    batch_stats: batchStats(phases),
    memory_usage: [{ type: 'CPU', id: 0, byte_size: memoryBytes }],
  };
}

function batchStats({ sizeRuns, sizeInputNs, sizeInferNs, sizeOutputNs }: PhaseSums): object[] {
  const seen: object[] = [];
  sizeRuns.forEach((runs, rows) => {
    if (runs === 0) return;
    seen.push({
      batch_size: rows,
      compute_input: duration(runs, sizeInputNs[rows] as number),
      compute_infer: duration(runs, sizeInferNs[rows] as number),
      compute_output: duration(runs, sizeOutputNs[rows] as number),
    });
  });
  return seen;
}

function duration(count: number, ns: number): { count: number; ns: number } {
  return { count, ns };
}
