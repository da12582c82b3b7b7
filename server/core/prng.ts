/** A small seeded generator (xoshiro128**, Blackman & Vigna 2018). Not for secrets. */
export class Prng {
  readonly #s: Uint32Array;

  constructor(readonly seed: number) {
    // splitmix32 spreads the seed over the state, so that near seeds give unlike streams.
    let x = seed >>> 0;
    this.#s = Uint32Array.from({ length: 4 }, () => {
      x = (x + 0x9e37_79b9) >>> 0;
      let z = x;
      z = Math.imul(z ^ (z >>> 16), 0x85eb_ca6b);
      z = Math.imul(z ^ (z >>> 13), 0xc2b2_ae35);
      return (z ^ (z >>> 16)) >>> 0;
    });
  }

  /** Uniform over 0..2^32-1. */
  uint32(): number {
    const s = this.#s;
    const s1 = s[1] as number;
    const times5 = Math.imul(s1, 5);
    const result = Math.imul((times5 << 7) | (times5 >>> 25), 9) >>> 0;
    s[2] = (s[2] as number) ^ (s[0] as number);
    s[3] = (s[3] as number) ^ s1;
    s[1] = s1 ^ (s[2] as number);
    s[0] = (s[0] as number) ^ (s[3] as number);
    s[2] = (s[2] as number) ^ (s1 << 9);
    const s3 = s[3] as number;
    s[3] = (s3 << 11) | (s3 >>> 21);
    return result;
  }

  /** Uniform over [0, 1). */
  float(): number {
    return this.uint32() / 2 ** 32;
  }

  /** Uniform over 0..end-1; `end` is at least 1. */
  below(end: number): number {
    return Math.floor(this.float() * end);
  }

  /** Standard normal (Box-Muller). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.float()));
    return radius * Math.cos(2 * Math.PI * this.float());
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  /** `count` standard normal values. */
  row(count: number): Float32Array {
    return Float32Array.from({ length: count }, () => this.normal());
  }
}
