import type { Where } from '../wire/fields.ts';
import type { ShopEvent } from '../wire/schema.ts';

/**
 * Another system's message as our events: none where it says nothing that the shop wants to know. Fails
 * with `bad_argument` or `bad_request` naming the path of what is wrong. The same message gives the same
 * events, ids included; `nowMs` stands for a time that it does not name.
 */
export type Adapter = (value: unknown, where: Where, nowMs: number) => ShopEvent[];

/** An event while it is put together. */
export type Draft = { -readonly [Name in keyof ShopEvent]: ShopEvent[Name] };
