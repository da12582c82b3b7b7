import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { ServeError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { Prng } from '../core/prng.ts';
import { writeWhole } from '../core/whole-file.ts';
import type { Store } from '../store/store.ts';
import type { Asker, Trial, TrialRequest, Trials } from '../storefront/trial.ts';
import type { ShopEvent } from '../wire/schema.ts';
import type { Experiment } from './definition.ts';
import { forgetIn } from './forget-unit.ts';
import { parseExperiments } from './parse-definition.ts';
import { results, summary } from './results.ts';
import { Run } from './run.ts';
import { Posteriors } from './thompson.ts';
import { forcedTrial, makeTrial } from './trial-maker.ts';

export interface ExperimentsSetting {
  readonly file: string; // experiments.json; need not be there
  readonly folder: string; // of the logs, one an experiment
  readonly store: Pick<Store, 'events' | 'eventCount' | 'itemAt'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Fails with `bad_argument` where an arm wants what this server has not. */
  readonly check?: (experiments: readonly Experiment[]) => void;
}

const SYNC_US = 1_000_000;
const LOG_SUFFIX = '.jsonl';

/** All experiments of a shop: who takes part in what, and what came of it. */
export class Experiments implements Trials {
  #runs: readonly Run[] = [];
  #said: object = { experiments: [] };
  #cancel: () => void = () => {};
  readonly #prng: Prng;
  #drawn: Posteriors | null = null;
  readonly #posteriors = (): Posteriors => (this.#drawn ??= new Posteriors(this.#prng));

  private constructor(private readonly setting: ExperimentsSetting) {
    this.#prng = new Prng(setting.clock.wallMs() % 2 ** 32);
  }

  /**
   * Reads definitions and logs, and what has happened since those were written. Fails with
   * `bad_argument` naming file and path of what is wrong, or `storage`.
   */
  static open(setting: ExperimentsSetting): Experiments {
    const experiments = new Experiments(setting);
    const { file } = setting;
    if (existsSync(file)) {
      try {
        experiments.#become(parsed(readFileSync(file, 'utf8')));
      } catch (cause) {
        if (!(cause instanceof ServeError)) throw cause;
        throw new ServeError(cause.code, `${file}: ${cause.detail}`, { cause });
      }
    }
    experiments.#catchUp();
    experiments.#syncLater();
    return experiments;
  }

  get runs(): readonly Run[] {
    return this.#runs;
  }

  get idle(): boolean {
    return this.#runs.length === 0;
  }

  begin(request: TrialRequest, asker: Asker): Trial | null {
    if (request.arms !== undefined) return forcedTrial(this.#runs, request.arms);
    if (this.#runs.length === 0) return null;
    const { store } = this.setting;
    const parts = {
      prng: this.#prng, posteriors: this.#posteriors, nowMs: this.setting.clock.wallMs(),
      itemAt: (row: number) => store.itemAt(row),
    };
    return makeTrial(this.#runs, request, asker, parts);
  }

  seen(event: ShopEvent, sequence: number): void {
    for (const run of this.#runs) run.seen(event, sequence);
  }

  /** Of running ones and of those whose files are left. */
  forget(customer: string): void {
    const { folder, store, log } = this.setting;
    try {
      if (!existsSync(folder)) return;
      for (const name of readdirSync(folder).filter((one) => one.endsWith(LOG_SUFFIX))) {
        const path = join(folder, name);
        const run = this.#runs.find(({ definition }) => `${definition.name}${LOG_SUFFIX}` === name);
        run?.mark(store.eventCount);
        run?.close();
        const at = { sequence: store.eventCount, atMs: this.#nowMs };
        const reopen = (): void => {
          if (!run) return;
          const again = Run.open(run.definition, path, at, log);
          this.#runs = this.#runs.map((one) => (one === run ? again : one));
        };
        try {
          forgetIn(path, customer);
        } finally {
          reopen();
        }
      }
    } catch (cause) {
      if (cause instanceof ServeError) throw cause;
      throw new ServeError('storage', `${folder}: ${(cause as Error).message}`, { cause });
    }
  }

  /** As the file has them. */
  get definitions(): object {
    return { ...this.#said, running: this.#runs.map((run) => summary(run, this.#nowMs)) };
  }

  /** Fails with `bad_argument` where there is no such experiment. */
  results(name: string): object {
    const run = this.#runs.find(({ definition }) => definition.name === name);
    if (run) return results(run, this.#nowMs);
    const known = this.#runs.map(({ definition }) => definition.name).join(', ') || 'none';
    throw new ServeError('unknown_path', `there is no experiment '${name}'; there are: ${known}`);
  }

  /**
   * Other definitions from now on, written to the file. Fails with `bad_argument`, and nothing has
   * changed: where one is wrong, or changes what its units were counted under (stop it, and begin
   * another by another name). One that is left out keeps its log, and goes on if it comes back.
   */
  replace(value: unknown): void {
    const before = { runs: this.#runs, said: this.#said };
    this.#become(value);
    try {
      writeWhole(this.setting.file, `${JSON.stringify(value, null, 2)}\n`);
    } catch (cause) {
      [this.#runs, this.#said] = [before.runs, before.said];
      throw new ServeError('storage', `${this.setting.file}: ${(cause as Error).message}`, { cause });
    }
  }

  close(): void {
    this.#cancel();
    const { eventCount } = this.setting.store;
    for (const run of this.#runs) {
      run.mark(eventCount);
      run.close();
    }
    this.#runs = [];
  }

  get #nowMs(): number {
    return this.setting.clock.wallMs();
  }

  #become(value: unknown): void {
    const { folder, store, log, check } = this.setting;
    const definitions = parseExperiments(value);
    check?.(definitions);
    const opened: Run[] = [];
    try {
      const runs = definitions.map((definition, i) => {
        const known = this.#runs.find((run) => run.definition.name === definition.name);
        const path = join(folder, `${definition.name}${LOG_SUFFIX}`);
        const at = { sequence: store.eventCount, atMs: this.#nowMs };
        const goesOn = known && (known.unitCount > 0 || known.changes(definition) === null);
        const run = goesOn ? known : Run.open(definition, path, at, log);
        if (!goesOn) opened.push(run);
        const what = run.changes(definition);
        if (what !== null) {
          throw new ServeError('bad_argument', `experiments[${i}] ('${definition.name}'): ${what} ` +
            `changed, and ${run.unitCount} units are counted under the former: take another name`);
        }
        return { run, definition };
      });
      for (const { run, definition } of runs) run.definition = definition;
      const kept = runs.map(({ run }) => run);
      for (const run of this.#runs.filter((one) => !kept.includes(one))) {
        run.mark(store.eventCount);
        run.close();
      }
      this.#runs = kept;
      this.#said = value as object;
    } catch (error) {
      for (const run of opened) run.close();
      throw error;
    }
  }

  /** Events that were committed and not yet counted when the last process ended. */
  #catchUp(): void {
    const { store, log } = this.setting;
    const running = this.#runs.filter(({ sequence }) => sequence < store.eventCount);
    if (running.length === 0) return;
    const from = Math.min(...running.map(({ sequence }) => sequence));
    for (const { sequence, event } of store.events(from)) {
      for (const run of running) run.seen(event, sequence);
    }
    log.info('experiments have caught up with the log', { events: store.eventCount - from });
  }

  #syncLater(): void {
    this.#cancel = this.setting.clock.after(SYNC_US, () => {
      for (const run of this.#runs) run.sync();
      this.#syncLater();
    });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ServeError('bad_argument', (cause as Error).message, { cause });
  }
}
