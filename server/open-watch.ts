import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from './config.ts';
import type { Clock } from './core/clock.ts';
import type { Log } from './core/log.ts';
import type { Metrics } from './observe/metrics.ts';
import { INTENT_FEATURES } from './storefront/intent-features.ts';
import { Alerts, postAlertsTo } from './watch/alerts.ts';
import { ModelWatch } from './watch/model-watch.ts';
import { Reference, REFERENCE_FILE } from './watch/reference.ts';
import { observeWatch } from './watch/watch-metrics.ts';
import { Watch } from './watch/watch.ts';
import type { ShopEvent } from './wire/schema.ts';

export interface OpenedWatch {
  readonly watch: Watch;
  readonly intent: ModelWatch;
  readonly onEvent: (event: ShopEvent) => void;
}

/**
 * Watches purchase intent: what the model is asked beside what it was scored on, and whether the
 * sessions then buy. Fails with `backend` naming a damaged reference or card.
 */
export function openWatch(
  config: Config, repository: string, clock: Clock, log: Log, metrics: Metrics,
): OpenedWatch {
  const { alertUrl, dataDir, sessionMinutesMax, watchSeconds } = config;
  const send = alertUrl === '' ? () => Promise.resolve() : postAlertsTo(alertUrl);
  const alerts = new Alerts({ send, clock, log });
  const intent = new ModelWatch({
    model: 'intent',
    names: INTENT_FEATURES,
    ...newestReference(repository),
    silenceMs: sessionMinutesMax * 60_000,
    clock, alerts,
  });
  const watch = Watch.start({
    models: [intent], alerts, clock, log,
    everyUs: watchSeconds * 1e6,
    file: join(dataDir, 'watch.json'),
  });
  observeWatch(metrics, watch, alerts);
  const onEvent = (event: ShopEvent): void => intent.seen(event.session, event.type === 'purchase');
  return { watch, intent, onEvent };
}

/** What the version of the intent model was made from; of the one that its config names, else the newest. */
export function newestReference(
  repository: string, version = servedVersion(join(repository, 'intent')),
): { reference: Reference | null; promisedAuc: number | null } {
  if (version === null) return { reference: null, promisedAuc: null };
  const folder = join(repository, 'intent', version);
  return {
    reference: Reference.read(join(folder, REFERENCE_FILE), INTENT_FEATURES.length + 1),
    promisedAuc: promisedAuc(join(folder, 'card.json')),
  };
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
function promisedAuc(path: string): number | null {
  if (!existsSync(path)) return null;
  const { scores } = JSON.parse(readFileSync(path, 'utf8')) as { scores?: { auc?: unknown } };
  return typeof scores?.auc === 'number' ? scores.auc : null;
}
