import type { SharedModels } from './shared-models.ts';

const RUN = /^\/v2\/models\/([^/]+)(?:\/versions\/([^/]+))?\/(?:infer|generate|generate_stream)$/;
const KNOWN_MAX = 256; // paths; then all are forgotten, and those in use come back

interface Asked {
  readonly model: string;
  readonly version: string | undefined;
}

/** Which paths run a model, and whether this thread runs it. */
export class RunPaths {
  readonly #known = new Map<string, Asked | null>();

  constructor(private readonly models: Pick<SharedModels, 'runsHere'>) {}

  here(path: string): boolean {
    let asked = this.#known.get(path);
    if (asked === undefined) {
      asked = askedBy(path);
      if (this.#known.size >= KNOWN_MAX) this.#known.clear();
      this.#known.set(path, asked);
    }
    return asked !== null && this.models.runsHere(asked.model, asked.version);
  }
}

function askedBy(path: string): Asked | null {
  const [found, model = '', version] = RUN.exec(path) ?? [];
  if (found === undefined) return null;
  try {
    return {
      model: decodeURIComponent(model),
      version: version === undefined ? undefined : decodeURIComponent(version),
    };
  } catch {
    return null; // the other thread says what is wrong with it
  }
}
