import { ServeError } from '../../core/errors.ts';
import type { Currencies } from '../../intake/currencies.ts';

/** How an import is told what to do with rows that are wrong, and where it says how far it is. */
export interface ImportOptions {
  /** Count wrong rows instead of ending at the first one. */
  readonly skipBad: boolean;
  /** Takes one line of text, some times a second at most. */
  readonly progress: (line: string) => void;
  /** Of Online Retail: nothing after this moment of the shop's own clock, read as if it were UTC. */
  readonly untilMs?: number;
  /** Of sequences: so many of the newest items of each customer are left out. */
  readonly leaveOut?: number;
  /** What prices of other currencies are worth; absent: they are taken as they are. */
  readonly currencies?: Currencies;
  /** Events in one commit; as many as are packed at once when absent. */
  readonly commitEvents?: number;
  /** Told of each commit, and waited for. */
  readonly committed?: (events: number) => Promise<void>;
}

/** What became of the rows of a file. */
export interface ImportSummary {
  readonly rows: number; // read
  readonly events: number; // new ones
  readonly duplicates: number; // events that the store had already
  readonly items: number; // added or replaced
  /** Rows that were left out, by reason. */
  readonly skipped: Readonly<Record<string, number>>;
}

/** A row that is wrong: not the file as a whole, nor the disk. Says what its cause says. */
export class BadRow extends ServeError {
  constructor(cause: ServeError) {
    super(cause.code, cause.detail, { cause });
  }
}

function isBad(error: unknown): error is ServeError {
  if (!(error instanceof ServeError)) return false;
  return error.code === 'bad_argument' || error.code === 'bad_request';
}

/** Counts rows while an import runs. */
export class Tally {
  rows = 0;
  events = 0;
  duplicates = 0;
  items = 0;
  readonly skipped: Record<string, number> = {};

  constructor(private readonly options: ImportOptions) {}

  skip(reason: string): void {
    this.skipped[reason] = (this.skipped[reason] ?? 0) + 1;
  }

  /** Runs what reads one row. Fails with `BadRow` if it is wrong, or counts it under `skipBad`. */
  row(read: () => void): void {
    this.rows += 1;
    try {
      read();
    } catch (error) {
      if (!isBad(error)) throw error;
      if (!this.options.skipBad) throw new BadRow(error);
      this.skip('bad');
    }
    if (this.rows % 100_000 > 0) return;
    this.options.progress(`${this.rows} rows, ${this.events} events`);
  }

  get summary(): ImportSummary {
    const { rows, events, duplicates, items, skipped } = this;
    return { rows, events, duplicates, items, skipped };
  }
}

/** The summary as lines for a terminal. */
export function formatSummary(summary: ImportSummary): string {
  const { rows, events, duplicates, items, skipped } = summary;
  const reasons = Object.entries(skipped).sort((a, b) => b[1] - a[1]);
  return [
    `${rows} rows read: ${events} new events, ${duplicates} known already, ${items} items`,
    ...reasons.map(([reason, count]) => `${count} rows left out: ${reason}`),
  ].join('\n');
}
