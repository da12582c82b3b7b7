import { join } from 'node:path';
import { BatchLane } from './batch/batch-lane.ts';
import type { LaneTensor } from './batch/lane.ts';
import type { ServedLane } from './batch/served-lane.ts';
import type { ModelFolder } from './catalog/repository.ts';
import type { ServeError } from './core/errors.ts';
import type { TensorSpec } from './core/tensor.ts';
import type { ModelTable, OwnRun, SharedModel, SharedVersion } from './fronts/table.ts';
import type { Served } from './served-model.ts';

const generations = new WeakMap<ServedLane, number>();
let lanesMet = 0;

/** The lane's own number: another load of its model has another. */
export function generationOf(lane: ServedLane): number {
  const known = generations.get(lane);
  if (known !== undefined) return known;
  lanesMet += 1;
  generations.set(lane, lanesMet);
  return lanesMet;
}

/** What is served, for front ends on other threads. */
export function modelTable(
  models: ReadonlyMap<string, Served>, failed: ReadonlyMap<string, ServeError>,
): ModelTable {
  return {
    models: [...models.values()].map(sharedModel),
    failed: [...failed].map(([name, { message }]) => [name, message] as const),
  };
}

function sharedModel({ folder, lanes, front }: Served): SharedModel {
  const versions = [...lanes].map(([version, lane]): SharedVersion => ({
    version,
    generation: generationOf(lane),
    config: lane.config,
    inputs: specs(lane.inputs),
    outputs: specs(lane.outputs),
    rowsMax: lane.rowsMax,
    sequences: lane.desk?.sequences ?? false,
    own: front ? null : ownRun(folder, version, lane),
  }));
  return { folder, versions };
}

function specs(tensors: readonly LaneTensor[]): TensorSpec[] {
  return tensors.map(({ spec }) => spec);
}

/**
 * A model that runs on the front end, and keeps nothing between its runs, runs on each. Where
 * answers, sequences, resources or a rollout's counts are kept there is one of them, and so one
 * lane.
 */
function ownRun({ folder }: ModelFolder, version: number, lane: ServedLane): OwnRun | null {
  const shared = lane.desk || lane.loose || lane.config.instance_group.rate_limiter;
  if (!lane.inline || shared || !(lane instanceof BatchLane)) return null;
  const { runTime, config, rowsMax, token } = lane;
  const times = [1, rowsMax].map((rows) => ({ rows, us: runTime.expectUs(rows) }));
  const files = { folder: join(folder, String(version)), config };
  return { files, times, ...(token === undefined ? {} : { token }) };
}
