import type { Addon } from '../ann/binding.ts';
import type { Clock } from '../core/clock.ts';
import { ServeError } from '../core/errors.ts';
import type { Inference } from '../core/inference.ts';
import type { Log } from '../core/log.ts';
import type { Pace } from '../core/pace.ts';
import { isZone } from '../core/zone.ts';
import type { Explainer } from '../explain/explainer.ts';
import type { Currencies } from '../intake/currencies.ts';
import type { Store } from '../store/store.ts';
import type { ArmEncoders } from './arm-encoders.ts';
import { CustomerInsight } from './customer-insight.ts';
import { CustomerModels } from './customer-models.ts';
import { DEMO_SOURCE, Insight, trainedOn, type IntentWatch } from './insight.ts';
import { INTENT_FEATURES, intentFeatures } from './intent-features.ts';
import type { Placements } from './placements/placement.ts';
import type { Retriever } from './retrieval/retriever.ts';
import { Shop } from './shop.ts';
import { openEncoder, Taste } from './taste.ts';
import type { Trials } from './trial.ts';
import type { ShopEvent } from '../wire/schema.ts';

export interface ShopSetting {
  readonly addon: Pick<Addon, 'FilterIndex' | 'Bitmap'>;
  readonly store: Store;
  readonly retriever: Retriever; // knows nothing of the log yet
  readonly inference: Inference; // may still be loading its models
  readonly explainer?: Explainer; // of the same models; absent: insight gives no reasons
  readonly repository: string; // the folder that `inference` serves
  readonly clock: Clock;
  readonly log: Log;
  readonly sessionMinutesMax: number;
  readonly timeZone?: string; // IANA name
  readonly placements?: Placements;
  readonly placementsProblem?: () => string | null;
  readonly currencies?: Currencies; // absent: prices are taken as they are
  readonly pace?: Pace;
  readonly snapshotPath?: string;
  readonly showingsPath?: string;
  readonly watch?: IntentWatch; // told of what is predicted
  readonly onEvent?: (event: ShopEvent) => void;
  readonly trials?: Trials;
  readonly encoders?: ArmEncoders; // that arms of experiments name
}

/**
 * The shop over a model repository: with a session encoder and an intent model where it has them.
 * Fails with `backend` naming a file that is there and cannot be used.
 */
export async function openShop(setting: ShopSetting): Promise<Shop> {
  const { inference, repository, explainer = null, watch, encoders, ...parts } = setting;
  const { store, clock, log, timeZone } = parts;
  if (timeZone !== undefined && !isZone(timeZone)) {
    throw new ServeError('bad_argument', `'${timeZone}' is no IANA time zone, such as Europe/Berlin`);
  }
  const encoder = openEncoder(repository);
  const source = trainedOn(repository, 'intent');
  const demo = store.note('demo') !== undefined;
  const foreign = source?.startsWith(DEMO_SOURCE) === true && !demo;
  if (foreign) log.warn('purchase intent is estimated by the demo shop\'s model, and says so', { source });
  const intent = { model: 'intent', names: INTENT_FEATURES, features: intentFeatures };
  const customers = new CustomerModels(repository, inference);
  return Shop.open({
    ...parts,
    ...(encoders && { tasteOf: (name: string) => encoders.tasteOf(name, inference, clock) }),
    customerInsight: new CustomerInsight(inference, customers, { timeZone: timeZone ?? 'UTC', demo }),
    taste: encoder && new Taste(inference, clock, encoder),
    insight: source === null
      ? null
      : new Insight(inference, { ...intent, trainedOn: source, foreign }, explainer, watch),
  });
}
