import type { Prng } from '../../server/core/prng.ts';
import { drawLognormal } from './laws/lognormal-mix.ts';
import type { Returns } from './profile.ts';

const DAY_MS = 86_400_000;
const LOOKED_AT_MAX = 256; // visits near the wanted one

export interface Person {
  readonly visitor: string; // their browser
  readonly customer?: string; // of who is known by name
}

/**
 * Who it is that comes: somebody new, or a person whose last visit lies as far back as the law of returns says.
 * Each visit is returned from once at most. Before the traffic began there were visits too: who returns from
 * one of those has not been seen here.
 */
export class People {
  readonly #visits: { readonly atMs: number; readonly person: Person; returned: boolean }[] = []; // oldest first
  #count = 0;

  constructor(private readonly returns: Returns, private readonly name: string) {}

  comes(prng: Prng, atMs: number): Person {
    const person = this.#known(prng, atMs) ?? this.#make(prng);
    this.#visits.push({ atMs, person, returned: false });
    return person;
  }

  #known(prng: Prng, atMs: number): Person | null {
    if (prng.float() >= this.returns.comes) return null;
    const wantedMs = atMs - drawLognormal(prng, this.returns.mix) * DAY_MS;
    const first = this.#visits[0];
    if (!first || wantedMs < first.atMs) return null;
    let [low, high] = [0, this.#visits.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#visits[middle]!.atMs < wantedMs) low = middle + 1;
      else high = middle;
    }
    for (let off = 0; off < LOOKED_AT_MAX; off += 1) {
      const visit = this.#visits[low + (off % 2 === 0 ? off / 2 : -(off + 1) / 2)];
      if (!visit || visit.returned || visit.atMs >= atMs) continue;
      visit.returned = true;
      return visit.person;
    }
    return null;
  }

  #make(prng: Prng): Person {
    const number = (this.#count += 1);
    const visitor = `${this.name}-v${number}`;
    return prng.float() < this.returns.known ? { visitor, customer: `${this.name}-c${number}` } : { visitor };
  }
}
