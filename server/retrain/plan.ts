/** Where a retraining is; written to disk, so that a restart knows what was under way. */
export type Stage =
  | { readonly name: 'idle' }
  | { readonly name: 'training'; readonly stable: number; readonly sinceMs: number }
  | Trial;

/** A candidate beside the stable version: first as a shadow, then with a share of the requests. */
export interface Trial {
  readonly name: 'shadow' | 'canary';
  readonly stable: number;
  readonly candidate: number;
  readonly sinceMs: number; // of this stage
  readonly trainedMs: number; // outcomes from then on are news to both versions
}

export interface RetrainLimits {
  readonly everyMs: number; // on schedule; Infinity: never
  readonly onDrift: boolean;
  readonly gapMs: number; // between two trainings at least, whatever drifts
  readonly requestsMin: number; // that the candidate has answered, in each stage
  readonly outcomesMin: number; // that both are compared on, before the candidate gets a share
  readonly trialMsMax: number; // of a stage: a shop without visitors proves nothing
}

export const RETRAIN_LIMITS = {
  gapMs: 86_400_000, requestsMin: 200, outcomesMin: 200, trialMsMax: 14 * 86_400_000,
} as const;

/** What is known at a look. */
export interface Seen {
  readonly nowMs: number;
  readonly lastMs: number; // when the last training began; -Infinity: never
  readonly drift: boolean; // an alert of the model is firing
  /** Of the trial's rollout. */
  readonly rolledBack: string | null; // why
  readonly requests: number; // that the candidate has answered in this stage
  /** Outcomes of the trial; null while there are too few. */
  readonly comparison: Comparison | null;
}

/** Both versions on the same outcomes: mean log loss in nats, and the difference's standard error. */
export interface Comparison {
  readonly rows: number;
  readonly stable: number;
  readonly candidate: number;
  readonly error: number; // of `candidate - stable`
}

export type Move =
  | { readonly do: 'wait' }
  | { readonly do: 'train'; readonly why: string }
  | { readonly do: 'canary'; readonly why: string }
  | { readonly do: 'promote'; readonly why: string }
  | { readonly do: 'reject'; readonly why: string };

/** Two standard errors: what is worse by more is worse. */
const SURELY = 2;

/** What to do next. Pure. */
export function nextMove(stage: Stage, seen: Seen, limits: RetrainLimits): Move {
  if (stage.name === 'training') return { do: 'wait' };
  if (stage.name === 'idle') return whenIdle(seen, limits);
  if (seen.rolledBack !== null) return { do: 'reject', why: seen.rolledBack };
  const enough = seen.requests >= limits.requestsMin;
  if (stage.name === 'canary' && enough) {
    return { do: 'promote', why: `${seen.requests} requests as a canary, none the worse for it` };
  }
  if (stage.name === 'shadow' && enough && seen.comparison) return judged(seen.comparison);
  if (seen.nowMs - stage.sinceMs <= limits.trialMsMax) return { do: 'wait' };
  return { do: 'reject', why: `too little came to judge it by: ${seen.requests} requests` };
}

function whenIdle({ nowMs, lastMs, drift }: Seen, { everyMs, onDrift, gapMs }: RetrainLimits): Move {
  if (nowMs - lastMs < gapMs) return { do: 'wait' };
  if (drift && onDrift) return { do: 'train', why: 'what the model is asked or told has changed' };
  return nowMs - lastMs >= everyMs ? { do: 'train', why: 'it is time' } : { do: 'wait' };
}

/** The candidate has to be better, and not by chance alone worse. */
function judged({ rows, stable, candidate, error }: Comparison): Move {
  const said = `log loss ${candidate.toFixed(4)} beside ${stable.toFixed(4)} on ${rows} outcomes ` +
    'that neither had learned from';
  if (candidate - stable > SURELY * error) return { do: 'reject', why: `worse: ${said}` };
  if (candidate > stable) return { do: 'reject', why: `no better: ${said}` };
  return { do: 'canary', why: `better: ${said}` };
}

/** Mean log losses of two versions of a model on the same labels (0 or 1). At least two rows. */
export function compare(
  stable: ArrayLike<number>, candidate: ArrayLike<number>, labels: ArrayLike<number>,
): Comparison {
  const rows = labels.length;
  let [first, second, squares] = [0, 0, 0];
  for (let i = 0; i < rows; i += 1) {
    const [a, b] = [loss(stable[i]!, labels[i]!), loss(candidate[i]!, labels[i]!)];
    first += a;
    second += b;
    squares += (b - a) ** 2;
  }
  const mean = (second - first) / rows;
  const variance = Math.max(0, (squares - rows * mean * mean) / (rows - 1));
  return { rows, stable: first / rows, candidate: second / rows, error: Math.sqrt(variance / rows) };
}

function loss(p: number, label: number): number {
  return -Math.log(Math.max(1e-12, label === 1 ? p : 1 - p));
}
