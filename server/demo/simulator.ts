import { Prng } from '../core/prng.ts';
import type { ShopEvent } from '../wire/schema.ts';
import {
  DAY_MS, VISIT_RATE_MAX, promotions, visitRate, weekOf, type Promotions,
} from './calendar.ts';
import type { DemoItem } from './catalogue.ts';
import { arrangeShelves } from './shelves.ts';
import { makeShopper, type Shopper } from './shopper.ts';
import { inTimeOrder } from './time-order.ts';
import { visit } from './visit.ts';

export interface SimulatorOptions {
  readonly seed: number;
  readonly startMs: number; // milliseconds since the epoch
  readonly visitsPerDay: number;
  readonly visits: number; // how many in all; Infinity goes on for ever
}

const CUSTOMERS = 1200;
const KNOWN_SHARE = 0.55; // of the visits; the rest come without a name

/** Shoppers come and go: their events in time order. The same options give the same events. */
export function simulate(
  catalogue: readonly DemoItem[], options: SimulatorOptions,
): Generator<ShopEvent> {
  return inTimeOrder(visits(catalogue, options));
}

/** Each visit's events, in the order in which the visits start. */
function* visits(
  catalogue: readonly DemoItem[], options: SimulatorOptions,
): Generator<readonly ShopEvent[]> {
  const { seed } = options;
  const arrivals = new Prng(seed);
  const shelves = arrangeShelves(catalogue);
  const regulars = new Prng(seed + 1);
  const customers = Array.from({ length: CUSTOMERS }, (_, at) =>
    makeShopper(regulars, `customer-${String(at + 1).padStart(4, '0')}`));
  let offers: Promotions = promotions(catalogue, seed, weekOf(options.startMs));
  let startMs = options.startMs;

  for (let number = 1; number <= options.visits; number += 1) {
    startMs = nextArrival(arrivals, startMs, options.visitsPerDay);
    if (weekOf(startMs) !== offers.week) offers = promotions(catalogue, seed, weekOf(startMs));
    // A stream of its own for each visit: what one shopper does changes no other's chances.
    const prng = new Prng(seed * 1_000_003 + number);
    const session = `visit-${seed}-${number}`;
    const shopper = pickShopper(prng, customers);
    yield visit(prng, { shelves, promotions: offers, shopper, session, startMs });
  }
}

/** A Poisson process whose rate follows the hours, by thinning one of the highest rate. */
function nextArrival(prng: Prng, afterMs: number, perDay: number): number {
  const meanGapMs = DAY_MS / (perDay * VISIT_RATE_MAX);
  let atMs = afterMs;
  do atMs += -Math.log(1 - prng.float()) * meanGapMs;
  while (prng.float() * VISIT_RATE_MAX > visitRate(atMs));
  return Math.round(atMs);
}

/** A few customers come often: the square makes the first ones the regulars. */
function pickShopper(prng: Prng, customers: readonly Shopper[]): Shopper {
  if (prng.float() >= KNOWN_SHARE) return makeShopper(prng);
  return customers[Math.floor(prng.float() ** 2 * customers.length)]!;
}

export interface LoadOptions {
  readonly seed: number;
  readonly startMs: number; // time of the first event, milliseconds since the epoch
  readonly eventsPerSecond: number;
  readonly seconds: number;
}
export interface DueEvent {
  readonly dueMs: number; // from the start of the load
  readonly event: ShopEvent;
}

/**
 * Load for a test: the simulator's events in their order, at a Poisson rate of the caller's choice.
 * Sessions run interleaved as in life, and think times are squeezed to fit the rate.
 */
export function* simulatedLoad(
  catalogue: readonly DemoItem[], options: LoadOptions,
): Generator<DueEvent> {
  const { seed, startMs } = options;
  const chance = new Prng(seed + 2);
  let dueMs = 0;
  const endless = { seed, startMs, visitsPerDay: 20_000, visits: Infinity };
  for (const event of simulate(catalogue, endless)) {
    dueMs += (-Math.log(1 - chance.float()) * 1000) / options.eventsPerSecond;
    if (dueMs >= options.seconds * 1000) return;
    yield { dueMs, event: { ...event, atMs: startMs + Math.round(dueMs) } };
  }
}
