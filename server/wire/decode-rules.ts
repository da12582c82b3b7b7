import { asInteger, asText, Fields } from './fields.ts';
import { WIRE_NAMES } from './names.ts';
import { LIMITS, type Rules } from './schema.ts';

/** The rules among the fields of a request, or of a placement. */
export function decodeRules(fields: Fields): Rules {
  const rules: { -readonly [Name in keyof Rules]: Rules[Name] } = {};
  const boost = decodeBoost(fields);
  if (boost !== undefined) rules.boost = boost;
  if (fields.has('caps')) rules.caps = decodeCaps(fields);
  for (const name of ['diversity', 'rotation', 'shuffle', 'personal'] as const) {
    if (fields.has(name)) rules[name] = share(fields, name);
  }
  if (fields.has(WIRE_NAMES.minRelevance)) rules.minRelevance = share(fields, WIRE_NAMES.minRelevance);
  if (fields.has('seed')) rules.seed = fields.integer('seed', 0, 0xffff_ffff);
  if (fields.has(WIRE_NAMES.rotationHours)) {
    const hours = fields.optionalNumber(WIRE_NAMES.rotationHours, 0) as number;
    if (hours === 0 || hours > LIMITS.rotationHoursMax) {
      fields.fail(WIRE_NAMES.rotationHours, `a number above 0, up to ${LIMITS.rotationHoursMax}`);
    }
    rules.rotationHours = hours;
  }
  return rules;
}

/** One term, or a list of them. */
function decodeBoost(fields: Fields): readonly string[] | undefined {
  if (!fields.has('boost')) return undefined;
  if (typeof fields.raw('boost') === 'string') return [fields.text('boost', LIMITS.expressionBytesMax)];
  if (!Array.isArray(fields.raw('boost'))) {
    fields.fail('boost', `an expression such as "1.5 if stock", or a list of at most ${LIMITS.boostsMax} of them`);
  }
  return fields.list('boost', 0, LIMITS.boostsMax, (value, where) =>
    asText(value, where, LIMITS.expressionBytesMax));
}

/** `{category: 3, brand: 1}`. */
function decodeCaps(fields: Fields): Readonly<Record<string, number>> {
  const caps = Fields.of(fields.raw('caps'), 'caps', fields.at('caps'));
  const entries = caps.entries();
  if (entries.length > LIMITS.capsMax) fields.fail('caps', `at most ${LIMITS.capsMax} of them`);
  return Object.fromEntries(entries.map(([name, most]) =>
    [name, asInteger(most, caps.at(name), 1, LIMITS.kMax)]));
}

function share(fields: Fields, name: string): number {
  const value = fields.optionalNumber(name, 0) as number;
  return value <= 1 ? value : fields.fail(name, 'a number from 0 to 1');
}
