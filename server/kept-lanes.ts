import type { ServedLane } from './batch/served-lane.ts';
import type { VersionPrints } from './catalog/look.ts';
import type { Served } from './served-model.ts';

/** The lane that serves the version already, from the same files, and well; undefined for none. */
export function keptLane(
  before: Served | undefined, prints: VersionPrints, version: number,
): ServedLane | undefined {
  const print = prints.get(version) ?? '';
  if (print === '' || before?.prints.get(version) !== print) return undefined;
  const lane = before.lanes.get(version);
  return lane?.trouble === undefined ? lane : undefined;
}
