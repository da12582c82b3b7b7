import type { RequestId } from '../wire/schema.ts';
import type { Flight } from './session.ts';

const PLACES_MIN = 16; // a power of two
const HASH = 0x9e37_79b1; // 2^32 over the golden ratio: ids that follow each other lie apart
const SMALL_END = 2 ** 32;

/**
 * A socket's unanswered requests by id. Whole numbers below 2^32, which most clients count up, stand
 * in a table with open addressing: a `Map` that is added to and taken from for every request builds
 * itself anew each few hundred. All other ids are in a `Map`.
 */
export class Flights {
  #ids = new Float64Array(PLACES_MIN); // valid where there is a flight
  #flights: (Flight | null)[] = Array.from({ length: PLACES_MIN }, () => null);
  #mask = PLACES_MIN - 1;
  #count = 0; // in the table
  readonly #others = new Map<RequestId, Flight>();

  get size(): number {
    return this.#count + this.#others.size;
  }

  has(id: RequestId): boolean {
    return this.get(id) !== undefined;
  }

  get(id: RequestId): Flight | undefined {
    if (!isSmall(id)) return this.#others.get(id);
    return this.#flights[this.#placeOf(id)] ?? undefined;
  }

  /** No flight of this id may be there. */
  set(id: RequestId, flight: Flight): void {
    if (!isSmall(id)) return void this.#others.set(id, flight);
    if (this.#count * 2 >= this.#flights.length) this.#grow();
    const place = this.#placeOf(id);
    this.#ids[place] = id;
    this.#flights[place] = flight;
    this.#count += 1;
  }

  /** False where no flight of this id was there. */
  delete(id: RequestId): boolean {
    if (!isSmall(id)) return this.#others.delete(id);
    let hole = this.#placeOf(id);
    if (this.#flights[hole] === null) return false;
    this.#count -= 1;
    // Who was put behind the hole because it was taken moves up, so that it is found again.
    for (let at = (hole + 1) & this.#mask; this.#flights[at] !== null; at = (at + 1) & this.#mask) {
      const home = this.#home(this.#ids[at] as number);
      if (((at - home) & this.#mask) < ((at - hole) & this.#mask)) continue;
      this.#ids[hole] = this.#ids[at] as number;
      this.#flights[hole] = this.#flights[at] as Flight;
      hole = at;
    }
    this.#flights[hole] = null;
    return true;
  }

  /** All that there are now. */
  list(): Flight[] {
    const found = this.#flights.filter((flight) => flight !== null);
    return [...found, ...this.#others.values()];
  }

  /** Where the id stands, or the free place where it would. */
  #placeOf(id: number): number {
    let at = this.#home(id);
    while (this.#flights[at] !== null && this.#ids[at] !== id) at = (at + 1) & this.#mask;
    return at;
  }

  #home(id: number): number {
    return (Math.imul(id, HASH) >>> 12) & this.#mask;
  }

  #grow(): void {
    const ids = this.#ids;
    const flights = this.#flights;
    this.#mask = flights.length * 2 - 1;
    this.#ids = new Float64Array(this.#mask + 1);
    this.#flights = Array.from({ length: this.#mask + 1 }, () => null);
    flights.forEach((flight, from) => {
      if (flight === null) return;
      const place = this.#placeOf(ids[from] as number);
      this.#ids[place] = ids[from] as number;
      this.#flights[place] = flight;
    });
  }
}

function isSmall(id: RequestId): id is number {
  return typeof id === 'number' && id < SMALL_END;
}
