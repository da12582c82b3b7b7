import type { ServeError } from '../core/errors.ts';
import type { ModelState } from './directory.ts';

/** What a repository's index is made of; names that it has and that are nowhere here lie unused. */
export interface KnownModels {
  readonly names: readonly string[]; // in the repository's folder
  /** Versions that are served, with what is wrong with them; undefined where nothing is. */
  readonly served: ReadonlyMap<string, ReadonlyMap<number, string | undefined>>;
  /** What else is to be told of a version that is served, by `NAME/VERSION`. */
  readonly notes?: ReadonlyMap<string, string>;
  readonly failed: ReadonlyMap<string, ServeError>;
  readonly changing: ReadonlyMap<string, 'LOADING' | 'UNLOADING'>;
  /** Versions that were served until they were unloaded. */
  readonly unloaded: ReadonlyMap<string, readonly number[]>;
}

/** The state of every model, by name; one entry a version where there are versions to tell of. */
export function modelStates(known: KnownModels): ModelState[] {
  const { names, served, failed, changing, unloaded } = known;
  const all = new Set([...names, ...served.keys(), ...failed.keys(), ...unloaded.keys(),
    ...changing.keys()]);
  return [...all].sort().flatMap((name): ModelState[] => {
    const lanes = served.get(name);
    if (lanes) {
      return [...lanes].map(([version, trouble]) => {
        const note = known.notes?.get(`${name}/${version}`);
        const reason = trouble ?? note;
        return {
          name, version: String(version), state: trouble === undefined ? 'READY' : 'UNAVAILABLE',
          ...(reason === undefined ? {} : { reason }),
        };
      });
    }
    const change = changing.get(name);
    if (change) return [{ name, state: change }];
    const failure = failed.get(name);
    if (failure) return [{ name, state: 'UNAVAILABLE', reason: failure.message }];
    const gone = unloaded.get(name) ?? [];
    if (gone.length === 0) return [{ name }];
    return gone.map((version) =>
      ({ name, version: String(version), state: 'UNAVAILABLE', reason: 'unloaded' }));
  });
}
