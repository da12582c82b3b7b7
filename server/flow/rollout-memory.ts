import { readFileSync } from 'node:fs';
import type { RolloutConfig } from '../catalog/model-config.ts';
import type { Log } from '../core/log.ts';
import { writeWhole } from '../core/whole-file.ts';
import type { RolledBack } from './rollout.ts';

type Kept = Record<string, { readonly config: RolloutConfig; readonly rolledBack: RolledBack }>;

/**
 * Which rollouts were rolled back, for the next start of the server: a candidate that was found to
 * be worse stays out until its config changes or somebody says so. In one file; '' keeps nothing.
 */
export class RolloutMemory {
  #kept: Kept = {};

  constructor(private readonly file: string, private readonly log: Log) {
    if (file === '') return;
    try {
      this.#kept = JSON.parse(readFileSync(file, 'utf8')) as Kept;
    } catch (cause) {
      if ((cause as { code?: string }).code === 'ENOENT') return; // nothing has ever been
      log.error('rollouts that were rolled back are forgotten', { file, cause: String(cause) });
    }
  }

  /** Null where that model was not, or under another config. */
  recall(model: string, config: RolloutConfig): RolledBack | null {
    const found = Object.hasOwn(this.#kept, model) ? this.#kept[model] : undefined;
    return found && JSON.stringify(found.config) === JSON.stringify(config)
      ? found.rolledBack
      : null;
  }

  keep(model: string, config: RolloutConfig, rolledBack: RolledBack): void {
    this.#kept[model] = { config, rolledBack };
    this.#write();
  }

  forget(model: string): void {
    delete this.#kept[model];
    this.#write();
  }

  #write(): void {
    if (this.file === '') return;
    try {
      writeWhole(this.file, JSON.stringify(this.#kept, null, 1));
    } catch (cause) {
      this.log.error(
        'a rollout will be forgotten at the end', { file: this.file, cause: String(cause) },
      );
    }
  }
}
