import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { ServeError } from '../core/errors.ts';
import type { Inference } from '../core/inference.ts';
import { type ItemVectors, loadItemVectors } from './item-vocabulary.ts';
import { type Encoder, openEncoder, Taste } from './taste.ts';

/** `MODEL`, whose newest version is meant, or `MODEL/VERSION`. */
const NAME = /^([\w.-]{1,128})(?:\/([1-9]\d{0,8}))?$/;

/**
 * Session encoders that arms of experiments name, beside the shop's own: each with its own vocabulary
 * and its own index of item vectors, opened when it is first named and kept until the end. Two versions
 * of one model are two encoders; the model's `version_policy` has to serve both.
 */
export class ArmEncoders {
  readonly #opened = new Map<string, Encoder>();
  readonly #tastes = new Map<string, Taste>();

  constructor(
    private readonly repository: string,
    /** Told of the items' vectors of each that is opened. */
    private readonly learn: (name: string, learned: ItemVectors) => void,
  ) {}

  /** Opens it unless it is. Fails with `bad_argument` saying what is not there, or does not fit. */
  open(name: string): Encoder {
    const known = this.#opened.get(name);
    if (known) return known;
    const [, model, version] = NAME.exec(name) ?? [];
    if (model === undefined) throw wrong(`'${name}' is no MODEL or MODEL/VERSION`);
    const encoder = this.#read(model, version);
    if (!encoder) {
      throw wrong(`there is no session encoder '${name}' in the repository; there are ` +
        (this.#names().join(', ') || 'none'));
    }
    try {
      this.learn(name, loadItemVectors(join(this.repository, model, encoder.version)));
    } catch (cause) {
      throw wrong(cause instanceof ServeError ? cause.detail : (cause as Error).message, cause);
    }
    this.#opened.set(name, encoder);
    return encoder;
  }

  /** What runs an encoder that was opened; null for another. */
  tasteOf(name: string, inference: Inference, clock: Clock): Taste | null {
    const encoder = this.#opened.get(name);
    if (!encoder) return null;
    const taste = this.#tastes.get(name) ?? new Taste(inference, clock, encoder);
    this.#tastes.set(name, taste);
    return taste;
  }

  #read(model: string, version?: string): Encoder | null {
    try {
      return openEncoder(this.repository, model, version);
    } catch (cause) {
      throw wrong(cause instanceof ServeError ? cause.detail : (cause as Error).message, cause);
    }
  }

  /** Models that are session encoders, with their versions. */
  #names(): string[] {
    return readdirSync(this.repository, { withFileTypes: true })
      .filter((folder) => folder.isDirectory())
      .flatMap(({ name }) => versionsOf(join(this.repository, name)).map((version) => `${name}/${version}`));
  }
}

/** Version folders that hold what a session encoder needs. */
function versionsOf(folder: string): string[] {
  if (!existsSync(join(folder, 'config.json'))) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((one) => one.isDirectory() && /^[1-9]\d*$/.test(one.name))
    .map(({ name }) => name)
    .filter((version) => existsSync(join(folder, version, 'item_vectors.f32')));
}

function wrong(what: string, cause?: unknown): ServeError {
  return new ServeError('bad_argument', what, { cause });
}
