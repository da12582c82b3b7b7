import type { Desk, InferStart } from '../batch/desk.ts';
import type { InferSettled } from '../batch/infer.ts';
import type { RolloutConfig } from '../catalog/model-config.ts';
import type { Clock } from '../core/clock.ts';
import { asServeError, type FailureCode, type ServeError } from '../core/errors.ts';
import type { InferRequest, InferResult } from '../core/inference.ts';
import { differ } from './differ.ts';
import { ownTensors } from './own-tensors.ts';
import { type Arm, RolloutJudge } from './rollout-judge.ts';

export interface RolloutParts {
  readonly config: RolloutConfig;
  readonly stable: InferStart;
  readonly candidate: InferStart;
  readonly clock: Clock;
  /** Uniform over [0, 1): for requests that bring no key. */
  readonly chance: () => number;
  /** Why it was rolled back before; null where it was not. */
  readonly rolledBack: RolledBack | null;
  readonly onRolledBack: (state: RolledBack) => void;
}

export interface RolledBack {
  readonly why: string;
  readonly at: string; // ISO 8601
}

/** What is told of a rollout. */
export interface RolloutState {
  readonly config: RolloutConfig;
  readonly state: 'running' | 'rolled back';
  readonly why?: string;
  readonly at?: string;
  readonly stable: Readonly<Arm>;
  readonly candidate: Readonly<Arm>;
  readonly compared: number;
  readonly differing: number;
  /** Answers later than this are slow; null until the stable version has given enough. */
  readonly slow_us: number | null;
}

/** Errors that say something of the version; the others are the request's, or the server's end. */
const OWN_ERRORS: readonly FailureCode[] = ['backend', 'deadline', 'overloaded', 'internal'];

/**
 * Two versions of a model: the stable one answers, the candidate gets a share. As a canary it
 * answers that share, and where it cannot the stable version does; as a shadow it gets copies, and
 * its answers are compared and dropped. The candidate is out as soon as it is found to be worse.
 */
export class Rollout implements Desk {
  readonly sequences = false;
  readonly #parts: RolloutParts;
  #judge: RolloutJudge;
  #rolledBack: RolledBack | null;

  constructor(parts: RolloutParts) {
    this.#parts = parts;
    this.#judge = new RolloutJudge(parts.config);
    this.#rolledBack = parts.rolledBack;
  }

  get state(): RolloutState {
    const { stable, candidate, compared, differing, slowUs } = this.#judge;
    return {
      config: this.#parts.config,
      state: this.#rolledBack ? 'rolled back' : 'running',
      ...this.#rolledBack,
      stable: { ...stable }, candidate: { ...candidate }, compared, differing,
      slow_us: slowUs === Infinity ? null : Math.round(slowUs),
    };
  }

  /** Everything to the stable version, from now on. */
  rollBack(why: string): void {
    if (this.#rolledBack) return;
    this.#rolledBack = { why, at: new Date(this.#parts.clock.wallMs()).toISOString() };
    this.#parts.onRolledBack(this.#rolledBack);
  }

  /** Begins anew: nothing is held against the candidate any more. */
  restart(): void {
    this.#judge = new RolloutJudge(this.#parts.config);
    this.#rolledBack = null;
  }

  readonly start: InferStart = (request, settled) => {
    const { config, stable } = this.#parts;
    if (this.#rolledBack) return stable(request, settled);
    if (!this.#chosen(request)) return this.#timed(stable, request, settled, 'stable');
    return config.mode === 'canary'
      ? this.#canary(request, settled)
      : this.#shadow(request, settled);
  };

  /** By key a caller stays with its version as long as the share does; by chance it does not. */
  #chosen({ parameters, requestId }: InferRequest): boolean {
    const { key, share } = this.#parts.config;
    if (key === '') return this.#parts.chance() < share;
    const value = key === 'id' ? requestId : parameters?.[key];
    return value !== undefined && hashed(String(value)) < share;
  }

  #canary(request: InferRequest, settled: InferSettled): () => boolean {
    const { clock, candidate, stable } = this.#parts;
    const kept = { ...request, inputs: ownTensors(request.inputs) };
    const fromUs = clock.nowUs();
    let cancel = (): boolean => false;
    const fallBack = (): (() => boolean) => {
      const leftMs = (request.deadlineMs ?? Infinity) - (clock.nowUs() - fromUs) / 1000;
      return stable(
        leftMs === Infinity ? kept : { ...kept, deadlineMs: Math.max(0, leftMs) }, settled,
      );
    };
    try {
      cancel = this.#timed(candidate, request, (error, result) => {
        if (!error || !(error.code === 'backend' || error.code === 'internal')) {
          return settled(error, result);
        }
        try {
          cancel = fallBack();
        } catch (refused) {
          settled(asServeError(refused), null);
        }
      }, 'candidate');
    } catch (refused) {
      if (asServeError(refused).code !== 'overloaded') throw refused;
      cancel = fallBack();
    }
    return () => cancel();
  }

  /** Copies that the candidate gets are nobody's: what becomes of them is only watched. */
  #shadow(request: InferRequest, settled: InferSettled): () => boolean {
    const { stable, candidate, config } = this.#parts;
    const answers: (InferResult | null)[] = [];
    const compare = (result: InferResult | null): void => {
      answers.push(result);
      const [one, other] = answers;
      if (!one || !other) return;
      this.#judge.comparedWith(differ(one.outputs, other.outputs, config.tolerance));
      this.#look();
    };
    const cancel = this.#timed(stable, request, (error, result) => {
      settled(error, result);
      compare(result);
    }, 'stable');
    try {
      this.#timed(candidate, request, (_, result) => compare(result), 'candidate');
    } catch {
      // It is counted, and the caller has the stable version's answer.
    }
    return cancel;
  }

  #timed(
    start: InferStart, request: InferRequest, settled: InferSettled, arm: 'stable' | 'candidate',
  ): () => boolean {
    const judge = this.#judge;
    const fromUs = this.#parts.clock.nowUs();
    const ended = (error: ServeError | null): void => {
      if (error && !OWN_ERRORS.includes(error.code)) return;
      const us = this.#parts.clock.nowUs() - fromUs;
      if (arm === 'stable') judge.stableEnded(error === null, us);
      else judge.candidateEnded(error === null, us);
      this.#look();
    };
    try {
      return start(request, (error, result) => {
        ended(error);
        settled(error, result);
      });
    } catch (refused) {
      ended(asServeError(refused));
      throw refused;
    }
  }

  #look(): void {
    if (this.#rolledBack) return;
    const { verdict } = this.#judge;
    if (verdict) this.rollBack(verdict.text);
  }
}

/** FNV-1a with a last mix, as a share of all there are: near texts lie far apart. */
export function hashed(text: string): number {
  let hash = 0x811c_9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x0100_0193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
