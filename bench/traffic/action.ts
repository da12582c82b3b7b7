import type { Device, EventType } from '../../server/wire/schema.ts';

/** One request of a page to the server, and when it is due. What the wire calls it is `messageOf`'s matter. */
export interface Action {
  readonly atMs: number; // the shop's clock: milliseconds since 1970
  readonly ask: Ask;
  readonly session: string;
  readonly customer?: string;
  readonly who: Who;
}

export type Who = 'visitor' | 'crawler' | 'scraper';

export type Ask =
  | { readonly op: 'event'; readonly event: TrafficEvent }
  | { readonly op: 'recommend'; readonly placement: 'product' | 'cart'; readonly item?: string; readonly k: number }
  /** Without a session: what was viewed so far stands in the question. */
  | { readonly op: 'next'; readonly items: readonly string[]; readonly k: number }
  | { readonly op: 'similar'; readonly item: string; readonly k: number }
  | { readonly op: 'insight' };

export interface TrafficEvent {
  readonly id: string;
  readonly type: EventType;
  readonly items: readonly { readonly item: string; readonly quantity?: number; readonly price?: number }[];
  readonly visitor?: string;
  readonly timeZone?: string;
  readonly country?: string;
  readonly device?: Device;
  readonly userAgent?: string;
}

/** What `Run.kind` says of a request. */
export const KINDS = ['event', 'recommend', 'next', 'similar', 'insight'] as const satisfies readonly Ask['op'][];

/** The message of the wire, without its id. Events say when they were, by the shop's clock, whatever the speed. */
export function messageOf({ atMs, ask, session, customer }: Action): Record<string, unknown> {
  const who = { session, ...(customer !== undefined && { customer }) };
  switch (ask.op) {
    case 'event': {
      const { timeZone, userAgent, ...event } = ask.event;
      const more = {
        ...(timeZone !== undefined && { time_zone: timeZone }),
        ...(userAgent !== undefined && { user_agent: userAgent }),
      };
      return { op: 'events', events: [{ ...event, at_ms: Math.round(atMs), ...who, ...more }] };
    }
    case 'recommend': return { ...ask, ...who };
    case 'next': return { ...ask, op: 'recommend' };
    case 'similar': return { ...ask };
    case 'insight': return { op: 'insight', ...who };
  }
}
