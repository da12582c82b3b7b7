import { asServeError, ServeError } from '../core/errors.ts';
import type { Stages } from '../core/stages.ts';
import type { Histories } from '../features/histories.ts';
import {
  INSIGHT_PARTS, type InsightPart, type InsightReply, type InsightRequest, type ShopEvent,
} from '../wire/schema.ts';
import type { CustomerInsight } from './customer-insight.ts';
import type { CustomerPart } from './customer-models.ts';
import type { Insight } from './insight.ts';

export interface InsightParts {
  readonly intent: Insight | null;
  readonly customers: CustomerInsight | null;
  readonly histories: Pick<Histories, 'at' | 'all'>;
}

/** Whom it is of, as far as the shop knows. */
export interface Asked {
  readonly request: InsightRequest;
  readonly session: string | undefined;
  readonly customer: string | undefined;
  readonly events: readonly ShopEvent[]; // of the session
  readonly nowMs: number;
  readonly deadlineMs?: number | undefined;
  readonly priority?: number | undefined;
}

type Parts = Partial<Omit<InsightReply, 'degraded'>>;
interface Told {
  readonly answer: Parts;
  readonly notes: readonly string[];
  readonly failure?: ServeError;
}

/**
 * All parts that are wanted, at once; what cannot be answered is named with the reason. Rejects with
 * `unknown_model` where there is a model for none of them, with `unsupported` where reasons are wanted
 * of a model that has none, and with the first failure where nothing could be answered.
 */
export async function answerInsight(
  parts: InsightParts, asked: Asked, stages?: Stages,
): Promise<InsightReply> {
  const wanted = asked.request.parts ?? partsOf(parts);
  if (!wanted.some((part) => hasModel(parts, part))) {
    const names = asked.request.parts?.join(', ') ?? INSIGHT_PARTS.join(', ');
    throw new ServeError('unknown_model', `no model for ${names} is in the repository`);
  }
  const ask = customerQuestion(parts, asked);
  const told = await Promise.all(wanted.map(async (part): Promise<Told> => {
    if (!hasModel(parts, part)) return absent(part, 'no model for it is in the repository');
    const asking = part === 'intent' ? intentOf(parts, asked) : ask(part);
    try {
      return await (stages?.of(part, asking) ?? asking);
    } catch (thrown) {
      const failure = asServeError(thrown);
      if (failure.code === 'unsupported') throw failure;
      return { ...absent(part, `${failure.code}: ${failure.message}`), failure };
    }
  }));
  const answer: Parts = Object.assign({}, ...told.map((each) => each.answer));
  const failure = told.find((each) => each.failure)?.failure;
  if (failure && Object.keys(answer).length === 0) throw failure;
  const { session, customer } = asked;
  return {
    ...(session !== undefined && { session }),
    ...(customer !== undefined && { customer }),
    ...answer,
    degraded: told.flatMap(({ notes }) => notes),
  };
}

function partsOf({ intent, customers }: InsightParts): InsightPart[] {
  return [...(intent ? ['intent' as const] : []), ...(customers?.parts ?? [])];
}

function hasModel({ intent, customers }: InsightParts, part: InsightPart): boolean {
  return part === 'intent' ? intent !== null : customers?.has(part) === true;
}

function absent(part: InsightPart, why: string): Told {
  return { answer: {}, notes: [`${part}: ${why}`] };
}

async function intentOf(
  { intent }: InsightParts, { events, nowMs, deadlineMs, priority, request }: Asked,
): Promise<Told> {
  const said = await (intent as Insight).of(events, nowMs, deadlineMs, priority, request);
  return { answer: { intent: said }, notes: (intent as Insight).degraded };
}

/** Asks one part of the customer; what it reads is made once for all of them. */
function customerQuestion(
  { customers, histories }: InsightParts, { customer, nowMs, deadlineMs, priority, request }: Asked,
): (part: CustomerPart) => Promise<Told> {
  let known: ReturnType<CustomerInsight['asked']> | undefined;
  return async (part) => {
    if (!customers) return absent(part, 'no model for it is in the repository');
    if (customer === undefined) return absent(part, 'the session names no customer');
    known = known === undefined
      ? customers.asked(customer, histories.at(customer, nowMs), nowMs)
      : known;
    if (known === null) return absent(part, 'the customer has bought nothing that this shop remembers');
    const usual = customers.usual(() => histories.all(), nowMs);
    const { answer, notes } = await customers.of(part, known, usual, {
      ...(request.horizons && { horizons: request.horizons }),
      ...(request.reasons !== undefined && { reasons: request.reasons }),
      ...(request.language && { language: request.language }),
      ...(deadlineMs !== undefined && { deadlineMs }),
      ...(priority !== undefined && { priority }),
    });
    return { answer, notes };
  };
}
