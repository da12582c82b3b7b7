import type { LaneTensor } from '../batch/lane.ts';
import type { LaneStats } from '../batch/lane-stats.ts';
import type { ModelConfig } from '../catalog/model-config.ts';

/** What a lane that is no batcher's says of itself. */
export class LaneFace {
  readonly model: string;
  readonly version: string;
  readonly config: ModelConfig;
  readonly inputs: readonly LaneTensor[];
  readonly outputs: readonly LaneTensor[];
  readonly rowsMax: number;
  readonly stats: LaneStats;

  constructor({ model, version, config, inputs, outputs, rowsMax, stats }: LaneFace) {
    this.model = model;
    this.version = version;
    this.config = config;
    this.inputs = inputs;
    this.outputs = outputs;
    this.rowsMax = rowsMax;
    this.stats = stats;
  }
}
