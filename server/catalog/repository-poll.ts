import type { Clock } from '../core/clock.ts';
import { asServeError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { ModelRepository } from './directory.ts';
import { changesBetween, fingerprints, type Fingerprints } from './fingerprints.ts';

/** A change is acted upon when nothing has changed for this long: files are copied one by one. */
const SETTLE_US = 1_000_000;

export interface PollParts {
  readonly models: Pick<ModelRepository, 'load' | 'unload'>;
  readonly look: () => Promise<Fingerprints>;
  readonly everyUs: number;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Looks at the repository again and again: new and changed models are loaded, those that are gone
 * unloaded. A model that cannot be loaded is left as it was until its folder changes again.
 */
export class RepositoryPoll {
  #settled: Fingerprints; // what has been acted upon
  #seen: Fingerprints;
  #cancel: () => void = () => {};
  #looking: Promise<void> = Promise.resolve();
  #closed = false;

  /** `known` is what was there when the models were first loaded, or before. */
  private constructor(private readonly parts: PollParts, known: Fingerprints) {
    this.#settled = known;
    this.#seen = known;
    this.#next(parts.everyUs);
  }

  static start(
    repository: string, known: Fingerprints, parts: Omit<PollParts, 'look'>,
  ): RepositoryPoll {
    return RepositoryPoll.over({ ...parts, look: () => fingerprints(repository) }, known);
  }

  static over(parts: PollParts, known: Fingerprints): RepositoryPoll {
    return new RepositoryPoll(parts, known);
  }

  /** Resolves when no load or unload of its own is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel();
    await this.#looking;
  }

  #next(us: number): void {
    if (this.#closed) return;
    this.#cancel = this.parts.clock.after(us, () => {
      this.#looking = this.#look().then((waitUs) => this.#next(waitUs));
    });
  }

  /** Microseconds until the next look. */
  async #look(): Promise<number> {
    const { everyUs, log, look } = this.parts;
    const before = this.#seen;
    try {
      this.#seen = await look();
    } catch (cause) { // the repository cannot be read now; what is served goes on
      log.error('the model repository cannot be polled', { cause: asServeError(cause).message });
      return everyUs;
    }
    const { load, unload } = changesBetween(before, this.#seen);
    if (load.length + unload.length > 0) return Math.min(SETTLE_US, everyUs);
    await this.#act();
    return everyUs;
  }

  async #act(): Promise<void> {
    const { load, unload } = changesBetween(this.#settled, this.#seen);
    const { models, log } = this.parts;
    this.#settled = this.#seen;
    for (const name of unload) {
      if (this.#closed) return;
      await models.unload(name).catch(() => {}); // it never was loaded
    }
    for (const name of load) {
      if (this.#closed) return;
      log.info('a model has changed', { model: name });
      await models.load(name).catch(() => {}); // the host has said why
    }
  }
}
