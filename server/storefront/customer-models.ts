import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ServeError } from '../core/errors.ts';
import type { Inference } from '../core/inference.ts';
import type { InsightPart } from '../wire/schema.ts';

export type CustomerPart = Exclude<InsightPart, 'intent'>;

/** The model of each part, and the output that is read. */
export const CUSTOMER_MODELS: Readonly<Record<CustomerPart, { model: string; output: string }>> = {
  timing: { model: 'timing', output: 'hazard' },
  churn: { model: 'churn', output: 'probability' },
  value: { model: 'ltv', output: 'value' },
  segment: { model: 'segments', output: 'segment' },
};
export const CUSTOMER_PARTS = Object.keys(CUSTOMER_MODELS) as CustomerPart[];

/** All parts that are promoted in one graph, whose passes they share: asked in place of the others. */
export const TOGETHER_MODEL = 'customers';
const TOGETHER_OUTPUTS: Readonly<Record<CustomerPart, string>> = {
  timing: 'hazard', churn: 'silence', value: 'value', segment: 'segment',
};

/** How the cards of models begin that `vitrine learn-customers` learned from the store. */
export const OWN_SOURCE = 'the events of this shop';

/** What the card of one version says. */
export interface CustomerCard {
  readonly trainedOn: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Which model says a part, and in which output. */
export interface PartSource {
  readonly model: string;
  readonly output: string;
}

/** That of all parts where it has this one, else the part's own. */
export function sourceOf(part: CustomerPart, togetherOutputs: readonly string[]): PartSource {
  const output = TOGETHER_OUTPUTS[part];
  return togetherOutputs.includes(output) ? { model: TOGETHER_MODEL, output } : CUSTOMER_MODELS[part];
}

/**
 * The models of customers in a repository, whatever is served of them now: a version that comes later
 * has its own card, in its folder.
 */
export class CustomerModels {
  readonly #cards = new Map<string, { version: string; card: CustomerCard }>(); // the newest asked for
  readonly #tensors = new Map<string, Tensors>();

  constructor(
    private readonly repository: string,
    private readonly inference: Pick<Inference, 'ready'>,
  ) {}

  has(part: CustomerPart): boolean {
    return this.inference.ready(this.source(part).model);
  }

  /** Fails with `backend` where a config cannot be read. */
  source(part: CustomerPart): PartSource {
    const together = this.inference.ready(TOGETHER_MODEL) ? this.#of(TOGETHER_MODEL).outputs : [];
    return sourceOf(part, together);
  }

  /** Names of the model's inputs. Fails with `backend` where its config cannot be read. */
  inputs(model: string): readonly string[] {
    return this.#of(model).inputs;
  }

  /** The version that answers is another now, or refused what it was given: looked at anew. */
  changed(model: string): void {
    this.#tensors.delete(model);
  }

  /** Fails with `backend` where the card cannot be read, or does not say what it was trained on. */
  card(model: string, version: string): CustomerCard {
    const known = this.#cards.get(model);
    if (known?.version === version) return known.card;
    if (known) this.changed(model);
    const folder = join(this.repository, model);
    const { trainedOn, data = {} } = readCard(folder, version) as Partial<CustomerCard>;
    if (typeof trainedOn !== 'string') {
      throw new ServeError('backend', `${folder}: card.json does not say what the model was trained on`);
    }
    const card = { trainedOn, data };
    this.#cards.set(model, { version, card });
    return card;
  }

  #of(model: string): Tensors {
    let tensors = this.#tensors.get(model);
    if (!tensors) {
      const { input, output } = readJson(join(this.repository, model, 'config.json')) as Partial<Config>;
      const names = (list: Config['input'] = []): string[] => list.map(({ name }) => name);
      tensors = { inputs: names(input), outputs: names(output) };
      this.#tensors.set(model, tensors);
    }
    return tensors;
  }
}

interface Tensors {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

interface Config {
  readonly input: readonly { readonly name: string }[];
  readonly output: readonly { readonly name: string }[];
}

/** That of the version's folder; of a model that has none there, the model's. */
export function readCard(folder: string, version: string): object {
  try {
    return readJson(join(folder, version, 'card.json'));
  } catch {
    return readJson(join(folder, 'card.json'));
  }
}

function readJson(path: string): object {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as object;
  } catch (cause) {
    throw new ServeError('backend', `${path}: ${(cause as Error).message}`, { cause });
  }
}
