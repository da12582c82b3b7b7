import type { ServedLane } from './batch/served-lane.ts';
import type { VersionPrints } from './catalog/look.ts';
import type { ModelConfig } from './catalog/model-config.ts';
import type { ModelFolder } from './catalog/repository.ts';
import type { RolloutState } from './flow/rollout.ts';
import type { Front } from './lane-maker.ts';

/** What one lane has done and is doing: `/metrics` reads it. */
export interface LaneReport {
  readonly model: string;
  readonly version: string;
  readonly placement: 'inline' | 'pool';
  readonly lane: ServedLane;
  /** From reading the folder until all versions were warm. */
  readonly loadSeconds: number;
  /** How the rollout stands in which the version is the candidate. */
  readonly rollout?: RolloutState;
}

/** A model that is served: its versions' lanes, by number. */
export interface Served {
  readonly folder: ModelFolder;
  readonly lanes: ReadonlyMap<number, ServedLane>;
  /** What each was opened from: where that is unchanged at the next load, it goes on. */
  readonly prints: VersionPrints;
  /** For requests that name no version; null where those are the newest one's. */
  readonly front: Front | null;
  readonly loadSeconds: number;
  /** A repository made for this model alone, to be removed with it; '' where there is none. */
  readonly ownRepository: string;
}

/** One for each version, oldest first. */
export function laneReports({ folder, lanes, front, loadSeconds }: Served): LaneReport[] {
  const { name, config } = folder;
  return [...lanes].map(([version, lane]) => ({
    model: name,
    version: String(version),
    placement: lane.inline ? 'inline' : 'pool',
    lane,
    loadSeconds,
    ...(front && version === config.rollout?.candidate ? { rollout: front.rollout.state } : {}),
  }));
}

/** Models that an ensemble's requests go through; none of any other. */
export function stepNames({ ensemble = [] }: ModelConfig): string[] {
  return ensemble.map(({ model_name }) => model_name);
}
