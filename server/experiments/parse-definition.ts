import { ServeError } from '../core/errors.ts';
import { DEFAULT_SETTINGS } from '../storefront/retrieval/settings.ts';
import type { ArmOverride } from '../storefront/trial.ts';
import { Fields, pathOf, type Where } from '../wire/fields.ts';
import type { ReasonCode } from '../wire/schema.ts';
import {
  type Arm, EXPERIMENT_DEFAULTS, EXPERIMENT_LIMITS as LIMITS, type Experiment, type Explore, KINDS,
  METHODS, METRICS,
} from './definition.ts';

const NAME = new RegExp(`^[a-z0-9][a-z0-9-]{0,${LIMITS.nameLengthMax - 1}}$`);
const NAME_RULE = `a name: 1 to ${LIMITS.nameLengthMax} of a-z, 0-9 and -`;
const TEXT_BYTES_MAX = 128;
const UNITS_MAX = 1_000_000_000;

/**
 * `{"experiments": [...]}` as definitions. Fails with `bad_argument` naming the path of what is wrong,
 * what was expected and what stands there: `experiments[0].arms[1].weight: expected …`. Pure.
 */
export function parseExperiments(value: unknown): Experiment[] {
  const fields = Fields.of(value, 'experiments.json');
  onlyKnown(fields, ['experiments']);
  const list = fields.list('experiments', 0, LIMITS.experimentsMax, parseOne);
  list.forEach((one, i) => {
    const before = list.slice(0, i);
    const twin = before.findIndex(({ name }) => name === one.name);
    if (twin >= 0) throw wrong(`experiments[${i}].name: '${one.name}' is experiments[${twin}] already`);
    const other = before.findIndex((two) => clash(one, two));
    if (other < 0) return;
    throw wrong(`experiments[${i}].share: the layer '${one.layer}' gives ${one.share.join(' to ')} ` +
      `to experiments[${other}] in part, at the same time`);
  });
  return list;
}

const FIELDS = [
  'name', 'kind', 'unit', 'salt', 'layer', 'share', 'placement', 'arms', 'metric', 'start', 'stop',
  'alpha', 'horizon', 'explore', 'note',
];

function parseOne(value: unknown, where: Where): Experiment {
  const fields = Fields.of(value, 'an experiment', where);
  onlyKnown(fields, FIELDS);
  const name = nameOf(fields, 'name');
  const kind = fields.has('kind') ? fields.oneOf('kind', KINDS) : 'ab';
  const startMs = timeOf(fields, 'start') ?? -Infinity;
  const stopMs = timeOf(fields, 'stop') ?? Infinity;
  if (stopMs <= startMs) fields.fail('stop', 'a time after start');
  const metric = fields.has('metric') ? fields.oneOf('metric', METRICS) : 'click';
  if (metric === 'revenue' && kind !== 'ab') fields.fail('metric', `click, cart or purchase, as kind is '${kind}'`);
  if (fields.has('explore') && kind !== 'explore') fields.fail('explore', "nothing, as kind is not 'explore'");
  return {
    name, kind, startMs, stopMs,
    unit: fields.has('unit') ? fields.oneOf('unit', ['session', 'customer']) : 'session',
    salt: fields.optionalText('salt', TEXT_BYTES_MAX) ?? name,
    layer: fields.optionalText('layer', TEXT_BYTES_MAX) ?? name,
    share: shareOf(fields),
    ...(fields.has('placement') && { placement: fields.id('placement') }),
    arms: armsOf(fields, kind),
    metric,
    alpha: between(fields, 'alpha', 0.0001, 0.5) ?? EXPERIMENT_DEFAULTS.alpha,
    horizon: fields.optionalInteger('horizon', 100, UNITS_MAX) ?? EXPERIMENT_DEFAULTS.horizon,
    ...(kind === 'explore' && { explore: exploreOf(fields) }),
  };
}

function armsOf(fields: Fields, kind: Experiment['kind']): Arm[] {
  if (kind === 'explore' && !fields.has('arms')) return [{ name: 'explore', weight: 1, override: {} }];
  const [min, max] = kind === 'ab' ? [2, LIMITS.armsMax] : kind === 'interleave' ? [2, 2] : [1, 1];
  const arms = fields.list('arms', min, max, parseArm);
  arms.forEach(({ name }, i) => {
    const twin = arms.findIndex((arm) => arm.name === name);
    if (twin < i) throw wrong(`${pathOf(fields.at('arms'))}[${i}].name: '${name}' is arms[${twin}] already`);
  });
  if (kind === 'interleave' && new Set(arms.map(({ weight }) => weight)).size > 1) {
    fields.fail('arms', 'equal weights: each list is drafted by a fair coin');
  }
  return arms;
}

function parseArm(value: unknown, where: Where): Arm {
  const fields = Fields.of(value, 'an arm', where);
  onlyKnown(fields, ['name', 'weight', 'override']);
  return {
    name: nameOf(fields, 'name'),
    weight: between(fields, 'weight', 0.001, LIMITS.weightMax) ?? 1,
    override: fields.has('override') ? overrideOf(fields.raw('override'), fields.at('override')) : {},
  };
}

function overrideOf(value: unknown, where: Where): ArmOverride {
  const fields = Fields.of(value, 'an override', where);
  onlyKnown(fields, ['placement', 'weights', 'encoder']);
  return {
    ...(fields.has('placement') && { placement: fields.id('placement') }),
    ...(fields.has('encoder') && { encoder: fields.text('encoder', TEXT_BYTES_MAX) }),
    ...(fields.has('weights') && { weights: weightsOf(fields.raw('weights'), fields.at('weights')) }),
  };
}

function weightsOf(value: unknown, where: Where): Partial<Record<ReasonCode, number>> {
  const fields = Fields.of(value, 'weights', where);
  onlyKnown(fields, Object.keys(DEFAULT_SETTINGS.weights));
  return Object.fromEntries(fields.entries().map(([source]) => [source, fields.optionalNumber(source, 0)]));
}

/** `0.2` is the first fifth of the layer; `[0.2, 0.5]` the three tenths after it. */
function shareOf(fields: Fields): [number, number] {
  const value = fields.raw('share');
  if (value === undefined) return [0, 1];
  const [from, to] = Array.isArray(value) ? (value as unknown[]) : [0, value];
  const fits = (at: unknown): at is number => typeof at === 'number' && at >= 0 && at <= 1;
  if (!fits(from) || !fits(to) || to <= from || (Array.isArray(value) && value.length !== 2)) {
    return fields.fail('share', 'a number above 0 to 1, or [from, to] within 0 to 1');
  }
  return [from, to];
}

function exploreOf(fields: Fields): Explore {
  const { every, pool, uniform, width } = EXPERIMENT_DEFAULTS;
  if (!fields.has('explore')) return { every, pool, uniform };
  const given = Fields.of(fields.raw('explore'), 'explore', fields.at('explore'));
  onlyKnown(given, ['method', 'every', 'pool', 'uniform', 'width']);
  const linear = given.has('method') && given.oneOf('method', METHODS) === 'linucb';
  if (!linear && given.has('width')) given.fail('width', "nothing, as method is not 'linucb'");
  return {
    every: given.optionalInteger('every', LIMITS.everyMin, LIMITS.everyMax) ?? every,
    pool: given.optionalInteger('pool', LIMITS.poolMin, LIMITS.poolMax) ?? pool,
    uniform: between(given, 'uniform', 0.01, 1) ?? uniform,
    // Not said where it is what logs of former builds mean: they would seem to be of another.
    ...(linear && { method: 'linucb' as const, width: between(given, 'width', 0, 100) ?? width }),
  };
}

/** Whether two experiments of one layer want the same units at the same time. */
function clash(one: Experiment, two: Experiment): boolean {
  return one.layer === two.layer &&
    one.share[0] < two.share[1] && two.share[0] < one.share[1] &&
    one.startMs < two.stopMs && two.startMs < one.stopMs;
}

function nameOf(fields: Fields, field: string): string {
  const value = fields.raw(field);
  return typeof value === 'string' && NAME.test(value) ? value : fields.fail(field, NAME_RULE);
}

/** Milliseconds of an ISO time with its zone. */
function timeOf(fields: Fields, field: string): number | undefined {
  const value = fields.raw(field);
  if (value === undefined) return undefined;
  const ms = typeof value === 'string' && /(Z|[+-]\d\d:\d\d)$/.test(value) ? Date.parse(value) : NaN;
  return Number.isNaN(ms) ? fields.fail(field, 'a time as 2026-11-24T08:00:00Z') : ms;
}

function between(fields: Fields, field: string, min: number, max: number): number | undefined {
  const value = fields.optionalNumber(field, min);
  return value !== undefined && value > max ? fields.fail(field, `a number from ${min} to ${max}`) : value;
}

/** A field that nobody reads is most likely a misspelt one. */
function onlyKnown(fields: Fields, known: readonly string[]): void {
  const odd = fields.names().find((name) => !known.includes(name));
  if (odd !== undefined) throw wrong(`${pathOf(fields.at(odd))}: unknown; known: ${known.join(', ')}`);
}

function wrong(what: string): ServeError {
  return new ServeError('bad_argument', what);
}
