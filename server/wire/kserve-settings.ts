import { KserveError } from './kserve-error.ts';
import { controlFields } from './kserve-repository.ts';
import type { Fields } from './fields.ts';

/** `server/observe/tracer.ts` has what each of them means. */
export interface TraceFields {
  readonly level: 'OFF' | 'TIMESTAMPS';
  readonly rate: number;
  readonly count: number;
  readonly frequency: number;
}

const UINT32_MAX = 2 ** 32 - 1;
const INT32_MAX = 2 ** 31 - 1;

/**
 * What a trace setting asks to be changed; null is as if it had never been set. Numbers come as
 * texts. Fails with `bad_argument`, or `unsupported` for the file and for tensors in traces.
 */
export function decodeTraceChange(
  body: Uint8Array,
): { [Name in keyof TraceFields]?: TraceFields[Name] | null } {
  const fields = controlFields(body);
  if (fields.has('trace_file')) throw new KserveError('unsupported', FILE_IS_FIXED('trace'));
  return {
    ...changed(fields, 'trace_level', 'level', () => decodeLevel(fields)),
    ...changed(fields, 'trace_rate', 'rate', () => number(fields, 'trace_rate', 1, UINT32_MAX)),
    ...changed(fields, 'trace_count', 'count', () => number(fields, 'trace_count', -1, INT32_MAX)),
    ...changed(fields, 'log_frequency', 'frequency', () =>
      number(fields, 'log_frequency', 0, UINT32_MAX)),
  };
}

export function encodeTraceSettings(settings: TraceFields, file: string): string {
  return JSON.stringify({
    trace_level: [settings.level],
    trace_rate: String(settings.rate),
    trace_count: String(settings.count),
    log_frequency: String(settings.frequency),
    trace_file: file,
  });
}

/** Which levels are logged; those that a request leaves alone are undefined. */
export interface LogSettings {
  readonly info?: boolean | undefined;
  readonly warn?: boolean | undefined;
  readonly error?: boolean | undefined;
  readonly debug?: boolean | undefined;
}

/** Fails with `bad_argument`, or `unsupported` for the file and for another format. */
export function decodeLogSettings(body: Uint8Array): LogSettings {
  const fields = controlFields(body);
  if (fields.has('log_file')) throw new KserveError('unsupported', FILE_IS_FIXED('log'));
  const format = fields.raw('log_format');
  if (format !== undefined && format !== LOG_FORMAT) {
    throw new KserveError('unsupported',
      `invalid argument for log_format, got: ${String(format).slice(0, 40)}: lines are JSON with ` +
        `times as ${LOG_FORMAT}`);
  }
  const verbose = fields.optionalInteger('log_verbose_level', 0, INT32_MAX);
  return {
    info: fields.flag('log_info'),
    warn: fields.flag('log_warning') ?? fields.flag('log_warnings'),
    error: fields.flag('log_error') ?? fields.flag('log_errors'),
    debug: verbose === undefined ? undefined : verbose > 0,
  };
}

export function encodeLogSettings({ info, warn, error, debug }: LogSettings): string {
  return JSON.stringify({
    log_file: '',
    log_info: info,
    log_warning: warn,
    log_error: error,
    log_verbose_level: debug ? 1 : 0,
    log_format: LOG_FORMAT,
  });
}

const LOG_FORMAT = 'ISO8601';
const FILE_IS_FIXED = (what: string): string =>
  `${what} file location can not be updated through network protocol`;

/** `{key: value}` where the request has the field; null where it holds null. */
function changed<Key extends string, Value>(
  fields: Fields, name: string, key: Key, decode: () => Value,
): { [K in Key]?: Value | null } {
  if (fields.has(name)) return { [key]: decode() } as { [K in Key]?: Value };
  return (fields.names().includes(name) ? { [key]: null } : {}) as { [K in Key]?: null };
}

function decodeLevel(fields: Fields): 'OFF' | 'TIMESTAMPS' {
  const levels = fields.list('trace_level', 1, 8, (level) => level);
  if (levels.includes('OFF') && levels.length > 1) {
    throw new KserveError('bad_argument', "Expect only one trace level 'OFF' is specified");
  }
  const unknown = levels.find((level) => level !== 'OFF' && level !== 'TIMESTAMPS');
  if (unknown !== undefined) {
    const text = `trace level '${String(unknown).slice(0, 40)}' is not supported`;
    throw new KserveError('unsupported', text);
  }
  return levels[0] as 'OFF' | 'TIMESTAMPS';
}

function number(fields: Fields, name: string, min: number, max: number): number {
  const text = fields.raw(name);
  if (typeof text !== 'string' || !/^-?\d+$/.test(text)) {
    throw new KserveError('bad_argument',
      `Unable to parse '${name}', got: ${String(text).slice(0, 40)}`);
  }
  const value = Number(text);
  if (value >= min && value <= max) return value;
  throw new KserveError('bad_argument',
    `Unable to parse '${name}', value is out of range [ ${min}, ${max} ], got: ${text.slice(0, 40)}`);
}
