import { join } from 'node:path';
import type { FoundTensors } from './complete.ts';
import { versionPrint } from './fingerprints.ts';
import type { ModelConfig } from './model-config.ts';
import { type ModelFolder, modelNames, readModel } from './repository.ts';

/**
 * What a version's lane is opened from, by version; '' where nobody can tell whether it changes.
 */
export type VersionPrints = ReadonlyMap<number, string>;

/** A model to be loaded: plain values, as any thread can be sent them. */
export interface WantedModel {
  readonly repository: string;
  readonly name: string;
  /** Stands in for `config.json`; undefined where that is to be read. */
  readonly override: unknown;
  /** Made for this model alone, of files that came with the request. */
  readonly own: boolean;
  readonly nowMs: number; // since 1970
}

/** All that a load has to know of the files before it opens any model. */
export interface FoundModel {
  readonly folder: ModelFolder;
  readonly prints: VersionPrints;
}

/**
 * Reads the model's folder; null where the repository has none of that name. `describe` looks into
 * an ONNX file for what the config leaves out. Fails as `readModel` does.
 */
export async function lookForModel(
  { repository, name, override, own, nowMs }: WantedModel,
  describe: (folder: string) => Promise<FoundTensors>,
): Promise<FoundModel | null> {
  if (!own && !(await modelNames(repository)).includes(name)) return null;
  const folder = await readModel(repository, name, describe, override);
  return { folder, prints: await versionPrints(folder, own, nowMs) };
}

/**
 * Of the versions that a folder serves. Ensembles and pipelines depend on more than their own
 * files, and what came with a load request is gone when it is replaced: none of these is kept.
 */
async function versionPrints(
  { folder, served, config }: ModelFolder, own: boolean, nowMs: number,
): Promise<VersionPrints> {
  if (own || config.platform === 'ensemble' || config.platform === 'pipeline') return new Map();
  const said = JSON.stringify(ofLane(config));
  return new Map(await Promise.all(served.map(async (version) => {
    const print = await versionPrint(join(folder, String(version)), nowMs);
    return [version, print === '' ? '' : `${said}|${print}`] as const;
  })));
}

/** What of the config concerns a version by itself. */
function ofLane(config: ModelConfig): object {
  const { version_policy: _policy, version_labels: _labels, rollout: _rollout, ...rest } = config;
  return rest;
}
