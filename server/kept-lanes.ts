import { join } from 'node:path';
import type { ServedLane } from './batch/served-lane.ts';
import { versionPrint } from './catalog/fingerprints.ts';
import type { ModelConfig } from './catalog/model-config.ts';
import type { ModelFolder } from './catalog/repository.ts';
import type { Served } from './served-model.ts';

/**
 * What a version's lane was opened from, by version; '' where nobody can tell whether it changes.
 */
export type VersionPrints = ReadonlyMap<number, string>;

/**
 * Of the versions that a folder serves. Ensembles and pipelines depend on more than their own
 * files, and what came with a load request is gone when it is replaced: none of these is kept.
 */
export async function versionPrints(
  { folder, served, config }: ModelFolder, ownRepository: string, nowMs: number,
): Promise<VersionPrints> {
  if (ownRepository !== '' || config.platform === 'ensemble' || config.platform === 'pipeline') {
    return new Map();
  }
  const said = JSON.stringify(ofLane(config));
  return new Map(await Promise.all(served.map(async (version) => {
    const print = await versionPrint(join(folder, String(version)), nowMs);
    return [version, print === '' ? '' : `${said}|${print}`] as const;
  })));
}

/** The lane that serves the version already, from the same files, and well; undefined for none. */
export function keptLane(
  before: Served | undefined, prints: VersionPrints, version: number,
): ServedLane | undefined {
  const print = prints.get(version) ?? '';
  if (print === '' || before?.prints.get(version) !== print) return undefined;
  const lane = before.lanes.get(version);
  return lane?.trouble === undefined ? lane : undefined;
}

/** What of the config concerns a version by itself. */
function ofLane(config: ModelConfig): object {
  const { version_policy: _policy, version_labels: _labels, rollout: _rollout, ...rest } = config;
  return rest;
}
