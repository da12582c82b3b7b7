import { readFileSync } from 'node:fs';
import type { Clock } from '../core/clock.ts';
import { asServeError, ServeError } from '../core/errors.ts';
import type { Inference } from '../core/inference.ts';
import type { Log } from '../core/log.ts';
import { float32Tensor, float32View } from '../core/tensor.ts';
import { writeWhole } from '../core/whole-file.ts';
import { pinVersions, versionsOf } from './pinned.ts';
import {
  compare, nextMove, type Comparison, type RetrainLimits, type Seen, type Stage, type Trial,
} from './plan.ts';

/** A prediction of the stable version whose outcome is known. */
export interface KnownOutcome {
  readonly row: Float32Array;
  readonly probability: number;
  readonly version: string;
  readonly label: 0 | 1;
  readonly atMs: number;
}

export interface RetrainParts {
  readonly model: string;
  /** Written and versioned together with it: its explainer, its twin for another runtime. */
  readonly companions: readonly string[];
  readonly repository: string;
  /** Learns in a process of its own and writes a version that is not served yet. */
  readonly train: () => TrainingRun;
  readonly models: {
    load(model: string): Promise<void>;
    rollout(model: string): { readonly state: string; readonly why?: string;
      readonly candidate: { readonly requests: number } };
  } & Inference;
  readonly outcomes: (sinceMs: number) => readonly KnownOutcome[];
  /** What a version says of rows; absent: its `probability` of rows of `features`. */
  readonly ask?: (version: number, rows: readonly Float32Array[]) => Promise<ArrayLike<number>>;
  readonly drift: () => boolean;
  /** A new version is the stable one: what is asked is compared with its training from now on. */
  readonly onPromoted: (version: number) => void;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: RetrainLimits;
  readonly file: string; // what is under way, over a restart
}

export interface TrainingRun {
  /** `trained`; `refused`: not better than its baselines, nothing was written; else why it failed. */
  readonly ended: Promise<'trained' | 'refused' | { readonly failed: string }>;
  stop(): void;
}

export interface LastRetraining {
  readonly outcome: 'promoted' | 'rejected' | 'failed';
  readonly version?: number;
  readonly why: string;
  readonly at: string;
}

interface Kept {
  readonly stage: Stage;
  readonly lastMs: number;
  readonly last: LastRetraining | null;
}

/** Share of the requests that a canary answers, and what it is out for, besides being wrong. */
const CANARY_SHARE = 0.1;
const SLOWER_MAX = 2;
const ROWS_AT_ONCE = 128; // outcomes; the models that recipes write take 256

/**
 * Keeps one model trained: on schedule or where it drifts, a new version is learned in the
 * background, watched as a shadow, compared on outcomes that neither version learned from, given a
 * tenth of the requests, and promoted; or rejected at any of these, and then nothing has changed.
 * Which versions are served is in the model's `config.json` at each step, so a restart in the middle
 * serves the stable version alone.
 */
export class Retrainer {
  readonly counts = { promoted: 0, rejected: 0, failed: 0 };
  #kept: Kept = { stage: { name: 'idle' }, lastMs: -Infinity, last: null };
  #run: TrainingRun | null = null;
  #comparison: Comparison | null = null;
  #turn: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(private readonly parts: RetrainParts) {
    this.#kept = { ...this.#kept, ...this.#read() };
    if (this.#kept.lastMs > -Infinity) return;
    // A schedule counts from the first start on, not from the beginning of time; drift is heard at once.
    const { everyMs, gapMs } = parts.limits;
    const lastMs = parts.clock.wallMs() - Math.min(gapMs, everyMs - gapMs);
    this.#kept = { ...this.#kept, lastMs };
  }

  get state(): {
    stage: Stage['name']; stable?: number; candidate?: number; comparison: Comparison | null;
    last: LastRetraining | null;
  } {
    const { stage, last } = this.#kept;
    return {
      stage: stage.name,
      ...(stage.name !== 'idle' && { stable: stage.stable }),
      ...('candidate' in stage && { candidate: stage.candidate }),
      comparison: this.#comparison,
      last,
    };
  }

  /** What a former process left under way is given up; the stable version is pinned already. */
  async resume(): Promise<void> {
    const { stage } = this.#kept;
    if (stage.name === 'idle') return;
    const why = 'the server ended in the middle of it';
    if (stage.name === 'training') this.#end('failed', why);
    else await this.#reject(stage, why);
  }

  /** Begins a training now. Fails with `bad_argument` while one is under way. */
  now(): void {
    const { name } = this.#kept.stage;
    if (name !== 'idle') throw new ServeError('bad_argument', `one is under way: ${name}`);
    this.#train('somebody said so');
  }

  /** One look, after any other. Never rejects. */
  look(): Promise<void> {
    return this.#inTurn(() => this.#look(), (cause) => {
      this.parts.log.error('a look at the retraining failed', { cause: String(cause) });
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#run?.stop();
    await this.#run?.ended;
    await this.#turn;
  }

  /** One step after the other: loads of two steps must not cross. */
  #inTurn(step: () => Promise<void>, failed: (cause: unknown) => void): Promise<void> {
    this.#turn = this.#turn.then(step).catch(failed);
    return this.#turn;
  }

  async #look(): Promise<void> {
    if (this.#closed) return;
    const { stage } = this.#kept;
    const move = nextMove(stage, await this.#see(stage), this.parts.limits);
    if (move.do === 'train') this.#train(move.why);
    if (stage.name === 'idle' || stage.name === 'training') return;
    if (move.do === 'canary') await this.#canary(stage, move.why);
    else if (move.do === 'promote') await this.#promote(stage, move.why);
    else if (move.do === 'reject') await this.#reject(stage, move.why);
  }

  async #see(stage: Stage): Promise<Seen> {
    const { clock, drift, models, model } = this.parts;
    const seen = { nowMs: clock.wallMs(), lastMs: this.#kept.lastMs, drift: drift() };
    if (!('candidate' in stage)) {
      return { ...seen, rolledBack: null, requests: 0, comparison: null };
    }
    const { state, why = '', candidate } = models.rollout(model);
    this.#comparison = await this.#compare(stage);
    return {
      ...seen,
      rolledBack: state === 'rolled back' ? why : null,
      requests: candidate.requests,
      comparison: this.#comparison,
    };
  }

  /** On what the stable version said since the training, the candidate asked once more. */
  async #compare({ stable, candidate, trainedMs }: Trial): Promise<Comparison | null> {
    const { outcomes, limits } = this.parts;
    const known = outcomes(trainedMs).filter(({ version }) => version === String(stable));
    if (known.length < Math.max(2, limits.outcomesMin)) return null;
    const said = new Float64Array(known.length);
    for (let at = 0; at < known.length; at += ROWS_AT_ONCE) {
      const some = known.slice(at, at + ROWS_AT_ONCE);
      said.set(await this.#ask(candidate, some.map(({ row }) => row)), at);
    }
    return compare(known.map(({ probability }) => probability), said, known.map(({ label }) => label));
  }

  async #ask(version: number, rows: readonly Float32Array[]): Promise<ArrayLike<number>> {
    const { models, model, ask } = this.parts;
    if (ask) return ask(version, rows);
    const width = rows[0]?.length ?? 0;
    const flat = new Float32Array(rows.length * width);
    rows.forEach((row, at) => flat.set(row, at * width));
    const { outputs } = await models.infer({
      model, version: String(version),
      inputs: [float32Tensor('features', [rows.length, width], flat)],
      outputs: ['probability'],
    });
    return Float32Array.from(outputs[0] ? float32View(outputs[0]) : []);
  }

  #train(why: string): void {
    const { repository, model, companions, train, clock, log } = this.parts;
    const stable = versionsOf(repository, model).at(-1);
    if (stable === undefined) {
      log.warn('there is no version to better: `vitrine train` makes the first', { model });
      return;
    }
    // From here on a new version is not served until it is promoted.
    for (const each of [model, ...companions]) {
      if (versionsOf(repository, each).includes(stable)) pinVersions(repository, each, [stable]);
    }
    const sinceMs = clock.wallMs();
    this.#keep({ ...this.#kept, stage: { name: 'training', stable, sinceMs }, lastMs: sinceMs });
    log.info('a new version is learned in the background', { model, stable, why });
    const run = train();
    this.#run = run;
    void run.ended.then((ended) => this.#inTurn(async () => {
      this.#run = null;
      if (this.#closed) return; // the next process gives it up
      if (ended === 'trained') await this.#shadow(stable, sinceMs);
      else if (ended === 'refused') this.#end('rejected', 'it does not beat its baselines');
      else this.#end('failed', ended.failed);
    }, (cause) => this.#end('failed', asServeError(cause).message)));
  }

  async #shadow(stable: number, trainedMs: number): Promise<void> {
    const { repository, model, clock } = this.parts;
    const candidate = versionsOf(repository, model).at(-1) ?? stable;
    if (candidate === stable) return this.#end('failed', 'the training wrote no version');
    const trial: Trial = { name: 'shadow', stable, candidate, sinceMs: clock.wallMs(), trainedMs };
    await this.#serve([stable, candidate], rollout(trial));
    this.#keep({ ...this.#kept, stage: trial });
    this.#say('a new version gets copies of the requests', trial);
  }

  async #canary(trial: Trial, why: string): Promise<void> {
    const next: Trial = { ...trial, name: 'canary', sinceMs: this.parts.clock.wallMs() };
    await this.#serve([trial.stable, trial.candidate], rollout(next));
    this.#keep({ ...this.#kept, stage: next });
    this.#say('a new version answers a tenth of the requests', next, why);
  }

  async #promote(trial: Trial, why: string): Promise<void> {
    await this.#serve([trial.candidate]);
    this.parts.onPromoted(trial.candidate);
    this.#say('a new version is promoted', trial, why);
    this.#end('promoted', why, trial.candidate);
  }

  async #reject(trial: Trial, why: string): Promise<void> {
    await this.#serve([trial.stable]);
    this.#say('a new version is rejected', trial, why);
    this.#end('rejected', why, trial.candidate);
  }

  /** The companions first: who asks the new version for reasons finds them. */
  async #serve(versions: readonly number[], shared?: object): Promise<void> {
    const { repository, model, companions, models } = this.parts;
    for (const each of companions) {
      const there = versionsOf(repository, each).filter((version) => versions.includes(version));
      if (there.length === 0) continue;
      pinVersions(repository, each, there);
      await models.load(each);
    }
    pinVersions(repository, model, versions, shared);
    await models.load(model);
  }

  #end(outcome: LastRetraining['outcome'], why: string, version?: number): void {
    const { clock, log, model } = this.parts;
    if (outcome === 'failed') log.error('a retraining failed', { model, why });
    else log.info('a retraining is over', { model, outcome, why });
    this.counts[outcome] += 1;
    this.#comparison = null;
    const at = new Date(clock.wallMs()).toISOString();
    const last = { outcome, ...(version !== undefined && { version }), why, at };
    this.#keep({ ...this.#kept, stage: { name: 'idle' }, last });
  }

  #say(what: string, { stable, candidate }: Trial, why?: string): void {
    const { log, model } = this.parts;
    log.info(what, { model, stable, candidate, ...(why !== undefined && { why }) });
  }

  #keep(kept: Kept): void {
    this.#kept = kept;
    writeWhole(this.parts.file, JSON.stringify(kept));
  }

  #read(): Partial<Kept> {
    try {
      return JSON.parse(readFileSync(this.parts.file, 'utf8')) as Kept;
    } catch (cause) {
      if ((cause as { code?: string }).code === 'ENOENT') return {};
      this.parts.log.warn('what was retrained before is forgotten', { cause: String(cause) });
      return {};
    }
  }
}

/** Answers of a version that learned more differ, and may: errors and latency are what is watched. */
function rollout({ name, stable, candidate }: Trial): object {
  return {
    stable, candidate,
    mode: name,
    share: name === 'shadow' ? 1 : CANARY_SHARE,
    slower_max: SLOWER_MAX,
    disagreement_max: 1,
    error_margin: 0,
  };
}
