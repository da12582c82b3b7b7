import type { RolloutConfig } from '../catalog/model-config.ts';
import { Histogram } from '../core/histogram.ts';
import { bounds } from './confidence.ts';

/** What is worse about the candidate, and the figures that say so. */
export interface Verdict {
  readonly what: 'errors' | 'latency' | 'disagreement';
  readonly text: string;
}

export interface Arm {
  requests: number; // that ended in an answer or an error of the server's
  errors: number;
  timed: number; // answers since there is a limit for them
  slow: number; // of those, past it
}

/** Quantile of the stable version's latency that the limit is made of. */
const SLOW_QUANTILE = 0.95;
/** Two rates and a disagreement are watched: each has its share of the false alarms. */
const TESTS = 3;

/**
 * Whether the candidate is worse, looked at after every request: its lower bound lies above the
 * stable version's upper one (and what the config allows), both holding at all times at once.
 * So a candidate that is no worse is ever rolled back with probability `alpha` at most.
 */
export class RolloutJudge {
  readonly stable: Arm = { requests: 0, errors: 0, timed: 0, slow: 0 };
  readonly candidate: Arm = { requests: 0, errors: 0, timed: 0, slow: 0 };
  compared = 0; // pairs of answers
  differing = 0;
  /** Answers later than this are slow; Infinity until the stable version has given enough. */
  slowUs = Infinity;
  readonly #firstUs = new Histogram(); // of the stable version, until the limit is known

  constructor(private readonly config: RolloutConfig) {}

  /** A request of the stable version ended. The limit is made of the first ones, and then stays. */
  stableEnded(answered: boolean, us: number): void {
    count(this.stable, answered, us, this.slowUs);
    if (!answered || this.slowUs < Infinity) return;
    this.#firstUs.record(us);
    if (this.#firstUs.count < this.config.requests_min) return;
    this.slowUs = this.#firstUs.percentile(SLOW_QUANTILE) * this.config.slower_max;
  }

  candidateEnded(answered: boolean, us: number): void {
    count(this.candidate, answered, us, this.slowUs);
  }

  /** Both answered the same request. */
  comparedWith(differs: boolean): void {
    this.compared += 1;
    if (differs) this.differing += 1;
  }

  /** Null while nothing speaks against it. */
  get verdict(): Verdict | null {
    const { alpha, error_margin, disagreement_max, requests_min } = this.config;
    const { stable, candidate } = this;
    if (candidate.requests < requests_min && candidate.errors < requests_min / 2) return null;
    const each = alpha / TESTS;
    const errors = compare(
      rate(candidate, 'errors', 'requests'), rate(stable, 'errors', 'requests'),
      error_margin, each / 2,
    );
    if (errors) return { what: 'errors', text: `errors ${errors}` };
    const slow = compare(
      rate(candidate, 'slow', 'timed'), rate(stable, 'slow', 'timed'), 0, each / 2,
    );
    if (slow) {
      const limit = `${Math.round(this.slowUs)} us`;
      return { what: 'latency', text: `answers later than ${limit} ${slow}` };
    }
    const { low } = bounds(this.differing, this.compared, each);
    if (low <= disagreement_max) return null;
    const share = percent(this.differing / this.compared);
    const text = `${share} of ${this.compared} answers differ (at least ${percent(low)}), ` +
      `allowed are ${percent(disagreement_max)}`;
    return { what: 'disagreement', text };
  }
}

function count(arm: Arm, answered: boolean, us: number, slowUs: number): void {
  arm.requests += 1;
  if (!answered) {
    arm.errors += 1;
  } else if (slowUs < Infinity) {
    arm.timed += 1;
    if (us > slowUs) arm.slow += 1;
  }
}

interface Rate { readonly events: number; readonly trials: number }

function rate(arm: Arm, events: 'errors' | 'slow', trials: 'requests' | 'timed'): Rate {
  return { events: arm[events], trials: arm[trials] };
}

/** How the candidate's rate is above the stable one's; '' where it may as well not be. */
function compare(candidate: Rate, stable: Rate, margin: number, alpha: number): string {
  const { low } = bounds(candidate.events, candidate.trials, alpha);
  const { high } = bounds(stable.events, stable.trials, alpha);
  if (low <= high + margin) return '';
  const of = ({ events, trials }: Rate): string => `${events} of ${trials}`;
  return `${of(candidate)} (at least ${percent(low)}), stable ${of(stable)} (at most ${percent(high)})`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}
