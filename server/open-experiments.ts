import { join } from 'node:path';
import type { Config } from './config.ts';
import type { Clock } from './core/clock.ts';
import type { Log } from './core/log.ts';
import { checkArms } from './experiments/check-arms.ts';
import { Experiments } from './experiments/experiments.ts';
import { experimentMetrics } from './experiments/experiment-metrics.ts';
import type { Metrics } from './observe/metrics.ts';
import type { Store } from './store/store.ts';
import type { ArmEncoders } from './storefront/arm-encoders.ts';

export interface ExperimentParts {
  readonly store: Store;
  readonly retriever: { readonly sources: readonly string[] };
  readonly placements: ReadonlyMap<string, unknown>;
  readonly encoders: Pick<ArmEncoders, 'open'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** The shop's experiments, in `DATA/experiments.json` unless another file is named. */
export function openExperiments(config: Config, parts: ExperimentParts): Experiments {
  const { store, retriever, placements, encoders, clock, log, metrics } = parts;
  const experiments = Experiments.open({
    file: config.experiments === '' ? join(config.dataDir, 'experiments.json') : config.experiments,
    folder: join(config.dataDir, 'experiments'),
    store, clock, log,
    check: (definitions) => checkArms(definitions, {
      sources: retriever.sources, placements: [...placements.keys()],
      openEncoder: (name) => encoders.open(name),
    }),
  });
  metrics.include(() => experimentMetrics(experiments.runs));
  return experiments;
}
