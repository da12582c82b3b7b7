import { readFileSync } from 'node:fs';
import type { Clock } from '../core/clock.ts';
import { ServeError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { writeWhole } from '../core/whole-file.ts';
import type { Alerts } from './alerts.ts';
import type { ModelWatch, WatchReport } from './model-watch.ts';

export interface WatchSetting {
  readonly models: readonly ModelWatch[];
  readonly alerts: Alerts;
  readonly clock: Clock;
  readonly log: Log;
  readonly everyUs: number; // between two looks
  /** Where what was learned from outcomes is kept for the next start; '' is nowhere. */
  readonly file: string;
}

/** All models that are watched: looks at each now and then, and keeps what they learned. */
export class Watch {
  readonly counts = { looks: 0 };
  /** Called after each look; set by who acts on it. */
  onLook: () => void = () => {};
  #cancel: (() => void) | null = null;

  private constructor(private readonly setting: WatchSetting) {}

  /** A file that cannot be read is named in the log and begun anew. */
  static start(setting: WatchSetting): Watch {
    const watch = new Watch(setting);
    watch.#load();
    watch.#again();
    return watch;
  }

  get reports(): readonly WatchReport[] {
    return this.setting.models.map((model) => model.report);
  }

  /** Of one model. Fails with `unknown_model` where it is not watched. */
  report(model: string): WatchReport {
    const found = this.reports.find((report) => report.model === model);
    if (found) return found;
    const watched = this.reports.map((report) => report.model).join(', ') || 'none is';
    throw new ServeError('unknown_model', `'${model}' is not watched; watched: ${watched}`);
  }

  /** One look at every model, now. */
  look(): void {
    this.counts.looks += 1;
    for (const model of this.setting.models) model.look();
    this.onLook();
  }

  async close(): Promise<void> {
    this.#cancel?.();
    this.#keep();
    await this.setting.alerts.close();
  }

  #again(): void {
    const { clock, everyUs, log } = this.setting;
    this.#cancel = clock.after(everyUs, () => {
      try {
        this.look();
        this.#keep();
      } catch (cause) {
        log.error('a look at the models failed', { cause: String(cause) });
      }
      this.#again();
    });
  }

  #load(): void {
    const { file, models, log } = this.setting;
    if (file === '') return;
    try {
      const kept = JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, unknown>>;
      for (const model of models) {
        if (Object.hasOwn(kept, model.name)) model.load(kept[model.name]);
      }
    } catch (cause) {
      if ((cause as { code?: string }).code === 'ENOENT') return; // nothing has ever been
      log.warn('what was learned from outcomes is begun anew', { file, cause: String(cause) });
    }
  }

  #keep(): void {
    const { file, models, log } = this.setting;
    if (file === '') return;
    try {
      writeWhole(file, JSON.stringify(Object.fromEntries(models.map((one) => [one.name, one.save()]))));
    } catch (cause) {
      log.error('what was learned from outcomes is not kept', { file, cause: String(cause) });
    }
  }
}
