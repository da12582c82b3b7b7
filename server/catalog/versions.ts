import { ServeError } from '../core/errors.ts';
import type { ModelSummary } from './directory.ts';
import type { ModelFolder } from './repository.ts';

/** The version asked for by number or label; the newest served one when none is. */
export function versionNumber({ name, served, config }: ModelFolder, version?: string): number {
  if (version === undefined) return config.rollout?.stable ?? served.at(-1) as number;
  const labels = config.version_labels;
  const labelled = Object.hasOwn(labels, version) ? labels[version] : undefined;
  const number = labelled ?? served.find((each) => String(each) === version);
  if (number !== undefined) return number;
  const known = [...served.map(String), ...Object.keys(labels)].join(', ');
  throw new ServeError('unknown_version', `'${version}' of '${name}'; served are: ${known}`);
}

export function summary({ name, served, config }: ModelFolder): ModelSummary {
  return { name, versions: served.map(String), platform: config.platform };
}
