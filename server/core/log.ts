import type { ServeError } from './errors.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
const ORDER: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };

/** One JSON object a line: `{"at","level","what",...fields}`. No dependency, no transport. */
export class Log {
  /** Which levels are written; may be changed while the server runs. */
  readonly on: Record<LogLevel, boolean>;

  constructor(
    least: LogLevel,
    private readonly write: (line: string) => void = (line) => process.stderr.write(line + '\n'),
  ) {
    const from = (level: LogLevel): boolean => ORDER[level] >= ORDER[least];
    this.on = { debug: from('debug'), info: from('info'), warn: from('warn'), error: from('error') };
  }

  debug(what: string, fields?: Record<string, unknown>): void {
    this.#say('debug', what, fields);
  }
  info(what: string, fields?: Record<string, unknown>): void {
    this.#say('info', what, fields);
  }
  warn(what: string, fields?: Record<string, unknown>): void {
    this.#say('warn', what, fields);
  }
  error(what: string, fields?: Record<string, unknown>): void {
    this.#say('error', what, fields);
  }

  /** Writes a line that a log on another thread has made. */
  pass(line: string): void {
    this.write(line);
  }

  #say(level: LogLevel, what: string, fields: Record<string, unknown> = {}): void {
    if (!this.on[level]) return;
    this.write(JSON.stringify({ at: new Date().toISOString(), level, what, ...fields }));
  }
}

/**
 * Logs what callers are not told: of a defect all of it, under the id that the caller has; of a
 * store that fails, where its files are.
 */
export function logDefect(
  log: Log, what: string, error: ServeError, fields: Record<string, unknown> = {},
): void {
  if (error.code !== 'internal' && error.code !== 'storage') return;
  const { message, cause } = error;
  log.error(what, { ...fields, error: message, stack: cause instanceof Error ? cause.stack : cause });
}
