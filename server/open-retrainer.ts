import { join } from 'node:path';
import type { Config } from './config.ts';
import type { Clock } from './core/clock.ts';
import { ServeError } from './core/errors.ts';
import type { Log } from './core/log.ts';
import type { Metrics } from './observe/metrics.ts';
import {
  CUSTOMERS_WATCHED, INTENT_WATCHED, newestReference, type OpenedWatch, type Watched,
} from './open-watch.ts';
import { RETRAIN_LIMITS } from './retrain/plan.ts';
import { Retrainer, type RetrainParts } from './retrain/retrainer.ts';
import { trainApart } from './retrain/train-process.ts';
import type { ModelHost } from './serve.ts';
import { askWeek } from './watch/customer-watch.ts';
import type { ModelWatch } from './watch/model-watch.ts';

const HOUR_MS = 3_600_000;

export interface RetrainSetting {
  readonly config: Config;
  readonly host: ModelHost;
  readonly repository: string;
  readonly opened: OpenedWatch;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** What keeps models trained, by the model. */
export type Retrainers = ReadonlyMap<string, Retrainer>;

/**
 * Keeps purchase intent and the models of customers trained, where the settings ask for it and the
 * models are this shop's own. None where they do not. Fails with `bad_argument` where the models are
 * not in the data folder: a new version could not be written beside them.
 */
export async function openRetrainers(setting: RetrainSetting): Promise<Retrainers> {
  const { config, repository, opened, metrics, host } = setting;
  const { retrainHours, retrainOnDrift, dataDir } = config;
  if (retrainHours === 0 && retrainOnDrift === 'no') return new Map();
  if (repository !== join(dataDir, 'models')) {
    throw new ServeError('bad_argument', 'VITRINE_RETRAIN_HOURS and VITRINE_RETRAIN_ON_DRIFT need models ' +
      `in ${join(dataDir, 'models')}, but those of ${repository} are served: run \`vitrine train\` once`);
  }
  if (config.modelControl === 'poll') {
    throw new ServeError('bad_argument', 'models cannot be polled and retrained at once: ' +
      'leave VITRINE_MODEL_CONTROL at none, or train by hand');
  }
  const { intent, customers } = opened;
  const kinds: Kind[] = [{
    watched: INTENT_WATCHED, watch: intent, companions: ['intent-why', 'intent-tfjs'],
    command: ['train', '--only', 'intent'], file: 'retrain.json',
  }];
  if (customers) {
    kinds.push({
      watched: CUSTOMERS_WATCHED, watch: customers, companions: [],
      command: ['learn-customers', '--zone', config.timeZone], file: 'retrain-customers.json',
      ask: async (version, rows) => (await askWeek(host, rows, String(version))).chances,
    });
  }
  const retrainers = new Map<string, Retrainer>();
  for (const kind of kinds) {
    const { model } = kind.watched;
    const retrainer = open(setting, kind);
    await retrainer.resume();
    retrainers.set(model, retrainer);
    for (const outcome of ['promoted', 'rejected', 'failed'] as const) {
      metrics.observe('counter', 'vitrine_retrainings_total', 'Retrainings, by how they ended',
        { model, outcome }, () => retrainer.counts[outcome]);
    }
  }
  return retrainers;
}

interface Kind {
  readonly watched: Watched;
  readonly watch: ModelWatch;
  readonly companions: readonly string[];
  readonly command: readonly string[];
  readonly file: string;
  readonly ask?: NonNullable<RetrainParts['ask']>;
}

function open(
  { config, host, repository, clock, log }: RetrainSetting,
  { watched, watch, companions, command, file, ask }: Kind,
): Retrainer {
  const { retrainHours, retrainOnDrift, dataDir } = config;
  const everyMs = retrainHours === 0 ? Infinity : retrainHours * HOUR_MS;
  return new Retrainer({
    model: watched.model, companions, repository, clock, log,
    train: () => trainApart(dataDir, command),
    models: host,
    outcomes: (sinceMs) => watch.resolvedSince(sinceMs),
    ...(ask && { ask }),
    drift: () => watch.report.firing.length > 0,
    onPromoted: (version) => {
      const { reference, promisedAuc } = newestReference(repository, watched, String(version));
      watch.rebase(reference, promisedAuc);
    },
    limits: {
      ...RETRAIN_LIMITS, everyMs,
      gapMs: Math.min(RETRAIN_LIMITS.gapMs, everyMs),
      onDrift: retrainOnDrift === 'yes',
    },
    file: join(dataDir, file),
  });
}
