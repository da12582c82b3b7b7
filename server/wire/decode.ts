import { ServeError } from '../core/errors.ts';
import { parseTraceContext } from '../core/trace-context.ts';
import { decodeAttributes } from './decode-attributes.ts';
import { decodeEvent } from './decode-event.ts';
import { decodeExplain } from './decode-explain.ts';
import { decodeRules } from './decode-rules.ts';
import { decodeUsual } from './decode-usual.ts';
import type { RequestParameters, SequencePart } from '../core/inference.ts';
import { asId, asInteger, asOneOf, Fields, shown, type Where } from './fields.ts';
import { WIRE_NAMES } from './names.ts';
import { plainParameters, sequencePart } from './request-parameters.ts';
import {
  type BatchRequest,
  type CatalogueItem,
  type CatalogueRequest,
  type Filter,
  INSIGHT_PARTS,
  type InsightPart,
  type InsightRequest,
  LANGUAGES,
  type Language,
  LIMITS,
  type Op,
  type RecommendRequest,
  type Request,
  type RequestId,
  type ShopEvent,
  type ForgetRequest,
  type SimilarRequest,
} from './schema.ts';
import { decodeTensor } from './tensors.ts';

const K_DEFAULT = 20;

/**
 * A decoded message as a request, every field checked and defaults filled in. Tensors of bytes are
 * views of the message. Fails with `bad_request`, `unknown_op`, `bad_argument` or `bad_tensor`,
 * naming the field, what was expected and what came. `nowMs` dates events that bring no time.
 */
export function decodeRequest(value: unknown, nowMs: number): Request {
  const usual = decodeUsual(value);
  if (usual) return usual;
  const fields = Fields.of(value, 'a request');
  const id = readId(fields.raw('id'));
  if (id === null) return fields.fail('id', ID_EXPECTED, 'bad_request');
  const op = fields.raw('op');
  if (typeof op !== 'string') return fields.fail('op', 'the name of an operation', 'bad_request');
  if (!Object.hasOwn(OPS, op)) {
    throw new ServeError('unknown_op', `${shown(op)} is none of ${Object.keys(OPS).join(', ')}`);
  }
  const deadlineMs = decodeDeadline(fields);
  const priority = decodePriority(fields);
  const body = OPS[op as Op](fields, nowMs);
  const request = { id, ...kept('deadlineMs', deadlineMs), ...kept('priority', priority), ...body };
  return (fields.has('traceparent') ? inTrace(request, fields) : request) as Request;
}

function inTrace(request: object, fields: Fields): object {
  const parent = fields.text('traceparent', LIMITS.traceBytesMax);
  const state = fields.optionalText('tracestate', LIMITS.traceBytesMax) ?? '';
  return { ...request, ...kept('context', parseTraceContext(parent, state) ?? undefined) };
}

/** What a reply to the message can be addressed to; null where that cannot be read. */
export function requestIdOf(value: unknown): RequestId | null {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, 'id')) return null;
  return readId((value as { id: unknown }).id);
}

export function decodeDeadline(fields: Fields): number | undefined {
  return fields.optionalInteger(WIRE_NAMES.deadlineMs, 1, LIMITS.deadlineMsMax);
}

export function decodePriority(fields: Fields): number | undefined {
  return fields.optionalInteger('priority', 0, LIMITS.priorityMax);
}

const REQUEST_ID_LENGTH_MAX = 64;
const ID_EXPECTED =
  `an integer from 0 to 2^53-1, or text of 1 to ${REQUEST_ID_LENGTH_MAX} characters`;

function readId(value: unknown): RequestId | null {
  if (typeof value === 'string') {
    return value.length >= 1 && value.length <= REQUEST_ID_LENGTH_MAX ? value : null;
  }
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : null;
}

/** How each operation is read. */
const OPS: { readonly [Name in Op]: (fields: Fields, nowMs: number) => { op: Name } & object } = {
  infer: (fields) => ({
    op: 'infer',
    model: fields.text('model', LIMITS.idBytesMax),
    ...version(fields),
    ...kept('timeoutUs',
      fields.optionalInteger(WIRE_NAMES.timeoutUs, 1, LIMITS.deadlineMsMax * 1000)),
    ...said(fields),
    inputs: fields.list('inputs', 0, LIMITS.tensorsMax, decodeTensor),
    ...wantedOutputs(fields),
    ...kept('stream', fields.flag('stream')),
    trace: fields.flag('trace') ?? false,
  }),
  events: (fields, nowMs) => ({ op: 'events', events: decodeEvents(fields, nowMs) }),
  recommend: (fields) => ({ op: 'recommend', ...decodeRecommend(fields) }),
  similar: (fields) => ({ op: 'similar', ...decodeSimilar(fields) }),
  batch: (fields) => ({ op: 'batch', ...decodeBatch(fields) }),
  insight: (fields) => ({ op: 'insight', ...decodeInsight(fields) }),
  explain: (fields) => ({ op: 'explain', ...decodeExplain(fields) }),
  catalogue: (fields) => ({ op: 'catalogue', ...decodeCatalogue(fields) }),
  subscribe: (fields) => ({
    op: 'subscribe',
    session: fields.id('session'),
    ...kept('customer', fields.optionalId('customer')),
    ...placedOptions(fields),
  }),
  unsubscribe: (fields) => ({ op: 'unsubscribe', session: fields.id('session') }),
  cancel: (fields) => {
    const target = readId(fields.raw('target'));
    if (target === null) return fields.fail('target', ID_EXPECTED);
    return { op: 'cancel', target };
  },
  metadata: (fields) => ({
    op: 'metadata',
    ...kept('model', fields.optionalText('model', LIMITS.idBytesMax)),
    ...version(fields),
  }),
  ping: () => ({ op: 'ping' }),
  credit: () => ({ op: 'credit' }),
};

/** `{events: [...]}`, 1 to `eventsMax` of them. */
export function decodeEvents(fields: Fields, nowMs: number): ShopEvent[] {
  return fields.list('events', 1, LIMITS.eventsMax, (value, where) =>
    decodeEvent(value, where, nowMs),
  );
}

export function decodeRecommend(fields: Fields): RecommendRequest {
  return {
    ...kept('session', fields.optionalId('session')),
    ...kept('customer', fields.optionalId('customer')),
    ...kept('items', fields.optionalList('items', LIMITS.sessionItemsMax, asId)),
    ...kept('arms', fields.has('arms') ? decodeArms(fields) : undefined),
    ...kept('item', fields.optionalId('item')),
    ...kept('cart', fields.optionalList('cart', LIMITS.sessionItemsMax, asId)),
    ...kept('rerank', fields.has('rerank') ? fields.list('rerank', 1, LIMITS.kMax, asId) : undefined),
    ...placedOptions(fields),
    ...kept('explain', fields.flag('explain')),
    ...kept('debug', fields.flag('debug')),
  };
}

export function decodeBatch(fields: Fields): BatchRequest {
  const customers = fields.list('customers', 1, LIMITS.customersMax, asId);
  const placement = fields.optionalId('placement') ?? 'email';
  const { k: _, ...options } = placedOptions(fields);
  return { customers, ...options, ...kept('k', fields.optionalInteger('k', 1, LIMITS.kMax)), placement };
}

/** What an answer for a placement may be told. */
function placedOptions(fields: Fields): Omit<RecommendRequest, 'session' | 'customer'> {
  return {
    ...kept('placement', fields.optionalId('placement')),
    ...kept('k', fields.optionalInteger('k', 1, LIMITS.kMax) ?? (fields.has('placement') ? undefined : K_DEFAULT)),
    ...kept('again', fields.flag('again')),
    ...decodeRules(fields),
    filter: decodeFilter(fields),
    ...(fields.has('language') ? { language: fields.oneOf('language', LANGUAGES) } : {}),
  };
}

/** `{experiment: arm}`. */
function decodeArms(fields: Fields): Record<string, string> {
  const arms = Fields.of(fields.raw('arms'), 'arms', fields.at('arms'));
  const names = arms.entries().map(([name]) => name);
  if (names.length > LIMITS.armsMax) fields.fail('arms', `a map of ${LIMITS.armsMax} at most`);
  return Object.fromEntries(names.map((name) => [name, arms.id(name)]));
}

export function decodeSimilar(fields: Fields): SimilarRequest {
  return {
    item: fields.id('item'), ...answerOptions(fields), ...kept('explain', fields.flag('explain')),
  };
}

export function decodeForget(fields: Fields): ForgetRequest {
  return { customer: fields.id('customer') };
}

/** `{put: [...], remove: [...]}`, at least one item in either. */
export function decodeCatalogue(fields: Fields): CatalogueRequest {
  const put = fields.optionalList('put', LIMITS.itemsMax, decodeItem) ?? [];
  const remove = fields.optionalList('remove', LIMITS.itemsMax, asId) ?? [];
  if (put.length + remove.length === 0) fields.fail('put', 'an item to put or to remove');
  return { put, remove };
}

function decodeItem(value: unknown, where: Where): CatalogueItem {
  const fields = Fields.of(value, 'an item', where);
  const id = fields.id('id');
  return {
    id,
    title: fields.optionalText('title', LIMITS.titleBytesMax) ?? id,
    categories: fields.optionalList('categories', LIMITS.categoriesMax, asId) ?? [],
    inStock: fields.flag(WIRE_NAMES.inStock) ?? true,
    ...kept('price', fields.optionalNumber('price', 0)),
    ...kept('picture', fields.optionalText('picture', LIMITS.titleBytesMax)),
    ...kept('attributes', fields.has('attributes') ? decodeAttributes(fields) : undefined),
  };
}

export function decodeInsight(fields: Fields): InsightRequest {
  const session = fields.optionalId('session');
  const customer = fields.optionalId('customer');
  if (session === undefined && customer === undefined) {
    fields.fail('session', 'a session or a customer');
  }
  return {
    ...kept('session', session),
    ...kept('customer', customer),
    ...kept('parts', fields.has('parts') ? decodeParts(fields) : undefined),
    ...kept('horizons', fields.has('horizons') ? decodeHorizons(fields) : undefined),
    ...kept('reasons', fields.optionalInteger('reasons', 1, LIMITS.featuresMax)),
    ...(fields.has('language') ? { language: fields.oneOf('language', LANGUAGES) } : {}),
  };
}

/** Each once. */
function decodeParts(fields: Fields): InsightPart[] {
  const parts = fields.list('parts', 1, INSIGHT_PARTS.length, (value, where) =>
    asOneOf(value, where, INSIGHT_PARTS));
  return [...new Set(parts)];
}

/** Rising, each once. */
function decodeHorizons(fields: Fields): number[] {
  const days = fields.list('horizons', 1, LIMITS.horizonsMax, (value, where) =>
    asInteger(value, where, 1, LIMITS.horizonDaysMax));
  return [...new Set(days)].sort((a, b) => a - b);
}

function answerOptions(fields: Fields): { k: number; filter: Filter; language?: Language } {
  return {
    k: fields.optionalInteger('k', 1, LIMITS.kMax) ?? K_DEFAULT,
    filter: decodeFilter(fields),
    ...(fields.has('language') ? { language: fields.oneOf('language', LANGUAGES) } : {}),
  };
}

const FILTER_FIELDS: readonly string[] = [
  'category', 'where', 'exclude', WIRE_NAMES.inStock, WIRE_NAMES.priceMin, WIRE_NAMES.priceMax,
  WIRE_NAMES.excludeSeen, WIRE_NAMES.excludeBought, WIRE_NAMES.boughtDays,
];

function decodeFilter(fields: Fields): Filter {
  const value = fields.raw('filter');
  if (value === undefined) return {};
  const filter = Fields.of(value, 'a filter', fields.at('filter'));
  // Elsewhere what is not known is ignored; here it is most likely misspelt, and would not hold.
  const odd = filter.names().find((name) => !FILTER_FIELDS.includes(name));
  if (odd !== undefined) filter.fail(odd, `one of ${FILTER_FIELDS.join(', ')}`);
  const category = filter.raw('category');
  const categories = Array.isArray(category)
    ? filter.list('category', 0, LIMITS.filterIdsMax, asId)
    : category === undefined
      ? undefined
      : [filter.id('category')];
  return {
    ...kept('category', categories),
    ...kept('inStock', filter.flag(WIRE_NAMES.inStock)),
    ...kept('priceMin', filter.optionalNumber(WIRE_NAMES.priceMin, 0)),
    ...kept('priceMax', filter.optionalNumber(WIRE_NAMES.priceMax, 0)),
    ...kept('excludeSeen', filter.flag(WIRE_NAMES.excludeSeen)),
    ...kept('excludeBought', filter.flag(WIRE_NAMES.excludeBought)),
    ...kept('boughtDays', filter.optionalInteger(WIRE_NAMES.boughtDays, 1, LIMITS.boughtDaysMax)),
    ...kept('exclude', filter.optionalList('exclude', LIMITS.filterIdsMax, asId)),
    ...kept('where', filter.optionalText('where', LIMITS.expressionBytesMax)),
  };
}

/** Names, or maps of a name and `classes`. Naming none is the same as asking for all. */
function wantedOutputs(fields: Fields): {
  outputs?: string[]; classes?: ReadonlyMap<string, number>;
} {
  const classes = new Map<string, number>();
  const names = fields.optionalList('outputs', LIMITS.tensorsMax, (value, where) => {
    if (typeof value !== 'object' || value === null) return asId(value, where);
    const output = Fields.of(value, 'an output', where);
    const name = output.id('name');
    const count = output.optionalInteger('classes', 1, LIMITS.classesMax);
    if (count !== undefined) classes.set(name, count);
    return name;
  });
  if (names === undefined || names.length === 0) return {};
  return { outputs: names, ...(classes.size === 0 ? {} : { classes }) };
}

/** `parameters: {…}`, where the sequence's are as in KServe v2. */
function said(fields: Fields): { parameters?: RequestParameters; sequence?: SequencePart } {
  const value = fields.raw('parameters');
  if (value === undefined) return {};
  const parameters = Fields.of(value, 'parameters', fields.at('parameters'));
  return {
    parameters: plainParameters(parameters),
    ...kept('sequence', sequencePart(parameters)),
  };
}

function version(fields: Fields): { version?: string } {
  return kept('version', fields.optionalId('version'));
}

/** `{name: value}`, or nothing where there is no value: absent is absent, not undefined. */
function kept<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): { [N in Name]?: Value } {
  return (value === undefined ? {} : { [name]: value }) as { [N in Name]?: Value };
}
