import { join } from 'node:path';
import type { Config } from './config.ts';
import type { Clock } from './core/clock.ts';
import { ServeError } from './core/errors.ts';
import type { Log } from './core/log.ts';
import type { Metrics } from './observe/metrics.ts';
import { newestReference, type OpenedWatch } from './open-watch.ts';
import { RETRAIN_LIMITS } from './retrain/plan.ts';
import { Retrainer } from './retrain/retrainer.ts';
import { trainApart } from './retrain/train-process.ts';
import type { ModelHost } from './serve.ts';

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

/**
 * Keeps purchase intent trained, where the settings ask for it and the models are this shop's own.
 * Null where they do not. Fails with `bad_argument` where the models are not in the data folder: a
 * new version could not be written beside them.
 */
export async function openRetrainer(setting: RetrainSetting): Promise<Retrainer | null> {
  const { config, host, repository, opened, clock, log, metrics } = setting;
  const { retrainHours, retrainOnDrift, dataDir } = config;
  if (retrainHours === 0 && retrainOnDrift === 'no') return null;
  if (repository !== join(dataDir, 'models')) {
    throw new ServeError('bad_argument', 'VITRINE_RETRAIN_HOURS and VITRINE_RETRAIN_ON_DRIFT need models ' +
      `in ${join(dataDir, 'models')}, but those of ${repository} are served: run \`vitrine train\` once`);
  }
  if (config.modelControl === 'poll') {
    throw new ServeError('bad_argument', 'models cannot be polled and retrained at once: ' +
      'leave VITRINE_MODEL_CONTROL at none, or train by hand');
  }
  const retrainer = new Retrainer({
    model: 'intent',
    companions: ['intent-why', 'intent-tfjs'],
    repository,
    train: () => trainApart(dataDir, 'intent'),
    models: host,
    outcomes: (sinceMs) => opened.intent.resolvedSince(sinceMs),
    drift: () => opened.intent.report.firing.length > 0,
    onPromoted: (version) => {
      const { reference, promisedAuc } = newestReference(repository, String(version));
      opened.intent.rebase(reference, promisedAuc);
    },
    clock, log,
    limits: {
      ...RETRAIN_LIMITS,
      everyMs: retrainHours === 0 ? Infinity : retrainHours * HOUR_MS,
      gapMs: Math.min(RETRAIN_LIMITS.gapMs, retrainHours === 0 ? Infinity : retrainHours * HOUR_MS),
      onDrift: retrainOnDrift === 'yes',
    },
    file: join(dataDir, 'retrain.json'),
  });
  await retrainer.resume();
  for (const outcome of ['promoted', 'rejected', 'failed'] as const) {
    metrics.observe('counter', 'vitrine_retrainings_total', 'Retrainings, by how they ended', { outcome },
      () => retrainer.counts[outcome]);
  }
  return retrainer;
}
