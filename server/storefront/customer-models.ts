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

/** How the cards of models begin that `vitrine learn-customers` learned from the store. */
export const OWN_SOURCE = 'the events of this shop';

/** What the card of one version says. */
export interface CustomerCard {
  readonly trainedOn: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/**
 * The models of customers in a repository, whatever is served of them now: a version that comes later
 * has its own card, in its folder.
 */
export class CustomerModels {
  readonly #cards = new Map<string, { version: string; card: CustomerCard }>(); // the newest asked for
  readonly #inputs = new Map<string, readonly string[]>();

  constructor(
    private readonly repository: string,
    private readonly inference: Pick<Inference, 'ready'>,
  ) {}

  has(part: CustomerPart): boolean {
    return this.inference.ready(CUSTOMER_MODELS[part].model);
  }

  /** Names of the model's inputs. Fails with `backend` where its config cannot be read. */
  inputs(part: CustomerPart): readonly string[] {
    const { model } = CUSTOMER_MODELS[part];
    let names = this.#inputs.get(model);
    if (!names) {
      const { input } = readJson(join(this.repository, model, 'config.json')) as Partial<Config>;
      names = (input ?? []).map(({ name }) => name);
      this.#inputs.set(model, names);
    }
    return names;
  }

  /** The version that answers is another now, or refused what it was given: looked at anew. */
  changed(part: CustomerPart): void {
    this.#inputs.delete(CUSTOMER_MODELS[part].model);
  }

  /** Fails with `backend` where the card cannot be read, or does not say what it was trained on. */
  card(part: CustomerPart, version: string): CustomerCard {
    const { model } = CUSTOMER_MODELS[part];
    const known = this.#cards.get(model);
    if (known?.version === version) return known.card;
    if (known) this.changed(part);
    const folder = join(this.repository, model);
    const { trainedOn, data = {} } = readCard(folder, version) as Partial<CustomerCard>;
    if (typeof trainedOn !== 'string') {
      throw new ServeError('backend', `${folder}: card.json does not say what the model was trained on`);
    }
    const card = { trainedOn, data };
    this.#cards.set(model, { version, card });
    return card;
  }
}

interface Config {
  readonly input: readonly { readonly name: string }[];
}

/** That of the version's folder; of a model that has none there, the model's. */
function readCard(folder: string, version: string): object {
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
