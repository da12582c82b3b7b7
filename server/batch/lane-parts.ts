import type { ModelConfig } from '../catalog/model-config.ts';
import type { Clock } from '../core/clock.ts';
import type { Slab } from '../core/slab.ts';
import type { LooseRows } from './loose-rows.ts';
import type { RunTime } from './run-time.ts';
import type { Runner } from './runner.ts';

/** What a lane is made of. */
export interface LaneParts {
  readonly model: string;
  readonly version: string;
  readonly config: ModelConfig;
  readonly slab: Slab; // of `laneSlots` slots, with the rows of `laneRowBytes`
  readonly runner: Runner;
  readonly clock: Clock;
  /** Runs something when the event loop has taken all that this turn brought: `setImmediate`. */
  readonly turnEnd: (run: () => void) => void;
  /** Of a loose model: what its slots hold. */
  readonly loose?: LooseRows;
  /** Measured at load, so that the first deadlines are judged by something. */
  readonly runTime?: RunTime;
}
