import { parseArgs, type ParseArgsConfig } from 'node:util';
import { ServeError } from '../../server/core/errors.ts';
import type { SourceOptions } from './source.ts';

/** Options that name a source of traffic, for every command that takes one. */
export const SOURCE_OPTIONS = {
  traffic: { type: 'string' }, scenario: { type: 'string' }, replay: { type: 'string' },
  rate: { type: 'string' }, seconds: { type: 'string', default: '10' }, speed: { type: 'string', default: '1' },
  seed: { type: 'string', default: '1' }, tag: { type: 'string' }, sale: { type: 'string' },
} as const satisfies ParseArgsConfig['options'];

export const SOURCE_USAGE = `  --traffic    simulated visitors, by a profile: yoochoose, diginetica, online-retail, or
               a file that 'traffic fit' wrote
  --scenario   ETUDE's: groceries-small, groceries-large, fashion, e-commerce, platform
  --replay     a data set of visits ('traffic fit --help' says which), in order, as live traffic
  --rate       requests a second on average, by chance (100;
    a scenario's own); a replay with times is sped up to
               it, or slowed down
  --seconds    of the run (10)         --speed  seconds of the shop in one of the run (1)
  --seed       (1): the same requests  --tag    begins all ids; runs with different ones share no visitor
  --sale AT,SECONDS,PEAK   a flash sale: from second AT on, up to PEAK times as many visitors, for ten items`;

type Values = ReturnType<typeof parseArgs<{ options: typeof SOURCE_OPTIONS }>>['values'];

/** Fails with `bad_argument` where what should be a number is none. */
export function sourceOptions(values: Values): SourceOptions {
  const number = (name: 'rate' | 'seconds' | 'speed' | 'seed'): number => {
    const value = values[name]?.trim() ? Number(values[name]) : NaN;
    if (Number.isFinite(value)) return value;
    throw new ServeError('bad_argument', `--${name} is a number, not '${values[name]}'`);
  };
  const { traffic, scenario, replay, tag, sale } = values;
  return {
    ...(traffic !== undefined && { traffic }), ...(scenario !== undefined && { scenario }),
    ...(replay !== undefined && { replay }), ...(tag !== undefined && { tag }), ...(sale !== undefined && {
      sale }),
    ...(values.rate !== undefined && { rate: number('rate') }),
    seconds: number('seconds'), speed: number('speed'), seed: number('seed'), nowMs: Date.now(),
  };
}
