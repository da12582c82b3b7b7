import { ServeError } from '../core/errors.ts';
import { type Experiment, stateAt } from './definition.ts';

/** What this server can give an arm. */
export interface Here {
  readonly sources: readonly string[]; // that some blend uses
  readonly placements: readonly string[]; // by name
  /** Opens a session encoder. Fails with `bad_argument` where there is none of that name, or it is broken. */
  readonly openEncoder: (name: string) => void;
}

/** Whether what the arms want is here; encoders are opened. Fails with `bad_argument` naming the path. */
export function checkArms(
  experiments: readonly Experiment[], { sources, placements, openEncoder }: Here,
): void {
  const placed = (path: string, name: string | undefined): void => {
    if (name !== undefined && !placements.includes(name)) fail(`${path}: there is no '${name}'; there are`, placements);
  };
  experiments.forEach(({ arms, placement }, i) => {
    placed(`experiments[${i}].placement`, placement);
    arms.forEach(({ override }, at) => {
      const path = `experiments[${i}].arms[${at}].override`;
      placed(`${path}.placement`, override.placement);
      if (override.encoder !== undefined) opened(`${path}.encoder`, override.encoder, openEncoder);
      const absent = Object.entries(override.weights ?? {}).find(([source, weight]) =>
        weight > 0 && !sources.includes(source));
      if (absent) fail(`${path}.weights.${absent[0]}: no blend has that source; they have`, sources);
    });
  });
}

/** Whether other placements have all that experiments use, which are not over. Fails with `bad_argument`. Pure. */
export function assertPlaced(
  runs: readonly { readonly definition: Experiment }[], placements: readonly string[], nowMs: number,
): void {
  for (const { definition } of runs) {
    const { name, placement, arms } = definition;
    if (stateAt(definition, nowMs) === 'stopped') continue;
    const wanted = [placement, ...arms.map(({ override }) => override.placement)];
    const gone = wanted.find((one) => one !== undefined && !placements.includes(one));
    if (gone === undefined) continue;
    throw new ServeError('bad_argument', `the experiment '${name}' uses the placement '${gone}', which is gone`);
  }
}

function opened(path: string, name: string, open: Here['openEncoder']): void {
  try {
    open(name);
  } catch (cause) {
    if (!(cause instanceof ServeError)) throw cause;
    throw new ServeError('bad_argument', `${path}: ${cause.detail}`, { cause });
  }
}

function fail(what: string, known: readonly string[]): never {
  throw new ServeError('bad_argument', `${what} ${known.join(', ')}`);
}
