import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ServeError } from '../../core/errors.ts';
import { writeWhole } from '../../core/whole-file.ts';
import { PLACEMENTS } from '../../wire/schema.ts';
import type { Placement, ReasonCode } from '../../wire/schema.ts';
import type { Recency } from './sources/history-pairs.ts';

/** In a model repository's folder: what `chooseBlend` chose for the shop's own data. */
export const SETTINGS_FILE = 'recommend.json';

/** What each source's shares are multiplied by; 0 leaves it out. */
export type Weights = Readonly<Record<ReasonCode, number>>;

/** How answers are blended. Every number is finite and at least 0. */
export interface BlendSettings {
  readonly weights: Weights;
  /** What a placement says of a source holds there in place of `weights`. */
  readonly placements: Readonly<Partial<Record<Placement, Partial<Weights>>>>;
  readonly neighbours: {
    readonly neighbours: number; // sessions that vote
    readonly sample: number; // newest candidate sessions
    readonly queryDecay: number; // items
    readonly itemDecay: number; // items
    readonly ageDecay: number; // sessions; 0 is none
    readonly lengthPower: number;
  };
  readonly rules: {
    readonly last: number; // items from the session's end that have a say
    readonly decay: number; // 0..1, of an item's say with its distance from the end
    readonly window: number; // items
    readonly ageDecay: number; // sessions; 0 is none
  };
  readonly again: { readonly decay: number }; // 0..1, an item
  readonly taste: { readonly temperature: number }; // of the softmax over inner products
  readonly similar: { readonly temperature: number }; // of the softmax over cosines
  readonly popular: { readonly halfLife: number }; // observations
  readonly trending: { readonly fast: number; readonly slow: number }; // half-lives, observations
  readonly recent: { readonly decay: number }; // 0..1, an item
  readonly together: { readonly lambda: number }; // orders; damps what few orders say
  readonly purchases: { readonly halfLifeDays: number }; // of what a purchase is worth
  readonly buyAgain: { readonly repeatPower: number; readonly duePower: number };
  readonly customers: { readonly neighbours: number }; // customers who vote
  readonly historyNeighbours: BlendSettings['neighbours']; // sessions are customers' histories
  readonly histories: Recency; // of rules forward and backward
  readonly also: Recency;
  readonly content: { readonly temperature: number }; // of the softmax over cosines
}

/** What a placement's weights were chosen on, and how well they did there; 0..1. */
export interface PlacementRecord {
  readonly asked: number;
  readonly recall20: number; // of at most 20 items that were chosen
  readonly ndcg20: number;
}

/** What the choice was made on, for whoever reads the file. */
export interface BlendRecord {
  readonly at: string; // ISO time
  readonly sessions: number; // all of them
  readonly heldOut: number; // newest sessions that were scored, and not learned from
  readonly prefixes: number; // scored
  readonly hr20: number;
  readonly mrr20: number;
  readonly sources: readonly ReasonCode[]; // that were there to choose from
  readonly placements?: Readonly<Partial<Record<Placement, PlacementRecord>>>; // those chosen
}

/**
 * What holds where nothing was chosen yet: values near the best of both session sets of the
 * README, taken from their validation parts. Sources that need learned vectors get a small say.
 */
export const DEFAULT_SETTINGS: BlendSettings = {
  weights: {
    session_neighbours: 1, followed_by: 0.6, again: 0.2, taste: 0.3, similar: 0.05, popular: 0.01,
    trending: 0, recently_viewed: 0, bought_together: 0, buy_again: 0, customer_neighbours: 0,
    history_neighbours: 0, customers_also: 0, followed_later: 0, came_before: 0, content: 0,
  },
  placements: {
    home: { recently_viewed: 0.3, buy_again: 0.5, trending: 0.1 },
    product: { content: 0.05 },
    cart: { bought_together: 2 },
    email: { recently_viewed: 0.3, buy_again: 1, customer_neighbours: 0.3, trending: 0.1 },
  },
  neighbours: {
    neighbours: 300, sample: 5000, queryDecay: 1, itemDecay: 2.5, ageDecay: 0, lengthPower: 0.3,
  },
  rules: { last: 3, decay: 0.5, window: 10, ageDecay: 0 },
  again: { decay: 0.7 },
  taste: { temperature: 1 },
  similar: { temperature: 0.1 },
  popular: { halfLife: 20_000 },
  trending: { fast: 2000, slow: 40_000 },
  recent: { decay: 0.8 },
  together: { lambda: 20 },
  purchases: { halfLifeDays: 120 },
  buyAgain: { repeatPower: 0, duePower: 0 },
  customers: { neighbours: 300 },
  historyNeighbours: {
    neighbours: 500, sample: 5000, queryDecay: 2, itemDecay: 2, ageDecay: 0, lengthPower: 0.3,
  },
  histories: { last: 5, decay: 0.6 },
  also: { last: 10, decay: 0.8 },
  content: { temperature: 0.1 },
};

/** What the sources weigh in answers for a placement. Pure. */
export function weightsAt(settings: BlendSettings, placement: Placement | undefined): Weights {
  const own = placement === undefined ? undefined : settings.placements[placement];
  return own ? { ...settings.weights, ...own } : settings.weights;
}

/** Whether a source has a say in any blend. Pure. */
export function weighsAnywhere(settings: BlendSettings, reason: ReasonCode): boolean {
  return [undefined, ...PLACEMENTS].some((placement) => weightsAt(settings, placement)[reason] > 0);
}

/**
 * The settings of a repository, or the defaults where it has none; what a file leaves out is taken
 * from the defaults. Fails with `bad_argument` naming file and field when one is wrong.
 */
export function readSettings(repository: string): BlendSettings {
  const path = join(repository, SETTINGS_FILE);
  if (!existsSync(path)) return DEFAULT_SETTINGS;
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new ServeError('bad_argument', `${path}: ${(cause as Error).message}`, { cause });
  }
  return parseSettings(value, path);
}

/** The sources that a repository's settings were chosen with; none where nobody chose. */
export function chosenWith(repository: string): readonly string[] {
  const path = join(repository, SETTINGS_FILE);
  if (!existsSync(path)) return [];
  const { chosen } = JSON.parse(readFileSync(path, 'utf8')) as { chosen?: Partial<BlendRecord> };
  return chosen?.sources ?? [];
}

export function writeSettings(
  repository: string,
  settings: BlendSettings,
  chosen: BlendRecord,
): string {
  const path = join(repository, SETTINGS_FILE);
  writeWhole(path, `${JSON.stringify({ ...settings, chosen }, null, 2)}\n`);
  return path;
}

/** Whole numbers, and numbers that must be above 0, by `group.field`. */
const WHOLE = new Set([
  'neighbours.neighbours', 'neighbours.sample', 'rules.last', 'rules.window', 'customers.neighbours',
  'historyNeighbours.neighbours', 'historyNeighbours.sample', 'histories.last', 'also.last',
]);
const ABOVE_ZERO = new Set([
  ...WHOLE, 'neighbours.queryDecay', 'neighbours.itemDecay',
  'taste.temperature', 'similar.temperature', 'content.temperature',
  'popular.halfLife', 'trending.fast', 'trending.slow',
  'purchases.halfLifeDays', 'historyNeighbours.queryDecay', 'historyNeighbours.itemDecay',
]);
const SHARES = new Set([
  'rules.decay', 'again.decay', 'recent.decay', 'histories.decay', 'also.decay',
]);

/** Checks every field. `where` is said in the message. Pure. */
export function parseSettings(value: unknown, where: string): BlendSettings {
  const given = objectOf(value, where);
  const settings: Record<string, Record<string, number>> = {};
  for (const [group, defaults] of Object.entries(DEFAULT_SETTINGS)) {
    if (group === 'placements') continue;
    settings[group] = { ...defaults, ...fieldsOf(given, group, defaults, where) };
  }
  const placements = { ...DEFAULT_SETTINGS.placements, ...parsePlacements(given, where) };
  return { ...settings, placements } as unknown as BlendSettings;
}

function parsePlacements(given: Record<string, unknown>, where: string): BlendSettings['placements'] {
  const byName = 'placements' in given ? objectOf(given['placements'], `${where}: placements`) : {};
  const { weights } = DEFAULT_SETTINGS;
  const names = Object.keys(byName);
  for (const name of names) {
    if ((PLACEMENTS as readonly string[]).includes(name)) continue;
    throw wrong(where, `placements.${name}`, `unknown: there are ${PLACEMENTS.join(', ')}`);
  }
  const inside = `${where}: placements`;
  return Object.fromEntries(names.map((name) => [name, fieldsOf(byName, name, weights, inside)]));
}

/** The numbers that a group is given, each of which the defaults must know. */
function fieldsOf(
  given: Record<string, unknown>, group: string, known: object, where: string,
): Record<string, number> {
  const fields = group in given ? objectOf(given[group], `${where}: ${group}`) : {};
  return Object.fromEntries(Object.entries(fields).map(([field, number]) => {
    if (!(field in known)) throw wrong(where, `${group}.${field}`, 'unknown');
    return [field, checked(number, `${group}.${field}`, where)];
  }));
}

function checked(value: unknown, name: string, where: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    throw wrong(where, name, 'not a number of at least 0');
  }
  if (ABOVE_ZERO.has(name) && value === 0) throw wrong(where, name, 'not above 0');
  if (WHOLE.has(name) && !Number.isInteger(value)) throw wrong(where, name, 'not a whole number');
  if (SHARES.has(name) && value > 1) throw wrong(where, name, 'more than 1');
  return value;
}

function objectOf(value: unknown, where: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new ServeError('bad_argument', `${where} is not an object`);
}

function wrong(where: string, name: string, what: string): ServeError {
  return new ServeError('bad_argument', `${where}: ${name} is ${what}`);
}
