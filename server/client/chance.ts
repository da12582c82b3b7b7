/** Uniform over [0, 1), from the platform's own source; there in browsers and in Node. */
export function systemChance(): number {
  return (crypto.getRandomValues(new Uint32Array(1))[0] as number) / 2 ** 32;
}

const LETTERS = '0123456789abcdefghijklmnopqrstuvwxyz';
const ID_LETTERS = 20; // 36^20 is 2^103: no two alike, even over years of events

/** A fresh id for an event or a session. */
export function newEventId(chance: () => number = systemChance): string {
  let id = '';
  while (id.length < ID_LETTERS) id += LETTERS[Math.floor(chance() * LETTERS.length)];
  return id;
}
