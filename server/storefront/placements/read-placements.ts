import { existsSync, readFileSync } from 'node:fs';
import { ServeError } from '../../core/errors.ts';
import { asOneOf, Fields, type Where } from '../../wire/fields.ts';
import { decodeRules } from '../../wire/decode-rules.ts';
import { LANGUAGES, LIMITS, PLACEMENTS } from '../../wire/schema.ts';
import { LanguageError } from '../language/ast.ts';
import { parse, parseTerm } from '../language/parser.ts';
import { RELAXABLE } from '../relax.ts';
import { builtInPlacements } from './placement.ts';
import type { Fallback, PlacementRules, Placements } from './placement.ts';

/** In the data folder, unless `VITRINE_PLACEMENTS` names another file. */
export const PLACEMENTS_FILE = 'placements.json';

const NAMES_MAX = 100;
const FALLBACKS: readonly Fallback[] = [...RELAXABLE, 'where', ...PLACEMENTS];
const FIELDS: ReadonlySet<string> = new Set([
  'blend', 'k', 'filter', 'boost', 'diversity', 'caps', 'rotation', 'rotation_hours', 'min_relevance',
  'shuffle', 'seed', 'personal', 'bought_days', 'exclude_seen', 'again', 'fallback', 'items_min', 'language',
]);

/**
 * The placements of a file, over the built-in ones. Where it is not there: those alone, unless it was
 * asked for by name. Fails with `bad_argument`, naming the file, the path inside it and what is wrong.
 */
export function readPlacements(path: string, asked: boolean): Placements {
  if (!asked && !existsSync(path)) return builtInPlacements();
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new ServeError('bad_argument', `${path}: ${(cause as Error).message}`, { cause });
  }
  try {
    return parsePlacements(value, path);
  } catch (error) {
    if (error instanceof ServeError) throw new ServeError('bad_argument', error.detail, { cause: error });
    throw error;
  }
}

/**
 * The same of a file's content, `{"placements": {NAME: {…}}}`. What a placement of a built-in name does
 * not say is as built in; others start from the one whose `blend` they have. Fails with `bad_argument`,
 * or `bad_request` where something is no map. Pure.
 */
export function parsePlacements(value: unknown, file: string): Placements {
  const root: Where = { parent: null, key: file };
  const whole = Fields.of(value, 'placements', root);
  assertKnown(whole, new Set(['placements', 'language']));
  const language = whole.has('language') ? whole.oneOf('language', LANGUAGES) : undefined;
  const named = Fields.of(whole.raw('placements') ?? {}, 'placements', whole.at('placements'));
  const placements = builtInPlacements();
  for (const [name, one] of named.entries()) {
    if (placements.size >= NAMES_MAX) named.fail(name, `at most ${NAMES_MAX} placements`);
    const fields = Fields.of(one, 'a placement', named.at(name));
    placements.set(name, parsePlacement(name, fields, placements));
  }
  if (language === undefined) return placements;
  return new Map([...placements].map(([name, one]) => [name, { language, ...one }]));
}

function parsePlacement(name: string, fields: Fields, known: Placements): PlacementRules {
  assertKnown(fields, FIELDS);
  const builtIn = (PLACEMENTS as readonly string[]).includes(name) ? name as PlacementRules['blend'] : 'home';
  const blend = fields.has('blend') ? fields.oneOf('blend', PLACEMENTS) : builtIn;
  const base = builtInPlacements().get(builtIn === name ? name : blend) as PlacementRules;
  const filter = fields.optionalText('filter', LIMITS.expressionBytesMax);
  if (filter !== undefined) checked(fields, 'filter', () => parse(filter));
  const given = decodeRules(fields);
  given.boost?.forEach((term, i) => checked(fields, `boost[${i}]`, () => parseTerm(term)));
  const fallback = fields.optionalList('fallback', FALLBACKS.length, (one, where) =>
    asOneOf(one, where, FALLBACKS));
  const boughtDays = fields.optionalInteger('bought_days', 1, LIMITS.boughtDaysMax);
  const excludeSeen = fields.flag('exclude_seen');
  const again = fields.flag('again');
  return {
    ...base, ...known.get(name), name, blend,
    rules: { ...base.rules, ...given },
    ...(fields.has('k') && { k: fields.integer('k', 1, LIMITS.kMax) }),
    ...(fields.has('items_min') && { itemsMin: fields.integer('items_min', 1, LIMITS.kMax) }),
    ...(filter !== undefined && { filter }),
    ...(fallback && { fallback }),
    ...(boughtDays !== undefined && { boughtDays }),
    ...(excludeSeen !== undefined && { excludeSeen }),
    ...(again !== undefined && { again }),
    ...(fields.has('language') && { language: fields.oneOf('language', LANGUAGES) }),
  };
}

/** A typing error would be a rule that does not hold. */
function assertKnown(fields: Fields, known: ReadonlySet<string>): void {
  const unknown = fields.names().find((name) => !known.has(name));
  if (unknown !== undefined) fields.fail(unknown, `one of ${[...known].join(', ')}`);
}

/** Grammar alone: which attributes there are is known when the catalogue is. */
function checked(fields: Fields, name: string, read: () => unknown): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof LanguageError)) throw error;
    fields.fail(name, `an expression (character ${error.at + 1}: ${error.message})`);
  }
}
