import { LANGUAGES } from '../explain/describe.ts';
import { type ExplainQuestion, METHODS } from '../explain/question.ts';
import { asId, Fields, type Where } from './fields.ts';
import { WIRE_NAMES } from './names.ts';
import { LIMITS } from './schema.ts';

const TOP_DEFAULT = 5;

/** What `explain` asks; every field checked. Fails with `bad_argument`, naming the field. */
export function decodeExplain(fields: Fields): ExplainQuestion {
  const optional = <Name extends string>(name: Name, wire: string, min: number, max: number) => {
    const value = fields.optionalInteger(wire, min, max);
    return (value === undefined ? {} : { [name]: value }) as { [N in Name]?: number };
  };
  const version = fields.optionalId('version');
  const output = fields.optionalText('output', LIMITS.idBytesMax);
  const change = fields.optionalList('change', LIMITS.featuresMax, asId);
  const background = backgroundOf(fields);
  const goal = goalOf(fields);
  return {
    model: fields.text('model', LIMITS.idBytesMax),
    features: featuresOf(fields),
    method: fields.has('method') ? fields.oneOf('method', METHODS) : 'auto',
    top: fields.optionalInteger('top', 0, LIMITS.featuresMax) ?? TOP_DEFAULT,
    language: fields.has('language') ? fields.oneOf('language', LANGUAGES) : 'en',
    ...(version !== undefined && { version }),
    ...(output !== undefined && { output }),
    ...optional('at', 'element', 0, LIMITS.classesMax),
    ...(background && { background }),
    ...optional('samples', 'samples', 1, LIMITS.explainRowsMax),
    ...optional('seed', 'seed', 0, 0xffff_ffff),
    ...(goal && { goal }),
    ...(change && { change }),
    ...optional('changesMax', WIRE_NAMES.changesMax, 1, LIMITS.changesMax),
  };
}

/** A list in the model's order, or a map by name; null is a missing value. */
function featuresOf(fields: Fields): ExplainQuestion['features'] {
  const value = fields.raw('features');
  const want = `a list of numbers, or a map of them by name, up to ${LIMITS.featuresMax}`;
  if (Array.isArray(value)) return cells(value, fields, 'features', want);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) {
    return fields.fail('features', want);
  }
  const entries = Object.entries(value);
  if (entries.length > LIMITS.featuresMax) fields.fail('features', want);
  const row = cells(entries.map(([, cell]) => cell as unknown), fields, 'features', want);
  return new Map(entries.map(([name], at) => [name, row[at] as number]));
}

function backgroundOf(fields: Fields): Float32Array | undefined {
  const want = `rows of the features, up to ${LIMITS.backgroundRowsMax}`;
  const rows = fields.optionalList('background', LIMITS.backgroundRowsMax, (row, at: Where) =>
    (Array.isArray(row) ? row : fields.fail(`background[${String(at.key)}]`, want)));
  if (!rows) return undefined;
  const width = rows[0]?.length ?? 0;
  if (width === 0 || rows.some((row) => row.length !== width)) fields.fail('background', want);
  return cells(rows.flat(), fields, 'background', want);
}

/** float32 has no larger finite number; what overflows it would reach the model as Infinity. */
const LARGEST = 3.4028234663852886e38;

function cells(values: readonly unknown[], fields: Fields, name: string, want: string): Float32Array {
  const limit = name === 'features' ? LIMITS.featuresMax : LIMITS.featuresMax * LIMITS.backgroundRowsMax;
  const fits = (value: unknown): boolean => value === null ||
    (typeof value === 'number' && Math.abs(value) <= LARGEST);
  if (values.length === 0 || values.length > limit || !values.every(fits)) fields.fail(name, want);
  return Float32Array.from(values as (number | null)[], (value) => value ?? NaN);
}

/** `{at_least: x}` or `{at_most: x}`. */
function goalOf(fields: Fields): ExplainQuestion['goal'] | undefined {
  const value = fields.raw('goal');
  if (value === undefined) return undefined;
  const goal = Fields.of(value, 'a goal', fields.at('goal'));
  const [least, most] = [goal.raw(WIRE_NAMES.atLeast), goal.raw(WIRE_NAMES.atMost)];
  const target = least ?? most;
  if (typeof target !== 'number' || !Number.isFinite(target) || (least === undefined) === (most === undefined)) {
    return fields.fail('goal', '{at_least: number} or {at_most: number}');
  }
  return { target, side: least === undefined ? 'at_most' : 'at_least' };
}
