import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from './config.ts';
import type { Clock } from './core/clock.ts';
import type { Log } from './core/log.ts';
import type { Metrics } from './observe/metrics.ts';
import { INTENT_FEATURES } from './storefront/intent-features.ts';
import { STEADY_FEATURES } from './customers/timing-inputs.ts';
import { Alerts, postAlertsTo } from './watch/alerts.ts';
import { CUSTOMER_WATCH } from './watch/customer-watch.ts';
import { ModelWatch } from './watch/model-watch.ts';
import { Reference, REFERENCE_FILE } from './watch/reference.ts';
import { observeWatch } from './watch/watch-metrics.ts';
import { Watch } from './watch/watch.ts';
import type { ShopEvent } from './wire/schema.ts';

export interface OpenedWatch {
  readonly watch: Watch;
  readonly intent: ModelWatch;
  readonly customers: ModelWatch | null; // null: there is no such model
  readonly alerts: Alerts;
  readonly onEvent: (event: ShopEvent) => void;
}

/** A watched model: its features, and where its card says how well it ranks. */
export interface Watched {
  readonly model: string;
  readonly names: readonly string[];
  readonly promised: string;
}
export const INTENT_WATCHED: Watched = { model: 'intent', names: INTENT_FEATURES, promised: 'auc' };
export const CUSTOMERS_WATCHED: Watched = {
  model: CUSTOMER_WATCH.model, names: STEADY_FEATURES, promised: 'within_7_auc',
};

/**
 * Watches purchase intent: what the model is asked beside what it was scored on, and whether the
 * sessions then buy; and the models of customers, which `CustomerWatch` asks. Fails with `backend`
 * naming a damaged reference or card.
 */
export function openWatch(
  config: Config, repository: string, clock: Clock, log: Log, metrics: Metrics,
): OpenedWatch {
  const { alertUrl, dataDir, sessionMinutesMax, watchSeconds } = config;
  const send = alertUrl === '' ? () => Promise.resolve() : postAlertsTo(alertUrl);
  const alerts = new Alerts({ send, clock, log });
  const open = (watched: Watched): ModelWatch => new ModelWatch({
    ...watched, ...newestReference(repository, watched),
    silenceMs: sessionMinutesMax * 60_000,
    clock, alerts,
  });
  const intent = open(INTENT_WATCHED);
  const customers = tellsWhen(join(repository, CUSTOMER_WATCH.model)) ? open(CUSTOMERS_WATCHED) : null;
  const watch = Watch.start({
    models: customers ? [intent, customers] : [intent], alerts, clock, log,
    everyUs: watchSeconds * 1e6,
    file: join(dataDir, 'watch.json'),
  });
  observeWatch(metrics, watch, alerts);
  const onEvent = (event: ShopEvent): void => intent.seen(event.session, event.type === 'purchase');
  return { watch, intent, customers, alerts, onEvent };
}

/** What the version of a model was made from; of the one that its config names, else the newest. */
export function newestReference(
  repository: string, { model, names, promised }: Watched,
  version = servedVersion(join(repository, model)),
): { reference: Reference | null; promisedAuc: number | null } {
  if (version === null) return { reference: null, promisedAuc: null };
  const folder = join(repository, model, version);
  return {
    reference: Reference.read(join(folder, REFERENCE_FILE), names.length + 1),
    promisedAuc: promisedAuc(join(folder, 'card.json'), promised),
  };
}

/**
 * The last day that a version of the models of customers may have learned from, as its card says;
 * the day it was made where that is all it says.
 */
export function learnedTo(repository: string, version: string): number {
  const path = join(repository, CUSTOMER_WATCH.model, version, 'card.json');
  if (!existsSync(path)) return Infinity;
  const { data, madeAt } = JSON.parse(readFileSync(path, 'utf8')) as {
    data?: { learnedTo?: string }; madeAt?: string };
  return Math.floor(Date.parse(data?.learnedTo ?? madeAt ?? '') / 86_400_000);
}

/** Shares of the segments that a version's card has, by their numbers; null where it has none. */
export function segmentShares(repository: string, version: string): number[] | null {
  const path = join(repository, CUSTOMER_WATCH.model, version, 'card.json');
  if (!existsSync(path)) return null;
  const { data = {} } = JSON.parse(readFileSync(path, 'utf8')) as { data?: Record<string, unknown> };
  const shares: number[] = [];
  for (let i = 0; typeof data[`share_${i}`] === 'number'; i += 1) shares.push(data[`share_${i}`] as number);
  return shares.length > 0 ? shares : null;
}

/** Whether the models of customers have the part that is watched: a training may not have promoted it. */
function tellsWhen(folder: string): boolean {
  const path = join(folder, 'config.json');
  if (!existsSync(path)) return false;
  const { output = [] } = JSON.parse(readFileSync(path, 'utf8')) as { output?: { name: string }[] };
  return output.some(({ name }) => name === CUSTOMER_WATCH.output);
}

function servedVersion(folder: string): string | null {
  const path = join(folder, 'config.json');
  if (!existsSync(path)) return null;
  const { version_policy: policy } = JSON.parse(readFileSync(path, 'utf8')) as {
    version_policy?: { specific?: { versions?: number[] } } };
  const versions = policy?.specific?.versions ?? readdirSync(folder)
    .filter((name) => /^[1-9]\d*$/.test(name)).map(Number);
  return versions.length === 0 ? null : String(Math.max(...versions));
}

/** What the model's card says of its ranking on data it had not seen. */
function promisedAuc(path: string, score: string): number | null {
  if (!existsSync(path)) return null;
  const { scores } = JSON.parse(readFileSync(path, 'utf8')) as { scores?: Record<string, unknown> };
  const auc = scores?.[score];
  return typeof auc === 'number' ? auc : null;
}
