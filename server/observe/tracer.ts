import { writeFile } from 'node:fs/promises';
import type { BatchReason } from '../core/inference.ts';
import type { Log } from '../core/log.ts';

/** Which requests are traced, with the meaning that Triton gives each. */
export interface TraceSettings {
  readonly level: 'OFF' | 'TIMESTAMPS';
  readonly rate: number; // one request in so many
  readonly count: number; // traces still to be made; -1 is no end
  readonly frequency: number; // traces a file; 0 is one file, written when the server closes
}

/** What is to be other than before; null is as if it had never been set. */
export type TraceChange = { readonly [Name in keyof TraceSettings]?: TraceSettings[Name] | null };

/** One request, in nanoseconds of the server's monotonic clock. */
export interface Trace {
  readonly model: string;
  readonly version: string;
  readonly requestId: string; // '' where it has none
  readonly batchReason: BatchReason; // why its batch left
  readonly timestamps: readonly { readonly name: string; readonly ns: number }[];
}

const DEFAULTS: TraceSettings = { level: 'OFF', rate: 1000, count: -1, frequency: 0 };
/** Traces held before they are written, whatever the settings say: a few megabytes. */
const HELD_MAX = 10_000;

/** What one model's requests, or those of all models without settings, have by themselves. */
class Scope {
  set: { -readonly [Name in keyof TraceSettings]?: TraceSettings[Name] } = {};
  seen = 0;
}

/**
 * Takes every so many a request and writes when it went where into `file`, as a JSON list in
 * Triton's form. Without a file nothing is traced.
 */
export class Tracer {
  readonly #all = new Scope();
  readonly #models = new Map<string, Scope>();
  #held: Trace[] = [];
  #made = 0;
  #files = 0;
  #writing: Promise<void> = Promise.resolve();
  #on = false; // in any scope: the only look that a request costs

  constructor(readonly file: string, private readonly log: Log) {}

  /** Of a model's requests; of those of models without settings when none is named. */
  settings(model?: string): TraceSettings {
    const own = model === undefined ? undefined : this.#models.get(model)?.set;
    return { ...DEFAULTS, ...this.#all.set, ...own };
  }

  change(model: string | undefined, change: TraceChange): void {
    const scope = model === undefined ? this.#all : (this.#models.get(model) ?? new Scope());
    const set: Record<string, unknown> = { ...scope.set };
    for (const [name, value] of Object.entries(change)) {
      if (value === null) delete set[name];
      else if (value !== undefined) set[name] = value;
    }
    scope.set = set;
    if (model !== undefined) {
      if (Object.keys(set).length === 0) this.#models.delete(model);
      else this.#models.set(model, scope);
    }
    const all = [this.settings(), ...[...this.#models.keys()].map((name) => this.settings(name))];
    this.#on = all.some(({ level }) => level !== 'OFF');
  }

  /** Whether any request may be. */
  get on(): boolean {
    return this.#on && this.file !== '';
  }

  /** Whether this request of the model is to be traced: its trace is then given to `add`. */
  sample(model: string): boolean {
    if (!this.#on || this.file === '') return false;
    const scope = this.#models.get(model) ?? this.#all;
    const { level, rate, count } = this.settings(model);
    if (level === 'OFF' || count === 0) return false;
    scope.seen += 1;
    if (scope.seen < rate) return false;
    scope.seen = 0;
    if (count > 0) scope.set.count = count - 1;
    return true;
  }

  add(trace: Trace): void {
    this.#held.push(trace);
    const { frequency } = this.settings(trace.model);
    const due = frequency > 0 && this.#held.length >= frequency;
    if (due || this.#held.length >= HELD_MAX) this.#write(`${this.file}.${this.#files++}`);
  }

  /** Writes what is held. */
  async close(): Promise<void> {
    if (this.#held.length > 0) {
      this.#write(this.#files === 0 ? this.file : `${this.file}.${this.#files++}`);
    }
    await this.#writing;
  }

  #write(file: string): void {
    const list = this.#held.flatMap((trace) => this.#entries(trace));
    this.#held = [];
    this.#writing = this.#writing.then(() => writeFile(file, JSON.stringify(list))).catch(
      (cause: Error) => this.log.error('traces are lost', { file, cause: cause.message }));
  }

  #entries({ model, version, requestId, batchReason, timestamps }: Trace): object[] {
    const id = (this.#made += 1);
    const request = requestId === '' ? {} : { request_id: requestId };
    const ours = { batch_reason: batchReason }; // beside Triton's fields
    const head = { id, model_name: model, model_version: Number(version), ...request, ...ours };
    return [head, { id, timestamps }];
  }
}
