import type { Config } from '../config.ts';
import type { LogLevel } from '../core/log.ts';
import { CREDIT_LIMITS, type CreditLimits } from '../routes/credit.ts';

/** What a front end's thread is started with. */
export interface FrontData {
  readonly config: Config;
  /** From 1: the first front end is the thread that loads the models. */
  readonly number: number;
  /** Requests of each front end, counted as they are answered; its own at `number`. */
  readonly tally: SharedArrayBuffer;
  readonly levels: Readonly<Record<LogLevel, boolean>>;
}

/** For one of several front ends: all of them together give out as much as a single one. */
export function creditsOf({ frontEnds }: Pick<Config, 'frontEnds'>): CreditLimits {
  const { totalMax, least } = CREDIT_LIMITS;
  return { totalMax: Math.max(least, Math.floor(totalMax / frontEnds)), least };
}
